import Contract
import Glibc
import Pipeline
import Synchronization
import Testing

@testable import DynamoDBSink

@Suite("Sink and faults")
struct SinkFaultTests {
    private static let ok = #"{"UnprocessedItems":{},"ConsumedCapacity":[{"CapacityUnits":3.0}]}"#
    private static let items = ["a", "b", "c"].map { #"{"PK":{"S":"\#($0)"}}"# }
    private static let body = Batches.request(items, table: "t")

    /// Writes one batch of three items against a script; the hash of an item is its place.
    private func write(
        _ settings: (inout DynamoDBSettings) -> Void = { _ in },
        script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer
    ) throws -> (outcome: BatchOutcome, requests: [ScriptedServer.Request]) {
        let server = ScriptedServer(script)
        defer { server.stop() }
        var changed = server.settings()
        settings(&changed)
        let sink = try DynamoDBItemSink(settings: changed) { _, item in
            Self.items.firstIndex(of: item.serialized()).map { UInt64($0) }
        }
        let outcomes = Mutex<[BatchOutcome]>([])
        sink.submit(Batches.batch(Self.items, table: "t")) { _, outcome in
            outcomes.withLock { $0.append(outcome) }
        }
        sink.close()
        let all = outcomes.withLock { $0 }
        return (try #require(all.count == 1 ? all.first : nil), server.requests)
    }

    private func isWritten(_ outcome: BatchOutcome) -> Bool {
        outcome.fatal == nil && outcome.unwritten == 0 && outcome.refused.isEmpty
    }

    @Test("a request is a signed POST with no more headers than it needs")
    func request() throws {
        let (outcome, requests) = try write {
            $0.clock = { 1_440_938_160 }
        } script: { _ in
            .http(200, Self.ok)
        }
        #expect(isWritten(outcome))
        #expect(outcome.writeUnits == 3)
        #expect(outcome.bytesSent == Self.body.utf8.count)
        let request = try #require(requests.first)
        #expect(request.body == Self.body)
        let lines = request.head.split(separator: "\r\n").map(String.init)
        #expect(lines.first == "POST / HTTP/1.1")
        #expect(
            lines.map { String($0.prefix { $0 != ":" }) }.dropFirst().sorted() == [
                "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent",
                "X-Amz-Date", "X-Amz-Target",
            ]
        )
        #expect(lines.contains("X-Amz-Date: 20150830T123600Z"))
        #expect(lines.contains("X-Amz-Target: DynamoDB_20120810.BatchWriteItem"))
    }

    @Test(
        "whatever is no sound answer is tried again until one comes",
        arguments: [
            .http(500, #"{"__type":"x#InternalServerError"}"#), .http(503, "<html>busy</html>"),
            .http(400, #"{"__type":"com.amazon.coral.availability#ThrottlingException"}"#),
            .http(429, ""), .http(200, ""), .http(200, "{"), .http(200, "<html></html>"),
            .http(200, #"{"UnprocessedItems":{}}"#, headers: ["x-amz-crc32: 1"]), .http(200, "{}"),
            .http(200, Self.ok, headers: ["Content-Type: text/html"]),
            .http(200, Self.ok, headers: ["Content-Encoding: gzip"]), .close,
            .raw("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"Unproc"), .raw("nonsense\r\n"),
        ] as [ScriptedServer.Answer]
    )
    func transientFaults(_ fault: ScriptedServer.Answer) throws {
        let (outcome, requests) = try write { request in
            request.number < 3 ? fault : .http(200, Self.ok)
        }
        #expect(isWritten(outcome))
        // libcurl itself sends again on a kept-alive connection that was closed under it.
        #expect(requests.count >= 4)
        #expect(outcome.retries >= 1)
        #expect(outcome.writeUnits == 3)
        #expect(requests.allSatisfy { $0.body == Self.body })
    }

    @Test("an answer that never comes is given up after its time, and the request sent again")
    func silence() throws {
        let (outcome, requests) = try write {
            $0.requestTimeout = .milliseconds(200)
        } script: { request in
            request.number == 0 ? .silence : .http(200, Self.ok)
        }
        #expect(isWritten(outcome))
        #expect(requests.count == 2)
        #expect(outcome.retries == 1)
    }

    @Test("unprocessed items, reordered and respelt, are sent again alone from our own bytes")
    func unprocessed() throws {
        let (outcome, requests) = try write { request in
            request.number > 0
                ? .http(200, Self.ok)
                : .http(
                    200,
                    """
                    {"ConsumedCapacity":[{"CapacityUnits":1}],"UnprocessedItems":{"t":[
                    {"PutRequest":{"Item":{"PK":{"S":"c"}}}},
                    {"PutRequest":{"Item":{"PK" : {"S":"\\u0061"}}}}]}}
                    """
                )
        }
        #expect(isWritten(outcome))
        #expect(outcome.writeUnits == 4)
        #expect(outcome.throttles == 1)
        #expect(
            requests.map(\.body) == [
                Self.body, Batches.request([Self.items[0], Self.items[2]], table: "t"),
            ]
        )
    }

    @Test("unprocessed items that nobody knows make the whole request be sent again")
    func unknownUnprocessed() throws {
        let (outcome, requests) = try write { request in
            request.number > 0
                ? .http(200, Self.ok)
                : .http(
                    200,
                    #"{"UnprocessedItems":{"t":[{"PutRequest":{"Item":{"PK":{"S":"z"}}}}]}}"#
                )
        }
        #expect(isWritten(outcome))
        #expect(requests.map(\.body) == [Self.body, Self.body])
    }

    @Test("a bad item is refused with the server's words; the others land", arguments: [400, 413])
    func badItem(_ status: Int) throws {
        let (outcome, requests) = try write { request in
            request.body.contains(#""b""#)
                ? .http(
                    status,
                    #"{"__type":"c#ValidationException","message":"Value 'b' at 'x' is bad"}"#
                ) : .http(200, Self.ok)
        }
        #expect(outcome.fatal == nil)
        #expect(outcome.refused.map(\.index) == [1])
        #expect(outcome.refused.map(\.reason) == ["ValidationException: Value '…' at 'x' is bad"])
        #expect(
            requests.map(\.body) == [
                Self.body, Batches.request([Self.items[0]], table: "t"),
                Batches.request([Self.items[1], Self.items[2]], table: "t"),
                Batches.request([Self.items[1]], table: "t"),
                Batches.request([Self.items[2]], table: "t"),
            ]
        )
    }

    @Test("a denial ends the batch at once with the server's words and a hint")
    func denied() throws {
        let (outcome, requests) = try write { _ in
            .http(
                400,
                #"{"__type":"c#AccessDeniedException","Message":"no"}"#,
                headers: ["x-amzn-RequestId: R"]
            )
        }
        #expect(requests.count == 1)
        #expect(outcome.unwritten == 3)
        #expect(
            outcome.fatal.map { "\($0)" }
                == "BatchWriteItem on table t failed: AccessDeniedException: no (HTTP 400, "
                + "request R). Allow dynamodb:BatchWriteItem on the table and its indexes to the "
                + "credentials in use"
        )
    }

    @Test("a redirect is not followed")
    func redirect() throws {
        let (outcome, requests) = try write { _ in
            .http(307, "", headers: ["Location: http://127.0.0.1:1/"])
        }
        #expect(requests.count == 1)
        #expect((outcome.fatal as? DynamoDBError)?.code == "HTTP307")
    }

    @Test("a clock that is off is corrected by the answer's date")
    func clockSkew() throws {
        let (outcome, requests) = try write {
            $0.clock = { 1_795_342_830 + 1_200 }
        } script: {
            request in
            request.number > 0
                ? .http(200, Self.ok)
                : .http(
                    400,
                    #"{"__type":"c#InvalidSignatureException"}"#,
                    headers: ["Date: Sun, 22 Nov 2026 10:20:30 GMT"]
                )
        }
        #expect(isWritten(outcome))
        #expect(
            requests.map { $0.head.contains("X-Amz-Date: 20261122T102030Z") } == [false, true]
        )
    }

    @Test("a wrong signature under a right clock is fatal")
    func wrongSignature() throws {
        let (outcome, requests) = try write {
            $0.clock = { 1_795_342_830 }
        } script: { _ in
            .http(
                400,
                #"{"__type":"c#InvalidSignatureException"}"#,
                headers: ["Date: Sun, 22 Nov 2026 10:20:30 GMT"]
            )
        }
        #expect(requests.count == 1)
        #expect(
            (outcome.fatal as? DynamoDBError)?.hint
                == "Check the secret access key and the region"
        )
    }

    @Test("expired keys that do not change are fatal once they were asked for again")
    func expired() throws {
        let (outcome, requests) = try write { _ in
            .http(400, #"{"__type":"c#ExpiredTokenException","Message":"expired"}"#)
        }
        #expect(requests.count >= 2)
        #expect((outcome.fatal as? DynamoDBError)?.code == "ExpiredTokenException")
    }

    @Test("a batch that fails past its deadline is given up")
    func deadline() throws {
        let (outcome, requests) = try write {
            $0.retryFor = .milliseconds(100)
        } script: { _ in
            .http(500, "")
        }
        #expect(requests.count > 2)
        #expect((outcome.fatal as? DynamoDBError)?.code == "HTTP500")
        #expect(outcome.unwritten == 3)
    }

    @Test("cancelling answers what waits to be sent again, at once")
    func cancel() throws {
        let server = ScriptedServer { _ in
            .http(503, "", headers: ["x-amz-retry-after: 5000"])
        }
        defer { server.stop() }
        let sink = try DynamoDBItemSink(settings: server.settings()) { _, _ in nil }
        let outcomes = Mutex<[BatchOutcome]>([])
        for _ in 0..<3 {
            sink.submit(Batches.batch(Self.items, table: "t")) { _, outcome in
                outcomes.withLock { $0.append(outcome) }
            }
        }
        let start = EventLoop.now()
        while server.requests.count < 3 { usleep(1_000) }
        sink.cancel()
        sink.submit(Batches.batch(Self.items, table: "t")) { _, outcome in
            outcomes.withLock { $0.append(outcome) }
        }
        sink.close()
        #expect(EventLoop.now() - start < .seconds(4))
        let all = outcomes.withLock { $0 }
        #expect(all.map(\.unwritten) == [3, 3, 3, 3])
        #expect(all.allSatisfy { ($0.fatal as? DynamoDBError)?.code == "Cancelled" })
        #expect(server.requests.count == 3)
    }

    @Test("cancelling breaks off a request that is never answered, after a grace")
    func cancelHanging() throws {
        let server = ScriptedServer { _ in .silence }
        defer { server.stop() }
        var settings = server.settings()
        settings.inFlightMax = 1
        settings.cancelGrace = .milliseconds(100)
        let sink = try DynamoDBItemSink(settings: settings) { _, _ in nil }
        let outcomes = Mutex<[BatchOutcome]>([])
        let start = EventLoop.now()
        sink.submit(Batches.batch(Self.items, table: "t")) { _, outcome in
            outcomes.withLock { $0.append(outcome) }
        }
        while server.requests.isEmpty { usleep(1_000) }
        sink.cancel()
        sink.close()
        #expect(EventLoop.now() - start < .seconds(4))
        let all = outcomes.withLock { $0 }
        #expect(all.map(\.unwritten) == [3])
        #expect(all.allSatisfy { ($0.fatal as? DynamoDBError)?.code == "Cancelled" })
    }

    @Test("connections are kept, and no more are made than requests may be in flight")
    func connections() throws {
        let server = ScriptedServer { _ in .http(200, Self.ok) }
        defer { server.stop() }
        var settings = server.settings()
        settings.inFlightMax = 3
        let sink = try DynamoDBItemSink(settings: settings) { _, _ in nil }
        let answered = Mutex(0)
        for _ in 0..<100 {
            sink.submit(Batches.batch(Self.items, table: "t")) { _, _ in
                answered.withLock { $0 += 1 }
            }
        }
        sink.drain()
        #expect(answered.withLock { $0 } == 100)
        sink.close()
        #expect(server.requests.count == 100)
        #expect(server.requests.allSatisfy { $0.connection < 3 })
    }

    @Test("throttling of one request in twenty does not slow the others down")
    func fewThrottles() throws {
        let server = ScriptedServer { request in
            usleep(2_000)
            return request.number % 20 == 0
                ? .http(400, #"{"__type":"c#ThrottlingException"}"#) : .http(200, Self.ok)
        }
        defer { server.stop() }
        var settings = server.settings()
        settings.inFlightMax = 4
        settings.retryBases.throttleBase = .milliseconds(200)
        let sink = try DynamoDBItemSink(settings: settings) { _, _ in nil }
        let throttles = Mutex(0)
        let start = EventLoop.now()
        for _ in 0..<400 {
            sink.submit(Batches.batch(Self.items, table: "t")) { _, outcome in
                throttles.withLock { $0 += outcome.throttles }
            }
        }
        sink.close()
        // Each of the 20 throttled waits 100 ms on average: in line, that alone is two seconds.
        #expect(EventLoop.now() - start < .milliseconds(1_500))
        #expect(throttles.withLock { $0 } >= 20)
    }
}
