import Contract
import DynamoDBSink
import Pipeline
import TestSupport
import Testing

private enum LiveTable {
    static let isWanted = TestEndpoint.real != nil || TestEnvironment.requiresServers
}

/// A whole run into a table that an application has written to.
@Suite("Migration into a live table", .enabled(if: LiveTable.isWanted))
struct WriteModeMigrationTests {
    private static let rowCount = 500
    /// As `ThingsMigration` names it.
    private static let name = "p-Things"

    private func table(_ endpoint: TestEndpoint) throws -> (Table, DynamoDBClient) {
        let table = Table(
            name: Self.name,
            isMultiEntity: false,
            partitionKey: KeyAttribute(name: "id", type: .string),
            sortKey: nil,
            indexes: [],
            entities: [],
            versionAttribute: "n",
            path: "tables[0]"
        )
        let client = try DynamoDBClient(settings: endpoint.settings())
        let admin = TableAdmin(client: client)
        try admin.delete(table.name)
        try admin.waitUntilGone(table.name)
        try admin.create(table, prefix: "")
        try admin.waitUntilActive(table.name)
        return (table, client)
    }

    private func migrate(
        _ table: Table,
        _ endpoint: TestEndpoint,
        _ mode: WriteMode
    ) throws -> MigrationResult {
        let sink = try DynamoDBItemSink(settings: endpoint.settings(), tables: [table], mode: mode)
        defer { sink.close() }
        let rows = (0..<Self.rowCount).map { ["k\($0)", "\($0)", "ours"] }
        return try ThingsMigration.make(
            ScriptedSource(entities: [rows, []], rowsPerChunk: 100, rowsPerSlab: 50),
            sink
        ).run()
    }

    private func put(_ number: Int, version: Int, _ client: DynamoDBClient) throws {
        let item = #"{"id":{"S":"k\#(number)"},"n":{"N":"\#(version)"},"text":{"S":"theirs"}}"#
        let request = #"{"TableName":"\#(Self.name)","Item":\#(item)}"#
        _ = try client.call("PutItem", JSONParser.parse(Array(request.utf8)))
    }

    private func text(_ number: Int, _ client: DynamoDBClient) throws -> String? {
        let request = #"{"TableName":"\#(Self.name)","Key":{"id":{"S":"k\#(number)"}}}"#
        let answer = try client.call("GetItem", JSONParser.parse(Array(request.utf8)))
        return answer["Item"]?["text"]?["S"]?.string
    }

    @Test("what the application wrote stays, is counted as kept, and the accounts balance")
    func modes() throws {
        let endpoint = try #require(TestEndpoint.real, "servers are required")
        let (table, client) = try table(endpoint)
        try put(7, version: 0, client)
        try put(8, version: 1_000, client)
        let first = try migrate(table, endpoint, .ifAbsent)
        #expect(first.state == .succeeded, "\(first.errors)")
        #expect(first.tables[0].isBalanced)
        #expect(first.tables[0].itemsWritten == Self.rowCount - 2)
        #expect(first.tables[0].itemsKept == 2)
        #expect(try text(7, client) == "theirs")
        #expect(try text(8, client) == "theirs")
        #expect(try text(9, client) == "ours")
        // Now the older one of the two is replaced; all others have the very version of the run.
        let second = try migrate(table, endpoint, .newer)
        #expect(second.state == .succeeded, "\(second.errors)")
        #expect(second.tables[0].isBalanced)
        #expect(second.tables[0].itemsWritten == 1)
        #expect(second.tables[0].itemsKept == Self.rowCount - 1)
        #expect(try text(7, client) == "ours")
        #expect(try text(8, client) == "theirs")
        try TableAdmin(client: client).delete(table.name)
    }
}
