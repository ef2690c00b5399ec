import Contract
import DynamoDBSink
import Pipeline
import Synchronization
import TestSupport
import Testing

/// Faults that are more than one bad answer: catalogue lines 55 to 71.
@Suite("Migration through a bad situation")
struct FaultySituationTests {
    /// Counts `BatchWriteItem` requests from 0; nil for others.
    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)

        func next(_ request: FakeDynamoDB.Request) -> Int? {
            guard request.operation == "BatchWriteItem" else { return nil }
            return count.add(1, ordering: .relaxed).oldValue
        }
    }

    @Test("requests that are never answered are given up and sent again")
    func blackHoles() throws {
        let counter = Counter()
        let fake = try FakeDynamoDB { request in
            switch counter.next(request) {
            case 1: .delivery(.blackHole, applies: false)
            case 4: .delivery(.blackHole, applies: true)
            default: nil
            }
        }
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("a request that is carried out long after it was given up changes nothing")
    func late() async throws {
        let counter = Counter()
        let fake = try FakeDynamoDB { request in
            counter.next(request).map { $0 == 2 || $0 == 7 } == true
                ? .late(.milliseconds(4500)) : nil
        }
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
        // The two that were late: their writes are the last in the journal.
        func lateWrites() -> Int {
            let all = fake.journal
            return all.count { $0.isApplied && !$0.isAcknowledged }
        }
        for _ in 0..<200 where lateWrites() < 26 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(lateWrites() >= 26)
        FaultyMigration.expectItems(fake)
    }

    @Test("connections that are reset within a request's body lose nothing")
    func bodyCuts() throws {
        let fake = try FakeDynamoDB(bodyCuts: { number, _ in number % 5 == 2 ? number * 7 : nil })
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("connections that are closed while they rest are made anew", arguments: [true, false])
    func idle(isReset: Bool) async throws {
        let fake = try FakeDynamoDB { request in
            request.operation == "BatchWriteItem" ? .delay(.milliseconds(5)) : nil
        }
        defer { fake.stop() }
        let closing = Task {
            while !Task.isCancelled {
                fake.closeIdleConnections(isReset: isReset)
                try? await Task.sleep(for: .milliseconds(3))
            }
        }
        let result = try FaultyMigration.migrate(into: fake)
        closing.cancel()
        FaultyMigration.expectComplete(result, fake)
        #expect(fake.connections > 5)
    }

    @Test("a request that is too large as a whole is sent in parts, whatever the answer's body")
    func tooLarge() throws {
        let fake = try FakeDynamoDB { request in request.itemCount > 4 ? .tooLarge : nil }
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("an item whose collection is full is set aside, and its neighbours land")
    func fullCollection() throws {
        let fake = try FakeDynamoDB { request in
            guard request.operation == "BatchWriteItem",
                request.body.serialized().contains(#""id":{"S":"k777"}"#)
            else { return nil }
            return .error(
                status: 400,
                type: "com.amazonaws.dynamodb.v20120810#ItemCollectionSizeLimitExceededException",
                message: "Collection size exceeded."
            )
        }
        defer { fake.stop() }
        let letters = MemoryDeadLetters()
        let result = try FaultyMigration.migrate(into: fake, deadLetters: letters)
        FaultyMigration.expectComplete(result, fake, refused: [777])
        #expect(letters.letters.map(\.key) == [#"{"id":{"S":"k777"}}"#])
        #expect(letters.letters[0].reason.contains("Collection size exceeded."))
    }

    @Test("a clock that is off by twenty minutes is corrected", arguments: [1200, -1200])
    func clock(seconds: Int) throws {
        let fake = try FakeDynamoDB()
        defer { fake.stop() }
        fake.setClockOffset(.seconds(seconds))
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("a table that is deleted meanwhile ends the run at once, in the server's words")
    func deletedTable() throws {
        let counter = Counter()
        let dropping = Mutex<FakeDynamoDB?>(nil)
        let fake = try FakeDynamoDB { request in
            if counter.next(request) == 20 {
                dropping.withLock { $0 }?.drop(table: FaultyMigration.tableName)
            }
            return nil
        }
        dropping.withLock { $0 = fake }
        defer {
            dropping.withLock { $0 = nil }
            fake.stop()
        }
        let result = try FaultyMigration.migrate(into: fake)
        #expect(result.state == .failed)
        #expect(result.errors.contains { "\($0)".contains("Requested resource not found") })
        #expect(result.tables[0].isBalanced)
        #expect(result.tables[0].itemsWritten < FaultyMigration.rowCount)
        #expect(fake.requests < 90)
    }

    @Test("an hour's worth of throttles of every spelling, then none, loses nothing")
    func throttles() throws {
        let counter = Counter()
        let throttles = FakeDynamoDB.Fault.throttles
        let fake = try FakeDynamoDB { request in
            guard let number = counter.next(request), number < 2 * throttles.count else {
                return nil
            }
            return throttles[number % throttles.count]
        }
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("a limit of the table is kept to, and its whole is used")
    func limit() throws {
        let fake = try FakeDynamoDB()
        defer { fake.stop() }
        fake.setDefaultWriteLimits([.init(unitsPerSecond: 600, burst: 100)])
        let clock = ContinuousClock()
        let started = clock.now
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
        #expect(fake.peakWriteUnits(of: FaultyMigration.tableName, within: .seconds(1)) <= 701)
        // 2,000 units at 600 a second, of which 100 at once: not before 3.1 s.
        #expect(clock.now - started > .seconds(3))
    }
}
