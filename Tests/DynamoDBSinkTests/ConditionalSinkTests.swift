import Contract
import Glibc
import Pipeline
import Synchronization
import Testing

@testable import DynamoDBSink

@Suite("Sink in the modes that keep what the target has")
struct ConditionalSinkTests {
    private static let ok =
        #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":2.0,"Table":{"CapacityUnits":1.0}}}"#
    private static let items = ["a", "b", "c"].map { #"{"PK":{"S":"\#($0)"},"v":{"N":"1"}}"# }

    private static func stands(_ item: String, units: String = "") -> ScriptedServer.Answer {
        .http(
            400,
            #"{"__type":"x#ConditionalCheckFailedException","message":"m"\#(units),"Item":\#(item)}"#
        )
    }

    private func write(
        _ items: [String] = items,
        isReplay: Bool = false,
        script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Answer
    ) throws -> (outcome: BatchOutcome, requests: [ScriptedServer.Request]) {
        let server = ScriptedServer(script)
        defer { server.stop() }
        let sink = try DynamoDBItemSink(
            settings: server.settings(),
            tables: [Batches.table("t")],
            mode: .ifAbsent
        )
        let outcomes = Mutex<[BatchOutcome]>([])
        sink.submit(Batches.batch(items, table: "t", isReplay: isReplay)) { _, outcome in
            outcomes.withLock { $0.append(outcome) }
        }
        sink.close()
        let all = outcomes.withLock { $0 }
        return (try #require(all.count == 1 ? all.first : nil), server.requests)
    }

    private static func isOf(_ item: String, _ request: ScriptedServer.Request) -> Bool {
        request.body.contains(#""PK":{"S":"\#(item)"}"#)
    }

    @Test("each item is a request of its own, and their units are summed")
    func written() throws {
        let (outcome, requests) = try write { _ in .http(200, Self.ok) }
        #expect(outcome.fatal == nil && outcome.kept.isEmpty && outcome.refused.isEmpty)
        #expect(outcome.writeUnits == 6)
        #expect(outcome.requests == 3)
        #expect(outcome.retries == 0)
        #expect(outcome.bytesSent == requests.reduce(0) { $0 + $1.body.utf8.count })
        #expect(requests.map(\.target) == ["PutItem", "PutItem", "PutItem"])
    }

    @Test("the items of a batch are sent at once")
    func parallel() throws {
        let items = (0..<25).map { #"{"PK":{"S":"\#($0)"}}"# }
        let start = EventLoop.now()
        let (outcome, requests) = try write(items) { _ in
            usleep(100_000)
            return .http(200, Self.ok)
        }
        #expect(EventLoop.now() - start < .seconds(1.5))
        #expect(outcome.requests == 25)
        #expect(Set(requests.map(\.connection)).count > 10)
    }

    @Test("an item that stands there is kept, whatever it is; the units of looking count if told")
    func kept() throws {
        let (outcome, _) = try write { request in
            if Self.isOf("a", request) { return Self.stands(Self.items[0]) }
            if Self.isOf("c", request) {
                return Self.stands(
                    #"{"PK":{"S":"c"}}"#,
                    units: #","ConsumedCapacity":{"CapacityUnits":3}"#
                )
            }
            return .http(200, Self.ok)
        }
        #expect(outcome.kept == [0, 2])
        #expect(outcome.fatal == nil && outcome.refused.isEmpty)
        #expect(outcome.writeUnits == 5)
        #expect(outcome.retries == 0)
    }

    @Test("in a replay an item that is the same is our own; another is kept")
    func replay() throws {
        let (outcome, _) = try write(isReplay: true) { request in
            Self.isOf("a", request)
                ? Self.stands(#"{"v":{"N":"1.0"},"PK":{"S":"a"}}"#)
                : Self.stands(#"{"PK":{"S":"b"},"v":{"N":"2"}}"#)
        }
        #expect(outcome.kept == [1, 2])
    }

    @Test(
        "after a try of which nobody knows what came of it, the same item is our own",
        arguments: [
            .http(500, #"{"__type":"x#InternalServerError"}"#), .http(503, "busy"), .close,
            .http(200, ""), .http(200, "{"), .http(200, Self.ok, headers: ["x-amz-crc32: 1"]),
        ] as [ScriptedServer.Answer]
    )
    func ambiguous(_ fault: ScriptedServer.Answer) throws {
        let failed = Mutex<Set<String>>([])
        let (outcome, _) = try write { request in
            for item in ["a", "b"] where Self.isOf(item, request) {
                // Twice, since libcurl itself may send again on a connection that was closed.
                if failed.withLock({
                    $0.insert(item + "1").inserted || $0.insert(item + "2").inserted
                }) {
                    return fault
                }
            }
            return Self.isOf("b", request)
                ? Self.stands(#"{"PK":{"S":"b"},"v":{"N":"2"}}"#) : Self.stands(Self.items[0])
        }
        // a is ours; b is the application's; c was never in doubt.
        #expect(outcome.kept == [1, 2])
        #expect(outcome.retries >= 2)
    }

    @Test("after a throttle the same item is not our own: a throttled put was not carried out")
    func throttled() throws {
        let (outcome, _) = try write([Self.items[0]]) { request in
            request.number == 0
                ? .http(400, #"{"__type":"x#ThrottlingException"}"#) : Self.stands(Self.items[0])
        }
        #expect(outcome.kept == [0])
        #expect(outcome.throttles == 1)
    }

    @Test("an item that is refused is refused alone, the others land")
    func refused() throws {
        let (outcome, requests) = try write { request in
            Self.isOf("b", request)
                ? .http(400, #"{"__type":"c#ValidationException","message":"bad"}"#)
                : .http(200, Self.ok)
        }
        #expect(outcome.refused.map(\.index) == [1])
        #expect(outcome.refused.map(\.reason) == ["ValidationException: bad"])
        #expect(outcome.fatal == nil && outcome.kept.isEmpty)
        #expect(requests.count == 3)
    }

    @Test("a denial ends the batch, and counts what was not written")
    func denied() throws {
        let (outcome, _) = try write { request in
            Self.isOf("b", request)
                ? .http(200, Self.ok) : .http(400, #"{"__type":"x#AccessDeniedException"}"#)
        }
        #expect(outcome.unwritten == 2)
        #expect(
            (outcome.fatal as? DynamoDBError)?.hint
                == "Allow dynamodb:PutItem on the table and its indexes to the credentials in use"
        )
    }

    @Test("many batches at once are each accounted for, every item once")
    func manyBatches() throws {
        let server = ScriptedServer { request in
            switch request.number % 7 {
            case 0: .http(400, #"{"__type":"x#ThrottlingException"}"#)
            case 1: .http(503, "")
            case 2: Self.stands(#"{"PK":{"S":"z"}}"#)
            default: .http(200, Self.ok)
            }
        }
        defer { server.stop() }
        let sink = try DynamoDBItemSink(
            settings: server.settings(),
            tables: [Batches.table("t")],
            mode: .ifAbsent
        )
        let outcomes = Mutex<[BatchOutcome]>([])
        for _ in 0..<200 {
            sink.submit(Batches.batch(Self.items, table: "t")) { _, outcome in
                outcomes.withLock { $0.append(outcome) }
            }
        }
        sink.close()
        let all = outcomes.withLock { $0 }
        #expect(all.count == 200)
        #expect(all.allSatisfy { $0.fatal == nil && $0.unwritten == 0 && $0.refused.isEmpty })
        let kept = all.reduce(0) { $0 + $1.kept.count }
        #expect(all.allSatisfy { Set($0.kept).count == $0.kept.count })
        #expect(kept > 50 && kept < 400)
        #expect(all.reduce(0) { $0 + $1.requests } == 600 + all.reduce(0) { $0 + $1.retries })
    }
}
