import Mapping
import MySQLSource
import Pipeline
import Testing

@Suite("A plan that goes on", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ResumeTests {
    @Test(
        "behind any of its ranges covers exactly the rest",
        arguments: TestServer.present,
        keyCases
    )
    func anyPrefix(server: TestServer, keyCase: KeyCase) throws {
        guard keyCase.servers.contains(server) else { return }
        let tables = try keyCase.tables(server, "resumed")
        let reading = try MySQLConnection(tables.settings)
        let all = keyCase.rows.indices.map { "\($0)" }.sorted()
        for rowsPerChunk in [1, 2, 3, 7, 100] {
            for estimate in [nil, max(keyCase.rows.count, 1)] {
                let entity = keyCase.entity(
                    "resumed",
                    rowsPerChunk: rowsPerChunk,
                    estimatedRows: estimate
                )
                let plan = try readAll(entity, on: reading).ranges
                for count in 1...plan.count {
                    let before = try readAll(
                        entity,
                        ranges: Array(plan.prefix(count)),
                        on: reading
                    )
                    let rest = try readAll(entity, on: reading, after: plan[count - 1])
                    #expect(
                        (before.rows + rest.rows).sorted() == all,
                        "after \(count) ranges of \(rowsPerChunk) rows: \(rest.ranges)"
                    )
                }
            }
        }
    }

    @Test(
        "after the entity lost its index is one range, and one for NULL keys",
        arguments: TestServer.present
    )
    func notChunked(server: TestServer) throws {
        for keyCase in keyCases where keyCase.servers.contains(server) {
            let tables = try keyCase.tables(server, "resumed")
            let reading = try MySQLConnection(tables.settings)
            let plan = try readAll(keyCase.entity("resumed", rowsPerChunk: 2), on: reading).ranges
            let whole = keyCase.entity("resumed", rowsPerChunk: 2, isChunked: false)
            let before = try readAll(whole, ranges: [plan[0]], on: reading)
            let rest = try readAll(whole, on: reading, after: plan[0])
            #expect(
                (before.rows + rest.rows).sorted() == keyCase.rows.indices.map { "\($0)" }.sorted(),
                "\(keyCase.name)"
            )
            #expect(rest.ranges.count <= 2)
        }
    }

    @Test("ends where the last range or the NULL keys were read", arguments: TestServer.present)
    func ends(server: TestServer) throws {
        let keyCase = try #require(keyCases.first { $0.name == "two columns that can be NULL" })
        let tables = try keyCase.tables(server, "resumed")
        let reading = try MySQLConnection(tables.settings)
        let entity = keyCase.entity("resumed", rowsPerChunk: 100)
        func rest(_ last: ChunkRange) throws -> [ChunkRange] {
            try readAll(entity, on: reading, after: last).ranges
        }
        let nullKeys = ChunkRange(isNullKeys: true)
        #expect(try rest(.everything) == [nullKeys])
        #expect(try rest(ChunkRange(lower: [[0x31], [0x31]])) == [nullKeys])
        #expect(try rest(nullKeys) == [])
        // A bound that no row has, below, between and above the rows.
        #expect(try rest(ChunkRange(upper: [[0x30], [0x39]])).count == 2)
        #expect(
            try readAll(entity, on: reading, after: ChunkRange(upper: [[0x39], [0x39]])).rows
                .count == 4
        )
    }

    @Test("each call gives a planner of its own", arguments: TestServer.present)
    func fresh(server: TestServer) throws {
        let keyCase = try #require(keyCases.first { $0.name == "decimals" })
        let tables = try keyCase.tables(server, "resumed")
        let entity = keyCase.entity("resumed", rowsPerChunk: 4)
        let source = MySQLSource(settings: tables.settings, entities: [entity])
        let reader = try source.connect()
        let first = try source.planner(entity: 0, after: nil)
        let second = try source.planner(entity: 0, after: nil)
        let range = try #require(try first.next(on: reader))
        #expect(try second.next(on: reader) == range)
        #expect(try first.next(on: reader) != range)
    }
}

@Suite("The middle of a range", .enabled(if: TestServer.isAnyPresent), .serialized)
struct MiddleTests {
    @Test(
        "cuts it in two that together have its rows, down to single keys",
        arguments: TestServer.present,
        keyCases
    )
    func halves(server: TestServer, keyCase: KeyCase) throws {
        guard keyCase.servers.contains(server) else { return }
        let tables = try keyCase.tables(server, "middle")
        let entity = keyCase.entity("middle", rowsPerChunk: 100)
        let source = MySQLSource(settings: tables.settings, entities: [entity])
        let reader = try source.connect()
        let reading = try MySQLConnection(tables.settings)
        let planner = try source.planner(entity: 0, after: nil)
        var open: [ChunkRange] = []
        while let range = try planner.next(on: reader) { open.append(range) }
        var rows: [String] = []
        var pieces = 0
        while let range = open.popLast() {
            let whole = try readAll(entity, ranges: [range], on: reading).rows
            guard let middle = try planner.middle(of: range, on: reader) else {
                rows += whole
                pieces += 1
                continue
            }
            let halves = [
                ChunkRange(lower: range.lower, upper: middle),
                ChunkRange(lower: middle, upper: range.upper),
            ]
            for half in halves {
                let part = try readAll(entity, ranges: [half], on: reading).rows
                #expect(!part.isEmpty && part.count < whole.count)
            }
            open += halves
        }
        #expect(rows.sorted() == keyCase.rows.indices.map { "\($0)" }.sorted())
        let keys = try reading.query(
            """
            SELECT COUNT(*) FROM (SELECT 1 FROM middle WHERE \
            \(keyCase.key.map { "\($0.viewColumn) IS NOT NULL" }.joined(separator: " AND ")) \
            GROUP BY \(keyCase.key.map(\.viewColumn).joined(separator: ", "))) t
            """,
            operation: "test"
        )
        let keyCount = Int(String(decoding: keys[0][0] ?? [], as: UTF8.self)) ?? 0
        let hasNullKeys = keyCase.key.contains { $0.isNullable }
        #expect(pieces == max(keyCount, 1) + (hasNullKeys ? 1 : 0))
    }

    @Test("lies in the middle, of open ranges too", arguments: TestServer.present)
    func position(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "middle",
            create: ["CREATE TABLE middle (k INT NOT NULL PRIMARY KEY)"]
                + numbers(1...1000, into: "middle")
        )
        let entity = EntityRead(
            name: "middle",
            selectSQL: "SELECT k FROM middle",
            chunkKey: [column("k", .integer(isUnsigned: false))],
            baseTable: "middle"
        )
        let source = MySQLSource(settings: tables.settings, entities: [entity])
        let reader = try source.connect()
        let planner = try source.planner(entity: 0, after: nil)
        func middle(_ lower: Int?, _ upper: Int?) throws -> String? {
            let range = ChunkRange(
                lower: lower.map { [Array("\($0)".utf8)] },
                upper: upper.map { [Array("\($0)".utf8)] }
            )
            return try planner.middle(of: range, on: reader)
                .map { String(decoding: $0[0], as: UTF8.self) }
        }
        #expect(try middle(nil, nil) == "500")
        #expect(try middle(900, nil) == "950")
        #expect(try middle(nil, 100) == "50")
        #expect(try middle(10, 12) == "11")
        #expect(try middle(10, 11) == nil)
        #expect(try middle(1000, nil) == nil)
        #expect(try planner.middle(of: ChunkRange(isNullKeys: true), on: reader) == nil)
    }
}
