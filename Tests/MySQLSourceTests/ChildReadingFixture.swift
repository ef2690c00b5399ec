import Contract
import Mapping
import TestSupport
import Testing

@testable import MySQLSource

/// Orders with lines, and how their entity is read with the lines apart and by its view.
enum ChildReadingFixture {
    /// A store of orders, and how its lines lie.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var key = "BIGINT UNSIGNED"
        var childKey = "BIGINT UNSIGNED NULL"
        /// The line's primary key.
        var primaryKey = "PRIMARY KEY (id)"
        var orders: [String] = (1...60).map { "\($0)" }
        /// The order of each line; NULL and orders that do not exist among them.
        var lines: [String]
        var condition = "cr_line.order_id = cr_order.id"
        var orderBy: String?
        /// Whether the lines of a chunk of 20 are read in the order of their primary key.
        var areTogether = false

        var testDescription: String { name }
    }

    static func scattered(_ orders: [String], _ count: Int, seed: UInt64) -> [String] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in orders[Int.random(in: orders.indices, using: &random)] }
    }

    private static let negative = (-30..<30).map { "\($0)" }
    private static let huge = (0..<60).map { "\(UInt64.max - 200 + UInt64($0) * 3)" }

    static let cases: [Case] = [
        Case(
            name: "together",
            lines: (1...60).flatMap { order in (0..<(order % 4)).map { _ in "\(order)" } },
            areTogether: true
        ),
        Case(
            name: "together, but neighbours change places",
            lines: (1...60).flatMap { order in
                (0..<3).map { "\(max(1, min(60, order + $0 % 2)))" }
            },
            areTogether: true
        ),
        Case(name: "scattered", lines: scattered((1...60).map { "\($0)" }, 300, seed: 1)),
        Case(
            name: "without parents, and with none",
            orders: (20...50).map { "\($0)" },
            lines: scattered((1...70).map { "\($0)" } + ["NULL", "NULL"], 300, seed: 2)
        ),
        Case(name: "none at all", lines: []),
        Case(
            name: "keys below zero",
            key: "INT",
            childKey: "BIGINT NOT NULL",
            orders: negative,
            lines: scattered(negative, 200, seed: 3)
        ),
        Case(name: "keys above 2^63", orders: huge, lines: scattered(huge, 200, seed: 4)),
        Case(
            name: "keys with zeros before them",
            key: "INT(8) UNSIGNED ZEROFILL",
            lines: scattered((1...60).map { "\($0)" }, 200, seed: 5)
        ),
        Case(
            name: "a filter",
            lines: scattered((1...60).map { "\($0)" }, 300, seed: 6),
            condition:
                "cr_line.amount > 3 AND cr_order.id = cr_line.order_id AND cr_line.note <> 'x'"
        ),
        Case(
            name: "another order",
            lines: scattered((1...60).map { "\($0)" }, 300, seed: 7),
            orderBy: "amount DESC, at"
        ),
        Case(
            name: "ordered by a short text",
            lines: scattered((1...60).map { "\($0)" }, 300, seed: 9),
            orderBy: "note DESC"
        ),
        Case(
            name: "child keys with zeros before them",
            childKey: "INT(9) UNSIGNED ZEROFILL NULL",
            lines: scattered((1...60).map { "\($0)" }, 200, seed: 10)
        ),
        Case(
            name: "a key of two columns",
            childKey: "BIGINT UNSIGNED NOT NULL",
            primaryKey: "PRIMARY KEY (order_id, id), KEY (id)",
            lines: scattered((1...60).map { "\($0)" }, 300, seed: 8)
        ),
    ]

    static func contract(_ example: Case) -> String {
        let order = example.orderBy.map { ", \"order_by\": \"\($0)\"" } ?? ""
        return """
            {"tables": [{"table": "CrOrders", "type": "single-entity", "source_table": "cr_order", "pk": "PK",
              "attributes": [
                {"name": "PK", "type": "S", "source_column": "id"},
                {"name": "buyer", "type": "S", "source_column": "buyer"},
                {"name": "weight", "type": "N", "source_column": "weight"},
                {"name": "lines", "type": "L", "join": {"type": "json-construction",
                  "target_table": "cr_line", "join_condition": "\(example.condition)",
                  "construction": {"type": "array"\(order), "select_columns": {
                    "id": "id", "amount": "amount", "note": "note", "at": "at",
                    "twice": "amount * 2", "weight": "weight", "raw": "raw_bytes", "old": "old",
                    "kind": "kind", "days": "days", "flags": "flags", "y": "y", "t": "t", "f": "f"}}}},
                {"name": "notes", "type": "S", "join": {"type": "json-construction",
                  "target_table": "cr_line", "join_condition": "cr_line.order_id = cr_order.id",
                  "construction": {"type": "array", "select_columns": {"n": "note"}}}},
                {"name": "count", "type": "N", "calculation": {"type": "aggregate",
                  "join_condition": "cr_line.order_id = cr_order.id AND 1 = 1",
                  "target_table": "cr_line", "operation": "COUNT", "select_column": "cr_line.id"}},
                {"name": "total", "type": "N", "source_column": "total"}
              ]}]}
            """
    }

    static func create(_ example: Case) -> [String] {
        var random = SeededRandom(seed: 11)
        let notes = ["'x'", "NULL", "'say \"hi\"\\n'", "'\u{1F600} ü'", "''"]
        let lines = example.lines.enumerated().map { index, order in
            let amount = [
                "NULL", "0.10", "\(index).5", "7", "99999999999999999999.99",
            ][Int.random(in: 0..<5, using: &random)]
            let note = notes[Int.random(in: 0..<5, using: &random)]
            let day = Int.random(in: 1...28, using: &random)
            return "(\(1 + index), \(order), \(amount), \(note), '2024-02-\(day) 12:00:00.5',"
                + " \(Double(index) / 3), x'00FF\(index % 10)0', 'ä', '\(["b", "a"][index % 2])', 'x,y',"
                + " b'101', \(index % 3 == 0 ? "NULL" : "2024"), '-101:02:03', 0.1)"
        }
        let orders = example.orders.map { "(\($0), CONCAT('b', \($0)), \($0) / 7, 0)" }
        return [
            """
            CREATE TABLE cr_order (id \(example.key) NOT NULL PRIMARY KEY, buyer VARCHAR(40),
              weight FLOAT, total INT NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
            """,
            """
            CREATE TABLE cr_line (id INT UNSIGNED NOT NULL, order_id \(example.childKey),
              amount DECIMAL(30, 2), note VARCHAR(30), at DATETIME(3), weight DOUBLE,
              raw_bytes VARBINARY(10), old VARCHAR(9) CHARACTER SET latin1, kind ENUM('b', 'a'),
              days SET('x', 'y'), flags BIT(5), y YEAR, t TIME, f FLOAT,
              \(example.primaryKey), KEY (order_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
            """,
            "INSERT INTO cr_order VALUES \(orders.joined(separator: ", "))",
        ] + (lines.isEmpty ? [] : ["INSERT INTO cr_line VALUES \(lines.joined(separator: ", "))"])
    }

    /// The tables and how the entity is read, apart and by its view.
    static func prepare(
        _ server: TestServer,
        _ example: Case,
        rowsPerChunk: Int = 20
    ) throws -> (tables: TestTables, apart: EntityRead, byView: EntityRead) {
        let tables = try TestTables(
            server,
            names: ["cr_order", "cr_line"],
            create: create(example)
        )
        let (apart, byView) = try reads(
            tables,
            contract(example),
            rows: example.orders.count,
            rowsPerChunk: rowsPerChunk
        )
        return (tables, apart, byView)
    }

    /// How the one entity of a contract is read, apart and by its view.
    static func reads(
        _ tables: TestTables,
        _ text: String,
        rows: Int,
        rowsPerChunk: Int
    ) throws -> (apart: EntityRead, byView: EntityRead) {
        let contract = try ContractDecoder.decode(Array(text.utf8)).contract
        let catalog = try CatalogReader(tables.connection).read(
            tables: ViewBuilder.tablesToRead(contract)
        )
        let views = ViewBuilder(catalog: catalog, contract: contract).views(of: contract)
        let view = try #require(views.tables.first?.entities.first, "\(views.problems)")
        var byView = EntityRead(
            name: "Things",
            selectSQL: EntityQuery.selectSQL(view: view, inline: true),
            chunkKey: view.chunkKey,
            baseTable: view.sourceTable,
            estimatedRows: rows,
            rowsPerChunk: rowsPerChunk
        )
        byView.columns = try tables.connection.describe(byView.selectSQL)
        var apart = byView
        let children = try #require(ChildReadPlan(view))
        apart.children = children
        return (apart, byView)
    }
}
