import Contract
import Mapping
import MySQLSource
import Testing

/// The views of a small contract, on a real server.
@Suite("Views on a real server", .serialized, .enabled(if: TestServer.isAnyPresent))
struct ViewReadingTests {
    private static let names = [
        "ddb_VrItems_view", "ddb_VrItems_NODE_view", "ddb_VrItems_THING_view", "vr_thing",
        "vr_part",
        "vr_node",
    ]

    private static let create = [
        """
        CREATE TABLE vr_node (
            id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, up INT,
            FOREIGN KEY (up) REFERENCES vr_node (id))
        """,
        """
        CREATE TABLE vr_thing (
            a INT NOT NULL, b VARCHAR(20) COLLATE utf8mb4_bin NOT NULL, node INT,
            label VARCHAR(20) COLLATE utf8mb4_general_ci, made DATETIME(3), size FLOAT,
            PRIMARY KEY (a, b), FOREIGN KEY (node) REFERENCES vr_node (id))
        """,
        """
        CREATE TABLE vr_part (
            thing INT NOT NULL, mark VARCHAR(20) COLLATE utf8mb4_bin NOT NULL, line INT NOT NULL,
            amount DECIMAL(40, 4), weight FLOAT, at DATETIME, raw_bytes VARBINARY(100), note TEXT,
            PRIMARY KEY (thing, mark, line))
        """,
        "INSERT INTO vr_node VALUES (1, 'root', NULL), (2, 'mid', 1), (3, 'leaf', 2)",
        """
        INSERT INTO vr_thing VALUES
            (1, 'x', 3, 'It''s \u{1F600}', '2024-02-29 23:59:59.120', 16777217),
            (1, 'X', NULL, NULL, NULL, NULL), (2, 'y', 1, 'b', '2023-01-01', 0.1)
        """,
        """
        INSERT INTO vr_part VALUES
            (1, 'x', 1, 0.7400, 0.1, '2024-01-01 00:00:01', x'00FF', 'say "hi"'),
            (1, 'x', 2, NULL, NULL, NULL, NULL, NULL),
            (1, 'x', 3, 999999999999999999999999999999999999.0001, 2, '2024-01-03', '', 'z'),
            (2, 'y', 1, 5, 1, '2020-01-01', 'a', '')
        """,
    ]

    private static let contract = """
        {"tables": [{"table": "VrItems", "type": "multi-entity", "pk": "PK", "sk": "SK", "entities": [
          {"entity_type": "NODE", "source_table": "vr_node", "attributes": [
            {"name": "PK", "type": "S", "join": {"type": "conditional", "condition": "up IS NULL",
              "target_table": "vr_node", "join_condition": "vr_node.id = vr_node.up",
              "select_column": "'ROOT'", "else_value": "parent.id"}},
            {"name": "SK", "type": "S", "source_column": "name"},
            {"name": "up_name", "type": "S", "join": {"type": "self-join", "join_alias": "n",
              "join_condition": "n.id = vr_node.up", "select_column": "n.name", "null_value": ""}},
            {"name": "children", "type": "N", "calculation": {"type": "aggregate",
              "target_table": "vr_node", "join_condition": "vr_node.up = vr_node.id",
              "operation": "COUNT", "select_column": "vr_node.id"}},
            {"name": "things", "type": "L", "join": {"type": "json-construction",
              "target_table": "vr_thing", "join_condition": "vr_thing.node = vr_node.id",
              "construction": {"type": "array", "select_columns": {"b": "b"}}}}]},
          {"entity_type": "THING", "source_table": "vr_thing", "attributes": [
            {"name": "PK", "type": "S", "transformation": {"type": "string-format",
              "format": "T#{a}"}},
            {"name": "SK", "type": "S", "source_column": "b"},
            {"name": "path", "type": "S", "join": {"type": "chain", "chain_separator": "\\\\", "joins": [
              {"target_table": "vr_node", "join_condition": "vr_node.id = vr_thing.node",
               "select_column": "name"},
              {"target_table": "vr_node", "join_condition": "vr_node.id = vr_node.up",
               "select_column": "name"}]}},
            {"name": "size", "type": "N", "source_column": "size"},
            {"name": "any", "type": "S", "calculation": {"type": "case", "cases": [
              {"when": "label LIKE 'It%'", "then": "label"}], "else": "b"}},
            {"name": "due", "type": "S", "calculation": {"type": "date-math",
              "expression": "DATE_ADD(made, INTERVAL 1 DAY)"}},
            {"name": "first", "type": "S", "join": {"type": "lookup-table",
              "target_table": "vr_part", "join_condition": "vr_part.thing = vr_thing.a",
              "select_column": "CONCAT(line, '/', mark)"}},
            {"name": "top", "type": "S", "join": {"type": "json-construction",
              "target_table": "vr_part",
              "join_condition": "vr_part.thing = vr_thing.a AND vr_part.mark = vr_thing.b",
              "construction": {"type": "array", "order_by": "line DESC", "limit": 2,
                "select_columns": {"n": "note"}}}},
            {"name": "one", "type": "M", "join": {"type": "json-construction",
              "target_table": "vr_part", "join_condition":
                "vr_part.thing = vr_thing.a AND vr_part.mark = vr_thing.b AND vr_part.line = 1",
              "construction": {"type": "object", "select_columns": {"n": "amount"}}}},
            {"name": "sum", "type": "N", "calculation": {"type": "aggregate",
              "target_table": "vr_part",
              "join_condition": "vr_part.thing = vr_thing.a AND vr_part.mark = vr_thing.b",
              "operation": "SUM", "select_column": "amount"}}]}
        ]}]}
        """

    /// Joined by `|`, a row a line, in key order.
    private static let expected = [
        """
        ROOT|root||1|[{"b":"y"}]|1
        1|mid|root|1|[]|2
        2|leaf|mid|0|[{"b":"x"}]|3
        """,
        """
        X||NULL|X|NULL|1/x|[]|NULL|NULL|1|1|X
        x|leaf\\mid|16777216|It's \u{1F600}|2024-03-01 23:59:59.120|1/x|[{"n":"z"},{"n":null}]|\
        {"n":0.7400}|999999999999999999999999999999999999.7401|1|1|x
        y|root|0.10000000149011612|y|2023-01-02 00:00:00.000|1/y|[{"n":""}]|{"n":5.0000}|5.0000|2|2|y
        """,
    ]

    @Test(
        "Each view is merged, read by index ranges, and has the same rows inline and every time",
        arguments: TestServer.present
    )
    func views(server: TestServer) throws {
        let tables = try TestTables(server, names: Self.names, create: Self.create)
        let contract = try ContractDecoder.decode(Array(Self.contract.utf8)).contract
        let catalog = try CatalogReader(tables.connection).read(
            tables: ViewBuilder.tablesToRead(contract)
        )
        let builder = ViewBuilder(catalog: catalog, contract: contract)
        let views = builder.views(of: contract)
        #expect(
            views.problems.map(\.description) == [
                "warning: tables[0].entities[1].attributes[6].join: several rows of vr_part may"
                    + " match; the first in the order of its key is taken: compare all columns of a"
                    + " unique key of vr_part"
            ]
        )
        for sql in builder.createStatements(contract.tables[0], entities: views.tables[0].entities)
        {
            try tables.run(sql)
        }
        let reader = try MySQLConnection(tables.settings)
        for (view, expected) in zip(views.tables[0].entities, Self.expected) {
            for isInline in [false, true, false] {
                let sql = EntityQuery.selectSQL(view: view, inline: isInline)
                let read = EntityRead(
                    name: view.name,
                    selectSQL: sql,
                    chunkKey: view.chunkKey,
                    baseTable: view.sourceTable,
                    rowsPerChunk: 1
                )
                let plan = try reader.explain(read)
                #expect(plan.isIndexRange, "\(plan.details)")
                #expect(!plan.isMaterialised, "\(plan.details)")
                let order = view.chunkKey.map { "`\($0.viewColumn)`" }.joined(separator: ", ")
                let found = try rows(sql + " ORDER BY " + order, reader)
                #expect(found == expected)
            }
        }
        let union = try rows("SELECT `_entity`, `SK` FROM `ddb_VrItems_view` ORDER BY 1, 2", reader)
        #expect(union.split(separator: "\n").count == 6)
        for sql in builder.dropStatements(contract.tables[0]) { try tables.run(sql) }
    }

    private static let objectColumns = [
        ("n", "INT UNSIGNED"), ("z", "INT(4) UNSIGNED ZEROFILL"), ("d", "DECIMAL(65, 30)"),
        ("y", "YEAR"), ("f", "BIT(64)"), ("at", "DATETIME(6)"), ("t", "TIME"),
        ("x", "TEXT CHARACTER SET utf8mb4"), ("l", "VARCHAR(200) CHARACTER SET latin1"),
        ("u", "CHAR(9) CHARACTER SET utf16"), ("e", "ENUM('a\"b', 'ä') CHARACTER SET latin1"),
        ("s", "SET('p', 'q''\\\\')"),
    ]

    /// Every control character, quotes, a backslash, a slash, and each length of UTF-8.
    private static let hostileText =
        "CONCAT(0x0102030405060708090A0B0C0D0E0F10111213141516171819, "
        + "0x1A1B1C1D1E1F7F22275C2F, _utf8mb4 0xC3A4E282ACF09F9880E280A8)"

    private static let objectRows = """
        INSERT INTO vr_objects VALUES
            (1, 4294967295, 7, -0.000000000000000000000000000001, 1999, 0xFFFFFFFFFFFFFFFF, \
             '2024-02-29 23:59:59.000001', '-838:59:59', \(hostileText), \
             CONVERT(0x0122275C80FF USING latin1), '"ä\u{1F600}\\\\', 'a"b', 'p,q''\\\\'),
            (2, 0, 0, 0, 0, 0, '1000-01-01', '00:00:00', '', '', '', 'ä', ''),
            (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        """

    /// All columns as one map, and once more with an expression, which only JSON_OBJECT can print.
    private static var objectContract: String {
        let members = objectColumns.map { "\"\($0.0)\": \"\($0.0)\"" }.joined(separator: ", ")
        let construct = { (members: String) in
            """
            "type": "M", "join": {"type": "json-construction", "target_table": "vr_objects",
              "join_condition": "vr_objects.id = vr_objects.id",
              "construction": {"type": "object", "select_columns": {\(members)}}}
            """
        }
        return """
            {"tables": [{"table": "VrObjects", "type": "single-entity", "source_table": "vr_objects",
              "pk": "PK", "attributes": [
                {"name": "PK", "type": "S", "source_column": "id"},
                {"name": "all", \(construct(members))},
                {"name": "all_and", \(construct(members + ", \"sum\": \"n + d\""))}]}]}
            """
    }

    @Test(
        "An object put together as text is the JSON that JSON_OBJECT would have made",
        arguments: TestServer.present
    )
    func objects(server: TestServer) throws {
        let columns = Self.objectColumns.map { "`\($0.0)` \($0.1)" }.joined(separator: ", ")
        let tables = try TestTables(
            server,
            "vr_objects",
            create: ["CREATE TABLE vr_objects (id INT PRIMARY KEY, \(columns))", Self.objectRows]
        )
        let contract = try ContractDecoder.decode(Array(Self.objectContract.utf8)).contract
        let catalog = try CatalogReader(tables.connection).read(
            tables: ViewBuilder.tablesToRead(contract)
        )
        let views = ViewBuilder(catalog: catalog, contract: contract).views(of: contract)
        let select = try #require(views.tables.first?.entities.first?.selectSQL)
        #expect(select.split(separator: "JSON_OBJECT").count == 2)
        let written = [
            "z": "z + 0", "y": "y + 0", "f": "CAST(f AS UNSIGNED)", "at": "CAST(at AS CHAR)",
            "t": "CAST(t AS CHAR)", "l": "CONVERT(l USING utf8mb4)",
            "u": "CONVERT(u USING utf8mb4)", "e": "CONVERT(e USING utf8mb4)",
            "s": "CONVERT(s USING utf8mb4)",
        ]
        let object = Self.objectColumns.map { "'\($0.0)', \(written[$0.0] ?? "`\($0.0)`")" }
            .joined(separator: ", ")
        let reader = try MySQLConnection(tables.settings)
        let found = try reader.query(
            "SELECT `all`, `all_and` FROM (\(select)) AS v ORDER BY _key_id",
            operation: "read a test's view"
        )
        let expected = try reader.query(
            "SELECT JSON_OBJECT(\(object)), JSON_OBJECT(\(object), 'sum', n + d) FROM vr_objects "
                + "ORDER BY id",
            operation: "read a test's table"
        )
        #expect(found.count == 3)
        for (found, expected) in zip(found, expected) {
            // MySQL sorts the members of its object; values are compared, number by digit.
            for column in 0...1 {
                let text = try #require(found[column])
                #expect(
                    try values(of: text) == values(of: #require(expected[column])),
                    "\(String(decoding: text, as: UTF8.self))"
                )
            }
        }
    }

    private func values(of object: [UInt8]) throws -> [String: String] {
        guard case .object(let members) = try JSONParser.parse(object) else {
            Issue.record("no object")
            return [:]
        }
        return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.serialized()) })
    }

    private func rows(_ sql: String, _ connection: MySQLConnection) throws -> String {
        try connection.query(sql, operation: "read a test's view").map { row in
            row.map { cell in cell.map { String(decoding: $0, as: UTF8.self) } ?? "NULL" }
                .joined(separator: "|")
        }.joined(separator: "\n")
    }
}
