import Contract
import DynamoDBSink
import Mapping
import Pipeline
import TestSupport
import Testing

/// The verifier before endpoints that speak DynamoDB: the fake, and a real one.
@Suite("Verification of an endpoint", .serialized)
struct VerificationEndpointTests {
    private static let endpoints = TestEndpoint.all.filter { $0.kind != .moto }

    /// A table with the items of rows, gone with `drop`.
    private struct Bench {
        let settings: DynamoDBSettings
        let client: DynamoDBClient
        let plan: MigrationPlan
        let rows: [[String?]]
        let name: String
        let table: Table

        init(_ endpoint: TestEndpoint, count: Int) throws {
            settings = try endpoint.settings()
            client = try DynamoDBClient(settings: settings)
            let prefix = "verify-\(UInt32.random(in: 0 ... .max))-"
            var plan = try VariousMigration.plan()
            name = prefix + "Various"
            plan.tables[0].targetName = name
            self.plan = plan
            rows = (0..<count).map(VariousMigration.row)
            table = try VariousMigration.table()
            let admin = TableAdmin(client: client)
            try admin.create(table, prefix: prefix)
            try admin.waitUntilActive(name)
            let filled = try verify { $0.repairs = true }
            #expect(filled.state == .identical)
            #expect(filled.tables[0].repaired == count)
        }

        func verify(
            settings: DynamoDBSettings? = nil,
            _ change: (inout VerificationOptions) -> Void = { _ in }
        ) throws -> VerificationResult {
            var options = VerificationOptions(readers: 2, segments: 3)
            change(&options)
            let sink = try DynamoDBItemSink(
                settings: self.settings,
                tables: [table],
                mode: .replace
            )
            defer { sink.close() }
            return Verification(
                plan: plan,
                options: options,
                source: ScriptedSource(entities: [rows], rowsPerChunk: 100, rowsPerSlab: 20),
                target: DynamoDBTargetStore(settings: settings ?? self.settings),
                sink: sink,
                spill: MemorySpill()
            ).run()
        }

        func put(_ item: JSONValue) throws {
            _ = try client.call(
                "PutItem",
                .object([
                    JSONMember(name: "TableName", value: .string(name)),
                    JSONMember(name: "Item", value: item),
                ])
            )
        }

        func drop() {
            do {
                try TableAdmin(client: client).delete(name)
            } catch {
                Issue.record("the table \(name) stays: \(error)")
            }
        }
    }

    @Test(
        "what was written is identical; what is damaged is found, named and mended",
        arguments: endpoints
    )
    func wholeRound(endpoint: TestEndpoint) throws {
        let bench = try Bench(endpoint, count: 400)
        defer { bench.drop() }
        let same = try bench.verify()
        #expect(same.state == .identical)
        #expect(same.tables[0].found == 400)
        #expect(same.tables[0].readUnits > 0)
        #expect(try bench.verify { $0.isConsistent = true }.state == .identical)
        #expect(
            try bench.verify { $0.sample = VerificationOptions.Sample(rows: 150, seed: 2) }.state
                == .identical
        )

        var items = try VariousMigration.items(of: bench.rows, plan: bench.plan)
        let reader = try DynamoDBTargetStore(settings: bench.settings).connect { false }
        let keys = items[..<7].map { item in
            let members = (item.members ?? []).filter {
                VariousMigration.keyNames.contains($0.name)
            }
            return JSONValue.object(members).serializedBytes()
        }
        _ = try reader.delete(table: bench.name, keys: keys)
        for index in 10..<15 {
            let members = (items[index].members ?? []).filter { $0.name != "doc" }
            items[index] = .object(members)
            try bench.put(items[index])
        }
        for item in try VariousMigration.items(
            of: (900..<904).map(VariousMigration.row),
            plan: bench.plan
        ) {
            try bench.put(item)
        }
        let found = try bench.verify()
        #expect(found.state == .different)
        let verdict = found.tables[0]
        #expect((verdict.missing, verdict.different, verdict.extra) == (7, 5, 4))
        #expect(verdict.found == 397)
        #expect(verdict.examples.count == 16)
        #expect(
            verdict.examples.filter { $0.kind == .different }
                .allSatisfy { $0.attributes.map(\.name) == ["doc"] }
        )
        let mended = try bench.verify {
            $0.repairs = true
            $0.deletesExtra = true
        }
        #expect(mended.state == .identical)
        #expect((mended.tables[0].repaired, mended.tables[0].deleted) == (12, 4))
        #expect(try bench.verify().state == .identical)
    }
}
