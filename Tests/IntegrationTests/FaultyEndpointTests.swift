import Contract
import DynamoDBSink
import Pipeline
import Synchronization
import TestSupport
import Testing

/// A run of pipeline and sink into a fake endpoint.
enum FaultyMigration {
    static let rowCount = 2000
    static let tableName = "p-Things"

    private static var contractTable: Table {
        Table(
            name: tableName,
            isMultiEntity: false,
            partitionKey: KeyAttribute(name: "id", type: .string),
            sortKey: nil,
            indexes: [],
            entities: [],
            path: "tables[0]"
        )
    }

    static func migrate(
        into fake: FakeDynamoDB,
        retryFor: Duration = .seconds(60),
        inFlightMax: Int? = nil,
        deadLetters: MemoryDeadLetters = MemoryDeadLetters()
    ) throws -> MigrationResult {
        let endpoint = TestEndpoint(kind: .fake, url: fake.url)
        var settings = try endpoint.settings()
        settings.retryFor = retryFor
        settings.inFlightMax = inFlightMax
        settings.requestTimeout = .seconds(2)
        let admin = TableAdmin(client: try DynamoDBClient(settings: settings))
        if try admin.describe(tableName) == nil { try admin.create(contractTable, prefix: "") }
        try admin.waitUntilActive(tableName)
        let sink = try DynamoDBItemSink(settings: settings, tables: [contractTable])
        defer { sink.close() }
        let rows = (0..<rowCount).map { ["k\($0)", "\($0)", "text \"\($0)\" \u{1F600}"] }
        let migration = try ThingsMigration.make(
            ScriptedSource(entities: [rows, []], rowsPerChunk: 200, rowsPerSlab: 50),
            sink,
            deadLetters: deadLetters,
            options: MigrationOptions(readers: 2, workers: 2)
        )
        return migration.run()
    }

    /// `refused`: numbers of the rows that must not be there.
    static func expectComplete(
        _ result: MigrationResult,
        _ fake: FakeDynamoDB,
        refused: Set<Int> = []
    ) {
        let written = rowCount - refused.count
        #expect(result.state == (refused.isEmpty ? .succeeded : .partial), "\(result.errors)")
        #expect(result.tables[0].rowsRead == rowCount)
        #expect(result.tables[0].itemsWritten == written)
        #expect(result.tables[0].rejected == refused.count)
        #expect(result.tables[0].isBalanced)
        expectItems(fake, refused: refused)
        #expect(fake.acknowledged(in: tableName).count == written)
    }

    static func expectItems(_ fake: FakeDynamoDB, refused: Set<Int> = []) {
        let items = fake.items(of: tableName)
        #expect(items.count == rowCount - refused.count)
        for number in 0..<rowCount where !refused.contains(number) {
            let id = "k\(number)"
            let item = items["\(id.utf8.count):\(id)"]
            guard item?["n"]?["N"]?.string == "\(number)",
                item?["text"]?["S"]?.string == "text \"\(number)\" \u{1F600}"
            else {
                Issue.record("item k\(number) is missing or wrong")
                return
            }
        }
    }
}

/// The engine's whole way out: pipeline and sink against the fake, which answers badly.
@Suite("Migration into a faulty endpoint")
struct FaultyEndpointTests {
    /// One fault in three `BatchWriteItem` requests, of one kind.
    private static let kinds = FakeDynamoDB.Fault.survivable

    @Test("loses nothing and counts everything once", arguments: kinds.indices)
    func faults(index: Int) throws {
        let fault = Self.kinds[index]
        let batches = Atomic<Int>(0)
        let fake = try FakeDynamoDB { request in
            guard request.operation == "BatchWriteItem" else { return nil }
            let number = batches.add(1, ordering: .relaxed).newValue
            return number % 3 == 1 ? fault : nil
        }
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("a mixture of faults, whose seed is printed, changes nothing", arguments: [1, 2, 3])
    func mixture(seed: UInt64) throws {
        let random = Mutex(SeededRandom(seed: seed))
        let fake = try FakeDynamoDB { request in
            guard request.operation == "BatchWriteItem" else { return nil }
            return random.withLock { random -> FakeDynamoDB.Fault? in
                guard Int.random(in: 0..<2, using: &random) == 0 else { return nil }
                return Self.kinds.randomElement(using: &random)
            }
        }
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test("a new table that says CREATING is waited for")
    func creating() throws {
        let fake = try FakeDynamoDB(creatingAnswers: 2)
        defer { fake.stop() }
        FaultyMigration.expectComplete(try FaultyMigration.migrate(into: fake), fake)
    }

    @Test(
        "an error that trying again cannot mend stops the run at once, in the server's words",
        arguments: [
            ("com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "no such table"),
            ("com.amazon.coral.service#AccessDeniedException", "is not authorized"),
            ("com.amazon.coral.service#UnrecognizedClientException", "token is invalid"),
        ]
    )
    func fatal(type: String, message: String) throws {
        let fake = try FakeDynamoDB { request in
            request.operation == "BatchWriteItem"
                ? .error(status: 400, type: type, message: message) : nil
        }
        defer { fake.stop() }
        // Where the machine is busy, as many as may be are under way before the first answer is read.
        let result = try FaultyMigration.migrate(into: fake, inFlightMax: 16)
        #expect(result.state == .failed)
        #expect(result.errors.contains { "\($0)".contains(message) })
        #expect(result.tables[0].isBalanced)
        #expect(result.tables[0].itemsWritten == 0)
        #expect(fake.requests < 60)
    }

    @Test("a table that is throttled for good fails the run at its deadline, not before")
    func deadline() throws {
        let fake = try FakeDynamoDB { request in
            request.operation == "BatchWriteItem"
                ? .throttle(type: "x#ThrottlingException", reasonsKey: "r", reasons: []) : nil
        }
        defer { fake.stop() }
        let clock = ContinuousClock()
        let started = clock.now
        let result = try FaultyMigration.migrate(into: fake, retryFor: .seconds(1))
        #expect(result.state == .failed)
        #expect(clock.now - started >= .seconds(1))
        #expect(result.tables[0].isBalanced)
    }
}
