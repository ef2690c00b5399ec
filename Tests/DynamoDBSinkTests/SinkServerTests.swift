import Contract
import Mapping
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import DynamoDBSink

@Suite("Sink and a real endpoint", .enabled(if: Server.isWanted))
struct SinkServerTests {
    @Test("a thousand items land, each as it was sent, and are accounted for")
    func thousandItemsLand() throws {
        let settings = try Server.settings()
        let name = "sink-thousand"
        let client = try DynamoDBClient(settings: settings)
        let admin = TableAdmin(client: client)
        try admin.delete(name)
        try admin.waitUntilGone(name)
        try admin.create(Batches.table(name), prefix: "")
        try admin.waitUntilActive(name)

        let items = (0..<1_000).map { number in
            "{\"PK\":{\"S\":\"USER#\(number)\"},\"n\":{\"N\":\"\(number)\"},"
                + "\"emoji\":{\"S\":\"😀 \\\"quoted\\\" \\\\\"}}"
        }
        let outcomes = Mutex<[BatchOutcome]>([])
        let sink = try DynamoDBItemSink(settings: settings, tables: [Batches.table(name)])
        for start in stride(from: 0, to: items.count, by: 25) {
            sink.submit(Batches.batch(Array(items[start..<start + 25]), table: name)) {
                _,
                outcome in
                outcomes.withLock { $0.append(outcome) }
            }
        }
        sink.close()

        let all = outcomes.withLock { $0 }
        #expect(all.count == 40)
        #expect(all.allSatisfy { $0.fatal == nil && $0.unwritten == 0 && $0.refused.isEmpty })
        #expect(all.reduce(0) { $0 + $1.requests } == 40)
        #expect(all.reduce(0) { $0 + $1.retries } == 0)
        // moto reports one unit a batch, whatever is in it: `KnownDeviations.swift` has the list.
        if TestEndpoint.real?.kind != .moto {
            #expect(all.reduce(0) { $0 + $1.writeUnits } == 1_000)
        }

        let answer = try client.call(
            "Scan",
            .object([
                JSONMember(name: "TableName", value: .string(name)),
                JSONMember(name: "Limit", value: .number("4000")),
            ]),
            table: name
        )
        let found = try #require(answer["Items"]?.array)
        let expected = try items.map { try JSONParser.parse(Array($0.utf8)) }
        #expect(Set(found.map(canonical)) == Set(expected.map(canonical)))
        #expect(found.count == 1_000)
        try admin.delete(name)
        try admin.waitUntilGone(name)
        #expect(try admin.describe(name) == nil)
    }

    @Test("a batch of many megabytes lands")
    func largeBatchLands() throws {
        let settings = try Server.settings()
        let name = "sink-large"
        let client = try DynamoDBClient(settings: settings)
        let admin = TableAdmin(client: client)
        try admin.delete(name)
        try admin.waitUntilGone(name)
        try admin.create(Batches.table(name), prefix: "")
        try admin.waitUntilActive(name)
        let text = String(repeating: "é", count: 190_000)
        let items = (0..<25).map { #"{"PK":{"S":"\#($0)"},"text":{"S":"\#(text)"}}"# }

        let outcomes = Mutex<[BatchOutcome]>([])
        let sink = try DynamoDBItemSink(settings: settings, tables: [Batches.table(name)])
        sink.submit(Batches.batch(items, table: name)) { _, outcome in
            outcomes.withLock { $0.append(outcome) }
        }
        sink.close()
        let outcome = try #require(outcomes.withLock { $0.first })
        #expect(outcome.fatal == nil && outcome.refused.isEmpty)
        #expect(outcome.requests == 1)
        #expect(outcome.bytesSent > 9_000_000)
        let answer = try client.call(
            "GetItem",
            JSONParser.parse(Array(#"{"TableName":"\#(name)","Key":{"PK":{"S":"24"}}}"#.utf8)),
            table: name
        )
        #expect(answer["Item"]?["text"]?["S"]?.string == text)
        try admin.delete(name)
    }

    /// The members in the order of their names: the service answers in any.
    private func canonical(_ item: JSONValue) -> String {
        let members = (item.members ?? []).sorted { $0.name < $1.name }
        return JSONValue.object(members).serialized()
    }
}
