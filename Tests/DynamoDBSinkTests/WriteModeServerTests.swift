import Contract
import Pipeline
import Synchronization
import Testing

@testable import DynamoDBSink

@Suite("Write modes and a real endpoint", .enabled(if: Server.isWanted))
struct WriteModeServerTests {
    private let client: DynamoDBClient
    private let admin: TableAdmin

    init() throws {
        client = try DynamoDBClient(settings: Server.settings())
        admin = TableAdmin(client: client)
    }

    private func make(_ table: Table) throws {
        try admin.delete(table.name)
        try admin.waitUntilGone(table.name)
        try admin.create(table, prefix: "")
        try admin.waitUntilActive(table.name)
    }

    private func write(
        _ items: [String],
        _ table: Table,
        _ mode: WriteMode,
        isReplay: Bool = false
    ) throws -> BatchOutcome {
        let sink = try DynamoDBItemSink(settings: Server.settings(), tables: [table], mode: mode)
        let outcomes = Mutex<[BatchOutcome]>([])
        sink.submit(Batches.batch(items, table: table.name, isReplay: isReplay)) { _, outcome in
            outcomes.withLock { $0.append(outcome) }
        }
        sink.close()
        return try #require(outcomes.withLock { $0.first })
    }

    private func item(_ key: String, in table: Table) throws -> JSONValue? {
        let request = #"{"TableName":"\#(table.name)","Key":{"PK":{"S":"\#(key)"}}}"#
        return try client.call("GetItem", JSONParser.parse(Array(request.utf8)))["Item"]
    }

    private func version(_ key: String, in table: Table) throws -> String? {
        let version = try item(key, in: table)?["v"]
        return version?["N"]?.string ?? version?["S"]?.string
    }

    @Test("if-absent writes what is not there, and leaves what is")
    func ifAbsent() throws {
        let table = Batches.table("sink-if-absent", indexes: ["g"])
        try make(table)
        let theirs = #"{"PK":{"S":"b"},"v":{"N":"1"},"theirs":{"SS":["x","y"]}}"#
        _ = try write([theirs], table, .replace)
        let ours = ["a", "b", "c"].map {
            #"{"PK":{"S":"\#($0)"},"v":{"N":"2"},"g":{"S":"g"},"set":{"NS":["1.50","2"]}}"#
        }
        let outcome = try write(ours, table, .ifAbsent)
        #expect(outcome.fatal == nil && outcome.refused.isEmpty && outcome.unwritten == 0)
        #expect(outcome.kept == [1])
        #expect(outcome.requests == 3)
        // A unit for the table and one for the index, of two items; what looking costs is not told.
        #expect(outcome.writeUnits >= 4)
        #expect(try version("a", in: table) == "2")
        #expect(try version("b", in: table) == "1")
        // The same once more: all is there. Read again after a crash, our own are known as ours.
        #expect(try write(ours, table, .ifAbsent).kept == [0, 1, 2])
        #expect(try write(ours, table, .ifAbsent, isReplay: true).kept == [1])
        try admin.delete(table.name)
    }

    @Test("newer replaces older items only; what has no version, or another type of it, stays")
    func newer() throws {
        let table = Batches.table("sink-newer", versionAttribute: "v")
        try make(table)
        let theirs = [
            #"{"PK":{"S":"older"},"v":{"N":"1"}}"#, #"{"PK":{"S":"same"},"v":{"N":"10.0"}}"#,
            #"{"PK":{"S":"newer"},"v":{"N":"11"}}"#, #"{"PK":{"S":"none"}}"#,
            #"{"PK":{"S":"text"},"v":{"S":"0"}}"#, #"{"PK":{"S":"bare"},"v":{"N":"0"}}"#,
        ]
        _ = try write(theirs, table, .replace)
        let keys = ["older", "same", "newer", "none", "text", "absent"]
        let ours =
            keys.map { #"{"PK":{"S":"\#($0)"},"v":{"N":"10"}}"# }
            + [#"{"PK":{"S":"bare"}}"#, #"{"PK":{"S":"new"}}"#]
        let outcome = try write(ours, table, .newer)
        #expect(outcome.fatal == nil && outcome.refused.isEmpty && outcome.unwritten == 0)
        #expect(outcome.kept == [1, 2, 3, 4, 6])
        let found = try keys.map { try version($0, in: table) }
        #expect(found == ["10", "10", "11", nil, "0", "10"])
        #expect(try item("new", in: table) != nil)
        // Of what was read again, the very same item is our own.
        #expect(try write(ours, table, .newer, isReplay: true).kept == [2, 3, 4, 6])
        try admin.delete(table.name)
    }

    @Test("an item that the endpoint refuses is refused alone")
    func refused() throws {
        let table = Batches.table("sink-refused")
        try make(table)
        let items = [#"{"PK":{"S":"a"}}"#, #"{"PK":{"S":""}}"#, #"{"PK":{"S":"b"}}"#]
        let outcome = try write(items, table, .ifAbsent)
        #expect(outcome.fatal == nil && outcome.kept.isEmpty)
        #expect(outcome.refused.map(\.index) == [1])
        #expect(try item("b", in: table) != nil)
        try admin.delete(table.name)
    }
}
