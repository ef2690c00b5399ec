import Contract
import Dispatch
import Glibc
import Pipeline
import Synchronization
import Testing

@testable import DynamoDBSink

/// Counts what a table consumes, as a service would.
private final class Meter: Sendable {
    private struct State {
        var times: [(at: Duration, units: Double)] = []
        var room = 0.0
        var filledAt = Duration.zero
    }

    private let state = Mutex(State())

    func consume(_ units: Double) {
        state.withLock { $0.times.append((EventLoop.now(), units)) }
    }

    /// Takes the units from a bucket that holds a second's, if there are so many.
    func take(_ units: Double, limit: Double) -> Bool {
        state.withLock { state in
            let now = EventLoop.now()
            state.room = min(state.room + (now - state.filledAt).asSeconds * limit, limit)
            state.filledAt = now
            guard state.room >= units else { return false }
            state.room -= units
            state.times.append((now, units))
            return true
        }
    }

    /// The most in any second.
    var most: Double {
        let times = state.withLock { $0.times }
        var most = 0.0
        var sum = 0.0
        var first = 0
        for (at, units) in times {
            sum += units
            while times[first].at <= at - .seconds(1) {
                sum -= times[first].units
                first += 1
            }
            most = max(most, sum)
        }
        return most
    }

    /// Units a second, from so long after the first of them.
    func rate(after start: Duration) -> Double {
        let times = state.withLock { $0.times }
        guard let first = times.first?.at, let last = times.last?.at else { return 0 }
        let units = times.filter { $0.at >= first + start }.reduce(0) { $0 + $1.units }
        return units / (last - first - start).asSeconds
    }
}

@Suite("Sink at a table's limit", .serialized)
struct PacedSinkTests {
    private static func puts(_ request: ScriptedServer.Request) -> Int {
        request.body.ranges(of: "PutRequest").count
    }

    private static func ok(_ units: Int) -> ScriptedServer.Answer {
        .http(200, #"{"UnprocessedItems":{},"ConsumedCapacity":[{"CapacityUnits":\#(units)}]}"#)
    }

    private static let throttle = ScriptedServer.Answer.http(
        400,
        #"{"__type":"x#ProvisionedThroughputExceededException"}"#
    )

    private static func batch(_ number: Int) -> Batch {
        Batches.batch((0..<25).map { #"{"PK":{"S":"\#(number)-\#($0)"}}"# }, table: "t")
    }

    /// Submits batches for so long, from a thread of its own kind: `submit` waits for room.
    private func submit(
        _ sink: DynamoDBItemSink,
        for time: Duration,
        isCutShort: Bool = false
    ) -> [BatchOutcome] {
        let outcomes = Mutex<[BatchOutcome]>([])
        let end = EventLoop.now() + time
        var number = 0
        while EventLoop.now() < end {
            sink.submit(Self.batch(number)) { _, outcome in
                outcomes.withLock { $0.append(outcome) }
            }
            number += 1
        }
        if isCutShort { sink.cancel() }
        sink.close()
        return outcomes.withLock { $0 }
    }

    @Test("a cap holds in every second, indexes included, and is reached", arguments: [60, 1_500])
    func cap(_ unitsMax: Int) throws {
        let meter = Meter()
        let server = ScriptedServer { request in
            // Twice the items: the table and one index.
            let units = Self.puts(request) * 2
            meter.consume(Double(units))
            return Self.ok(units)
        }
        defer { server.stop() }
        var settings = server.settings()
        settings.maxWriteUnits = unitsMax
        let sink = try DynamoDBItemSink(
            settings: settings,
            tables: [Batches.table("t", indexes: ["g"])]
        )
        // What is held at the end would take a minute at the lower cap.
        let outcomes = submit(sink, for: .seconds(4), isCutShort: true)
        #expect(meter.most <= Double(unitsMax))
        #expect(meter.rate(after: .seconds(1)) >= 0.9 * Double(unitsMax))
        let written = outcomes.reduce(0) { $0 + 25 - $1.unwritten }
        #expect(outcomes.reduce(0) { $0 + $1.writeUnits } == Double(written * 2))
    }

    @Test("a table's limit is found, and its whole used", arguments: [16, 224])
    func limit(_ inFlight: Int) throws {
        let meter = Meter()
        let refused = Meter()
        let server = ScriptedServer { request in
            let units = Self.puts(request)
            if meter.take(Double(units), limit: 2_000) { return Self.ok(units) }
            refused.consume(Double(units))
            return Self.throttle
        }
        defer { server.stop() }
        var settings = server.settings()
        settings.inFlightMax = inFlight
        let sink = try DynamoDBItemSink(settings: settings, tables: [Batches.table("t")])
        let outcomes = submit(sink, for: .seconds(6))
        #expect(meter.rate(after: .seconds(2)) >= 0.9 * 2_000)
        #expect(outcomes.allSatisfy { $0.fatal == nil })
        // Without a rate, all that may be under way would be throttled thousands of times a second.
        #expect(refused.rate(after: .seconds(2)) < 0.2 * 2_000)
    }

    @Test("nothing but throttles brings requests down to a trickle, and holds a bounded number")
    func nothingButThrottles() throws {
        let server = ScriptedServer { _ in Self.throttle }
        defer { server.stop() }
        var settings = server.settings()
        settings.inFlightMax = 16
        let sink = try DynamoDBItemSink(settings: settings, tables: [Batches.table("t")])
        let submitted = Mutex(0)
        let outcomes = Mutex<[BatchOutcome]>([])
        let stopped = Mutex(false)
        let submitter = DispatchGroup()
        DispatchQueue(label: "submitter").async(group: submitter) {
            while !stopped.withLock({ $0 }) {
                sink.submit(Self.batch(0)) { _, outcome in
                    outcomes.withLock { $0.append(outcome) }
                }
                submitted.withLock { $0 += 1 }
            }
        }
        usleep(3_000_000)
        let before = server.requests.count
        usleep(2_000_000)
        #expect(server.requests.count - before < 40)
        // Two for each that may be on the wire: as many as the gate lets in, and the submitter waits with the next.
        #expect(submitted.withLock { $0 } == 32)
        stopped.withLock { $0 = true }
        sink.cancel()
        submitter.wait()
        sink.close()
        let all = outcomes.withLock { $0 }
        #expect(all.count == 33)
        #expect(all.allSatisfy { $0.unwritten == 25 })
    }

    @Test("keys that are hot rest alone: all others go on as fast as before")
    func hotKeys() throws {
        let server = ScriptedServer { request in
            request.body.contains(#""0-0""#) && request.number < 600
                ? .http(
                    400,
                    #"{"__type":"x#ThrottlingException","throttlingReasons":[{"reason":"#
                        + #""TableWriteKeyRangeThroughputExceeded","resource":"arn"}]}"#
                ) : Self.ok(Self.puts(request))
        }
        defer { server.stop() }
        let sink = try DynamoDBItemSink(settings: server.settings(), tables: [Batches.table("t")])
        let answered = Mutex<[Int]>([])
        let fatal = Mutex(0)
        for number in 0..<1_000 {
            sink.submit(Self.batch(number)) { _, outcome in
                answered.withLock { $0.append(number) }
                if outcome.fatal != nil { fatal.withLock { $0 += 1 } }
            }
        }
        sink.close()
        let order = answered.withLock { $0 }
        #expect(order.count == 1_000)
        #expect(fatal.withLock { $0 } == 0)
        // The hot one was the first to be sent.
        #expect((order.firstIndex(of: 0) ?? 0) > 400)
    }

    @Test("a batch that alone is answered 500 again and again is split, and its bad item refused")
    func repeatedFault() throws {
        let server = ScriptedServer { request in
            request.body.contains(#""3-7""#)
                ? .http(500, #"{"__type":"x#InternalFailure","Message":"exception or failure"}"#)
                : Self.ok(Self.puts(request))
        }
        defer { server.stop() }
        let sink = try DynamoDBItemSink(settings: server.settings(), tables: [Batches.table("t")])
        let outcomes = Mutex<[BatchOutcome]>([])
        for number in 0..<4 {
            sink.submit(Self.batch(number)) { _, outcome in
                outcomes.withLock { $0.append(outcome) }
            }
        }
        sink.close()
        let all = outcomes.withLock { $0 }
        #expect(all.allSatisfy { $0.fatal == nil && $0.unwritten == 0 })
        #expect(all.flatMap(\.refused).map(\.index) == [7])
        #expect(
            all.flatMap(\.refused).map(\.reason) == [
                "InternalFailure: exception or failure (HTTP 500, 12 times on end, while other "
                    + "items were written)"
            ]
        )
    }
}
