import Contract
import Dispatch
import Mapping
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import MySQLSource

/// Arrays whose child rows are read apart from the entity's own rows: what comes must be what the view
/// gives, to the byte.
@Suite("Child rows read apart", .serialized, .enabled(if: TestServer.isAnyPresent))
struct ChildReadingTests {
    @Test("give what the view gives", arguments: TestServer.present, ChildReadingFixture.cases)
    func same(server: TestServer, example: ChildReadingFixture.Case) throws {
        let (tables, apart, byView) = try ChildReadingFixture.prepare(server, example)
        // The count of the same rows is made in another pass, since its condition is another.
        #expect(apart.children?.columnNames == ["lines", "notes"])
        #expect(apart.children?.rowsSQL.contains("GROUP_CONCAT") == false)
        let expected = try readAll(byView, tables.settings)
        let found = try readAll(apart, tables.settings)
        #expect(found.rows == expected.rows)
        #expect(found.rows.count == example.orders.count)
        if !example.lines.isEmpty {
            #expect(found.rows.contains { $0.contains("},{") })
        }
        let isEmptyAnywhere = !Set(example.orders).isSubset(of: example.lines)
        #expect(isEmptyAnywhere == found.rows.contains { $0.contains("|[]|[]|") })
        // The same in one piece.
        let whole = try readAll(apart, ranges: [.everything], on: MySQLConnection(tables.settings))
        #expect(whole.rows.sorted() == expected.rows.sorted())
    }

    @Test(
        "are read as they lie where they lie together",
        arguments: TestServer.present,
        ChildReadingFixture.cases
    )
    func places(server: TestServer, example: ChildReadingFixture.Case) throws {
        guard !example.lines.isEmpty else { return }
        let (tables, apart, _) = try ChildReadingFixture.prepare(server, example)
        let join = try #require(ChildJoin(apart))
        let connection = try MySQLConnection(tables.settings)
        let orders = example.orders.map { [Array($0.utf8)] }
        let range = ChunkRange(lower: orders[5], upper: orders[25])
        #expect(try join.load(range, on: connection))
        #expect(join.arrays.map(\.hasReadInPlace) == [example.areTogether, example.areTogether])
    }

    @Test("of more bytes than can be kept come from the view", arguments: TestServer.present)
    func tooLarge(server: TestServer) throws {
        let (tables, apart, byView) = try ChildReadingFixture.prepare(
            server,
            ChildReadingFixture.cases[0]
        )
        let expected = try readAll(byView, tables.settings)
        let connection = try MySQLConnection(tables.settings)
        let whole = try #require(ChildJoin(apart))
        #expect(try whole.load(.everything, on: connection))
        let bytes = whole.arrays.map(\.texts.byteCount)
        // No room at all, none for the first, none for the second array, and just enough.
        for bytesMax in [0, bytes[0] - 1, bytes[0] + bytes[1] - 1, bytes[0] + bytes[1]] {
            let join = try #require(ChildJoin(apart, textBytesMax: bytesMax))
            let isEnough = bytesMax == bytes[0] + bytes[1]
            #expect(try join.load(.everything, on: connection) == isEnough)
            // A chunk with fewer fits.
            let few = ChunkRange(upper: [Array("3".utf8)])
            #expect(try join.load(few, on: connection) == (bytesMax > 0))
            let reader = MySQLRowReader(connection: connection, entities: [apart])
            reader.childTextBytesMax = bytesMax
            let rows = try readAll([.everything], on: reader, isOrdered: true).rows
            #expect(rows.count == 60)
            #expect(rows == expected.rows)
        }
    }

    @Test("that have to be moved too often are read in the order of their key")
    func movedTooOften() throws {
        for server in TestServer.present {
            let orders = (1...10).map { "\($0)" }
            let example = ChildReadingFixture.Case(
                name: "in turn",
                orders: orders,
                lines: (0..<40).flatMap { _ in orders }
            )
            let (tables, apart, byView) = try ChildReadingFixture.prepare(
                server,
                example,
                rowsPerChunk: 100
            )
            let connection = try MySQLConnection(tables.settings)
            let join = try #require(ChildJoin(apart))
            #expect(try join.load(.everything, on: connection))
            #expect(join.arrays.map(\.hasReadInPlace) == [true, true])
            // Moved, they take twenty times as much.
            let bytesMax = join.arrays[0].texts.byteCount / 5
            let tight = try #require(ChildJoin(apart, textBytesMax: bytesMax))
            #expect(try tight.load(.everything, on: connection))
            #expect(tight.arrays.first?.hasReadInPlace == false)
            let reader = MySQLRowReader(connection: connection, entities: [apart])
            reader.childTextBytesMax = bytesMax
            let rows = try readAll([.everything], on: reader, isOrdered: true).rows
            #expect(rows == (try readAll(byView, on: connection)).rows)
        }
    }

    @Test(
        "without a parent are not read, below the rows, between them and above them",
        arguments: TestServer.present,
        ["7", "1005", "2000"]
    )
    func manyWithoutParent(server: TestServer, stray: String) throws {
        for primaryKey in ["PRIMARY KEY (id)", "PRIMARY KEY (order_id, id)"] {
            let example = ChildReadingFixture.Case(
                name: "many",
                childKey: "BIGINT UNSIGNED NOT NULL",
                primaryKey: primaryKey,
                orders: (1000...1009).filter { $0 != 1005 }.map { "\($0)" },
                lines: ["1003", "1003"] + Array(repeating: stray, count: 700)
            )
            let (tables, apart, byView) = try ChildReadingFixture.prepare(server, example)
            let connection = try MySQLConnection(tables.settings)
            // 20 rows a chunk: 16 times as many may be there.
            let join = try #require(ChildJoin(apart))
            let bound = { (key: Int) in [Array("\(key)".utf8)] }
            let range =
                switch stray {
                case "7": ChunkRange(upper: bound(1009))
                case "1005": ChunkRange(lower: bound(1004), upper: bound(1006))
                default: ChunkRange(lower: bound(1000))
                }
            #expect(try join.load(range, on: connection) == false)
            let next = ChunkRange(lower: bound(1001), upper: bound(1004))
            #expect(try join.load(next, on: connection))
            #expect(try readAll(apart, on: connection).rows == readAll(byView, on: connection).rows)
        }
    }

    @Test("without a parent may hold what the server cannot compute", arguments: TestServer.present)
    func wrongWithoutParent(server: TestServer) throws {
        let contract = """
            {"tables": [{"table": "CrOrders", "type": "single-entity", "source_table": "cr_order", "pk": "PK",
              "attributes": [
                {"name": "PK", "type": "S", "source_column": "id"},
                {"name": "lines", "type": "L", "join": {"type": "json-construction",
                  "target_table": "cr_line", "join_condition": "cr_line.order_id = cr_order.id",
                  "construction": {"type": "array", "select_columns": {"left": "gross - rebate"}}}}
              ]}]}
            """
        let tables = try TestTables(
            server,
            names: ["cr_order", "cr_line"],
            create: [
                "CREATE TABLE cr_order (id INT NOT NULL PRIMARY KEY)",
                """
                CREATE TABLE cr_line (id INT NOT NULL PRIMARY KEY, order_id INT NOT NULL,
                  gross INT UNSIGNED NOT NULL, rebate INT UNSIGNED NOT NULL, KEY (order_id))
                """,
                "INSERT INTO cr_order VALUES (1), (2), (4), (5), (6), (7), (8), (9), (10)",
                "INSERT INTO cr_line VALUES (1, 1, 9, 2), (2, 3, 1, 2), (3, 4, 5, 5), (4, 9, 2, 1)",
            ]
        )
        let (apart, byView) = try ChildReadingFixture.reads(
            tables,
            contract,
            rows: 9,
            rowsPerChunk: 4
        )
        let expected = try readAll(byView, tables.settings)
        #expect(try readAll(apart, tables.settings).rows == expected.rows)
        #expect(expected.rows.contains("1|[{\"left\": 7}]|1"))
    }

    @Test("of rows of their own table", arguments: TestServer.present)
    func selfJoin(server: TestServer) throws {
        let contract = """
            {"tables": [{"table": "CrNodes", "type": "single-entity", "source_table": "cr_node", "pk": "PK",
              "attributes": [
                {"name": "PK", "type": "S", "source_column": "id"},
                {"name": "below", "type": "L", "join": {"type": "json-construction",
                  "target_table": "cr_node",
                  "join_condition": "cr_node.parent_id = cr_node.id",
                  "construction": {"type": "array", "select_columns": {"id": "id", "kind": "kind"}}}}
              ]}]}
            """
        let values = (1...60).map { "(\($0), \($0 < 4 ? "NULL" : "\($0 / 3)"), 'k\($0 % 2)')" }
        let tables = try TestTables(
            server,
            "cr_node",
            create: [
                """
                CREATE TABLE cr_node (id INT NOT NULL PRIMARY KEY, parent_id INT, kind VARCHAR(9),
                  KEY (parent_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
                """,
                "INSERT INTO cr_node VALUES \(values.joined(separator: ", "))",
            ]
        )
        let (apart, byView) = try ChildReadingFixture.reads(
            tables,
            contract,
            rows: 60,
            rowsPerChunk: 7
        )
        let expected = try readAll(byView, tables.settings)
        #expect(try readAll(apart, tables.settings).rows == expected.rows)
        #expect(expected.rows.contains { $0.contains("},{") })
    }

    @Test("of rows with one chunk key", arguments: TestServer.present)
    func sharedKeys(server: TestServer) throws {
        let contract = """
            {"tables": [{"table": "CrRows", "type": "single-entity", "source_table": "cr_row", "pk": "PK",
              "chunk_key": ["batch"], "attributes": [
                {"name": "PK", "type": "S", "source_column": "name"},
                {"name": "notes", "type": "L", "join": {"type": "json-construction",
                  "target_table": "cr_note", "join_condition": "cr_note.batch = cr_row.batch",
                  "construction": {"type": "array", "select_columns": {"id": "id"}}}}
              ]}]}
            """
        let rows = (1...60).map { "('r\($0)', \($0 / 5))" }
        let notes = (1...40).map { "(\($0), \($0 % 15))" }
        let tables = try TestTables(
            server,
            names: ["cr_row", "cr_note"],
            create: [
                "CREATE TABLE cr_row (name VARCHAR(9) NOT NULL PRIMARY KEY, batch INT NOT NULL, KEY (batch))",
                "CREATE TABLE cr_note (id INT NOT NULL PRIMARY KEY, batch INT, KEY (batch))",
                "INSERT INTO cr_row VALUES \(rows.joined(separator: ", "))",
                "INSERT INTO cr_note VALUES \(notes.joined(separator: ", "))",
            ]
        )
        let (apart, byView) = try ChildReadingFixture.reads(
            tables,
            contract,
            rows: 60,
            rowsPerChunk: 7
        )
        let expected = try readAll(byView, tables.settings)
        #expect(try readAll(apart, tables.settings).rows.sorted() == expected.rows.sorted())
        #expect(expected.rows.count == 60)
    }

    @Test("are read in a run's snapshot", arguments: TestServer.present)
    func inSnapshot(server: TestServer) throws {
        let (tables, apart, byView) = try ChildReadingFixture.prepare(
            server,
            ChildReadingFixture.cases[0]
        )
        let expected = try readAll(byView, tables.settings)
        let policy = SnapshotPolicy(connections: 1) { _ in }
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [apart],
            snapshot: policy
        )
        let reader = try source.connect()
        try tables.run("DELETE FROM cr_line WHERE order_id > 10")
        try tables.run("DELETE FROM cr_order WHERE id > 20")
        let middle = [Array("15".utf8)]
        let ranges = [ChunkRange(upper: middle), ChunkRange(lower: middle)]
        let rows = try readAll(ranges, on: reader, isOrdered: true).rows
        #expect(rows == expected.rows)
    }

    @Test("are not read where the server says that there is no snapshot")
    func noSnapshot() throws {
        // MariaDB does not say so: of both, a run asks for the level before it reads child rows apart.
        guard TestServer.present.contains(.mysql) else { return }
        let (tables, apart, _) = try ChildReadingFixture.prepare(
            .mysql,
            ChildReadingFixture.cases[0]
        )
        let connection = try MySQLConnection(tables.settings)
        try connection.execute(
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
            operation: "prepare a test"
        )
        let error = #expect(throws: MySQLError.self) { try readAll(apart, on: connection) }
        #expect(error?.description.contains("the server gives no snapshot") == true)
    }

    @Test("are of the same moment as their rows", arguments: TestServer.present)
    func oneMoment(server: TestServer) throws {
        let example = ChildReadingFixture.Case(
            name: "moving",
            lines: (1...60).flatMap { order in ["\(order)", "\(order)"] }
        )
        let (tables, apart, _) = try ChildReadingFixture.prepare(server, example)
        // Every transaction changes an order's lines and with them its total.
        try tables.run("UPDATE cr_order SET total = 2")
        let isDone = Atomic(false)
        let writer = try MySQLConnection(tables.settings, purpose: .definition)
        nonisolated(unsafe) let writing = writer
        let group = DispatchGroup()
        let failure = Mutex<(any Error)?>(nil)
        let written = Atomic(0)
        DispatchQueue.global().async(group: group) {
            defer { MySQLLibrary.threadWillEnd() }
            do {
                var turn = 0
                while !isDone.load(ordering: .relaxed) {
                    // A line more for every order, then one less.
                    let (order, adds) = (1 + turn % 60, turn / 60 % 2 == 0)
                    turn += 1
                    for sql in [
                        "START TRANSACTION",
                        "UPDATE cr_order SET total = total \(adds ? "+" : "-") 1 WHERE id = \(order)",
                        adds
                            ? "INSERT INTO cr_line (id, order_id) VALUES (\(1000 + order), \(order))"
                            : "DELETE FROM cr_line WHERE id = \(1000 + order)",
                        "COMMIT",
                    ] {
                        try unsafe writing.execute(sql, operation: "write meanwhile")
                    }
                    written.add(1, ordering: .relaxed)
                }
            } catch { failure.withLock { $0 = error } }
        }
        let connection = try MySQLConnection(tables.settings)
        var reads = 0
        while reads < 60 || written.load(ordering: .relaxed) < 100 {
            for row in try readAll(apart, on: connection).rows {
                let cells = row.split(separator: "|", omittingEmptySubsequences: false)
                let total = Int(cells[cells.count - 2])
                let lines = row.split(separator: "\"twice\":").count - 1
                #expect(total == lines, "\(row)")
            }
            reads += 1
            if failure.withLock({ $0 != nil }) || reads > 1000 { break }
        }
        isDone.store(true, ordering: .relaxed)
        group.wait()
        #expect(failure.withLock { $0 == nil })
    }

    @Test("a table made anew meanwhile is read again", arguments: TestServer.present)
    func rebuilt(server: TestServer) throws {
        let (tables, apart, _) = try ChildReadingFixture.prepare(
            server,
            ChildReadingFixture.cases[0]
        )
        let connection = try MySQLConnection(tables.settings)
        let reader = MySQLRowReader(connection: connection, entities: [apart])
        let error = #expect(throws: MySQLError.self) {
            try reader.atOneMoment(connection) {
                try tables.run("ALTER TABLE cr_order FORCE")
                _ = try connection.query("SELECT id FROM cr_order", operation: "read")
            }
        }
        #expect(error?.code == 1412)
        #expect(error?.isRetryable == true)
    }
}
