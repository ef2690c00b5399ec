import Mapping
import Pipeline
import Testing

@testable import MySQLSource

@Suite("The tables that a statement names")
struct SQLTableNamesTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var names: [String]
        var testDescription: String { sql }
    }

    private static let cases: [Case] = [
        Case(sql: "SELECT number FROM chunks", names: ["chunks"]),
        Case(sql: "SELECT 1", names: []),
        Case(sql: "SELECT `v`.`a` FROM `users_view` AS `v`", names: ["users_view"]),
        Case(
            sql: "select a from `x``y`.`from` where b = (select c from d)",
            names: ["x`y.from", "d"]
        ),
        Case(
            sql: "SELECT * FROM a, b AS bb, (c JOIN d ON f(c.x, d.y)), e LEFT JOIN g USING (h, i)",
            names: ["a", "b", "c", "d", "e", "g"]
        ),
        Case(
            sql: """
                SELECT `t`.`a` AS `a`,(select count(0) from `t` `x` where (`x`.`a` > `t`.`a`)) AS `n` \
                from ((`v` join `t` on((`t`.`a` = `v`.`a`))) left join `o` on(1))
                """,
            names: ["t", "v", "o"]
        ),
        Case(
            sql: """
                SELECT ' FROM no' , "it''s \\" FROM no" FROM a -- FROM no
                LEFT JOIN LATERAL (SELECT JSON_ARRAYAGG(`c`.`x`) FROM `c`) AS l ON TRUE
                STRAIGHT_JOIN /* FROM no */ d USE INDEX (p, q) # FROM no
                UNION ALL SELECT 1, 2 FROM e WHERE x IN (1, 2) ORDER BY 1, 2
                """,
            names: ["a", "c", "d", "e"]
        ),
        Case(
            sql: "SELECT j.x FROM t, JSON_TABLE(t.doc, '$[*]' COLUMNS (x INT PATH '$.x')) AS j",
            names: ["t"]
        ),
        Case(sql: "SELECT a FROM (b, c) WHERE d IN (SELECT e FROM f), g", names: ["b", "c", "f"]),
        // More than there is: those that do not exist are left out later.
        Case(sql: "SELECT EXTRACT(YEAR FROM `o`.`day`) FROM orders o", names: ["o.day", "orders"]),
        Case(sql: "SELECT a FROM", names: []),
        Case(sql: "SELECT a FROM `unclosed", names: ["unclosed"]),
        Case(sql: ")) FROM a", names: ["a"]),
    ]

    @Test("are found, whatever stands between", arguments: cases)
    func names(example: Case) {
        #expect(SQLTableNames.names(in: example.sql).map(\.text) == example.names)
    }
}

@Suite("The text of a definition")
struct DefinitionTextTests {
    @Test("of a table has neither its counter nor its partitions")
    func table() {
        let text = """
            CREATE TABLE `t` (
              `a` int NOT NULL AUTO_INCREMENT COMMENT ') AUTO_INCREMENT=1 x',
              PRIMARY KEY (`a`)
            ) ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4 COMMENT='a AUTO_INCREMENT=5 b'
            /*!50100 PARTITION BY RANGE (`a`)
            (PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */
            """
        #expect(
            DefinitionText.ofTable(text) == """
                CREATE TABLE `t` (
                  `a` int NOT NULL AUTO_INCREMENT COMMENT ') AUTO_INCREMENT=1 x',
                  PRIMARY KEY (`a`)
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='a AUTO_INCREMENT=5 b'
                """
        )
        let other = ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='a AUTO_INCREMENT=5 b'"
        #expect(DefinitionText.ofTable(other) == other)
    }

    @Test("is compared line by line, and a long comparison is cut")
    func difference() {
        let text = DefinitionText.difference(from: "a\nb,\nc\nd", to: "a\nB,\nd\ne")
        #expect(text == "- b,\n- c\n+ B,\n+ e")
        let old = (1...30).map { "line \($0)" }.joined(separator: "\n")
        let lines = DefinitionText.difference(from: old, to: String(repeating: "x", count: 500))
            .split(separator: "\n")
        #expect(lines.count == 13)
        #expect(lines.last == "… and 19 lines more")
    }
}

@Suite("Definitions", .enabled(if: TestServer.isAnyPresent), .serialized)
struct DefinitionTests {
    private func prepare(_ server: TestServer) throws -> (TestTables, EntityRead) {
        let tables = try TestTables(
            server,
            names: ["facet_outer", "facet_inner", "facet_rows", "facet_other"],
            create: [
                "CREATE TABLE facet_rows (k INT NOT NULL PRIMARY KEY AUTO_INCREMENT, a VARCHAR(9)) "
                    + "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
                "CREATE TABLE facet_other (k INT NOT NULL PRIMARY KEY, b INT)",
                "INSERT INTO facet_rows (a) VALUES ('x'), ('y')",
                "CREATE VIEW facet_inner AS SELECT k, b FROM facet_other WHERE b > 0",
                """
                CREATE VIEW facet_outer AS SELECT d.k, d.a, (SELECT b FROM facet_inner i \
                WHERE i.k = d.k) AS b FROM facet_rows d
                """,
            ]
        )
        let entity = EntityRead(
            name: "Things",
            selectSQL: "SELECT `v`.`k`, `v`.`a`, `v`.`b` FROM `facet_outer` AS `v`",
            chunkKey: [column("k", .integer(isUnsigned: false))],
            baseTable: "facet_rows"
        )
        return (tables, entity)
    }

    /// The entity with what a run expects of it.
    private func known(_ entity: EntityRead, on connection: MySQLConnection) throws -> EntityRead {
        var entity = entity
        entity.definitions = try connection.definitions(of: entity)
        entity.columns = try connection.describe(entity.selectSQL, on: entity.name)
        return entity
    }

    private func read(_ entity: EntityRead, _ settings: MySQLSettings) throws -> [String] {
        try readAll(entity, settings).rows
    }

    @Test("are of the view, and of every view and table below it", arguments: TestServer.present)
    func facets(server: TestServer) throws {
        let (tables, entity) = try prepare(server)
        let facets = try MySQLConnection(tables.settings).definitions(of: entity)
        #expect(
            facets.map(\.name) == [
                "view facet_outer", "table facet_rows", "view facet_inner", "table facet_other",
            ]
        )
        let integer = server == .mysql ? "int" : "int(11)"
        let collation = server == .mysql ? " COLLATE utf8mb4_bin" : ""
        #expect(
            facets[1].text
                == """
                CREATE TABLE `facet_rows` (
                  `k` \(integer) NOT NULL AUTO_INCREMENT,
                  `a` varchar(9)\(collation) DEFAULT NULL,
                  PRIMARY KEY (`k`)
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin
                """
        )
        #expect(facets[1].engine == "InnoDB")
        #expect(facets[0].engine == nil)
        #expect(facets[0].text.hasPrefix("CREATE ALGORITHM=UNDEFINED DEFINER="))
    }

    @Test("stay the same while only rows change", arguments: TestServer.present)
    func rowsChange(server: TestServer) throws {
        let (tables, entity) = try prepare(server)
        let known = try known(entity, on: tables.connection)
        try tables.run("INSERT INTO facet_rows (a) VALUES ('z'), ('q')")
        try tables.run("ANALYZE TABLE facet_rows")
        #expect(try read(known, tables.settings).count == 4)
        let source = MySQLSource(settings: tables.settings, entities: [known])
        try source.confirmUnchanged()
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var sql: String
        /// How the message goes on behind `… has changed since the run began`.
        var facet: String
        var difference: String?
        var testDescription: String { sql }
    }

    private static let changes: [Change] = [
        Change(
            sql: "ALTER TABLE facet_rows ADD COLUMN more INT",
            facet: "table facet_rows",
            difference: "+   `more` int"
        ),
        Change(sql: "ALTER TABLE facet_rows MODIFY a VARCHAR(12)", facet: "table facet_rows"),
        Change(sql: "ALTER TABLE facet_other MODIFY b BIGINT", facet: "table facet_other"),
        Change(
            sql:
                "CREATE OR REPLACE VIEW facet_inner AS SELECT k, b FROM facet_other WHERE b > 1",
            facet: "view facet_inner"
        ),
        Change(
            sql: "CREATE OR REPLACE VIEW facet_outer AS SELECT k, a, 7 AS b FROM facet_rows",
            facet: "view facet_outer"
        ),
        Change(sql: "DROP VIEW facet_inner", facet: "view facet_inner"),
        Change(sql: "DROP VIEW facet_outer", facet: "view facet_outer"),
    ]

    @Test(
        "that change stop the next reading and the last look, for good, and say what",
        arguments: TestServer.present,
        changes
    )
    func changed(server: TestServer, change: Change) throws {
        let (tables, entity) = try prepare(server)
        let known = try known(entity, on: tables.connection)
        #expect(try read(known, tables.settings) == ["1|x|NULL", "2|y|NULL"])
        try tables.run(change.sql)
        let source = MySQLSource(settings: tables.settings, entities: [known])
        for error in [
            #expect(throws: MySQLError.self) { try read(known, tables.settings) },
            #expect(throws: MySQLError.self) { try source.confirmUnchanged() },
        ] {
            #expect(error?.isRetryable == false)
            let text = error?.message ?? ""
            #expect(text.contains("\(change.facet) has changed since the run began"), "\(text)")
            if let difference = change.difference { #expect(text.contains(difference), "\(text)") }
        }
    }

    @Test("are looked at again once the last look is old", arguments: TestServer.present)
    func sameReader(server: TestServer) throws {
        let (tables, entity) = try prepare(server)
        let known = try known(entity, on: tables.connection)
        let reader = MySQLRowReader(
            connection: try MySQLConnection(tables.settings),
            entities: [known]
        )
        func read() throws -> Int {
            try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 1),
                first: RowSlab(columnCount: 3)
            ) { $0 }
        }
        reader.lookHolds = .seconds(3600)
        #expect(try read() == 2)
        try tables.run("ALTER TABLE facet_rows ADD COLUMN more INT")
        #expect(try read() == 2)
        reader.lookHolds = .zero
        #expect(throws: MySQLError.self) { try read() }
    }

    @Test("do not hide columns that are not those of the plan", arguments: TestServer.present)
    func columns(server: TestServer) throws {
        let (tables, entity) = try prepare(server)
        var known = try known(entity, on: tables.connection)
        try tables.run(
            "CREATE OR REPLACE VIEW facet_outer AS SELECT k, a, 'q' AS b FROM facet_rows"
        )
        known.definitions = []
        let error = #expect(throws: MySQLError.self) { try read(known, tables.settings) }
        #expect(error?.isRetryable == false)
        #expect(
            error?.message == """
                the columns have changed since the run began:
                - b integer
                + b text

                """
        )
    }

    @Test(
        "are the columns where the account may not see the statement",
        arguments: TestServer.present
    )
    func withoutPrivilege(server: TestServer) throws {
        let (tables, entity) = try prepare(server)
        let account = try TestAccount(
            tables,
            "unglue_no_show",
            grants: ["SELECT ON facet_outer"]
        )
        let connection = try MySQLConnection(account.settings)
        var viewOnly = entity
        viewOnly.baseTable = nil
        let facets = try connection.definitions(of: viewOnly)
        let integer = server == .mysql ? "int" : "int(11)"
        #expect(facets.map(\.name) == ["columns of facet_outer"])
        // MySQL makes a BIGINT of a subquery's INT.
        let subquery = server == .mysql ? "bigint" : "int(11)"
        #expect(facets.first?.text == "k \(integer) NOT NULL\na varchar(9)\nb \(subquery)")
        viewOnly.definitions = facets
        #expect(try read(viewOnly, account.settings).count == 2)
        try tables.run(
            "CREATE OR REPLACE VIEW facet_outer AS SELECT k, a, 'q' AS b FROM facet_rows"
        )
        let error = #expect(throws: MySQLError.self) { try read(viewOnly, account.settings) }
        #expect(
            error?.message.hasPrefix(
                "columns of facet_outer has changed since the run began:\n- b \(subquery)\n+ b "
            ) == true
        )
    }

    @Test("are found of tables with any name", arguments: TestServer.present)
    func strangeNames(server: TestServer) throws {
        let tables = try TestTables(
            server,
            names: ["facet_strange", "facet, from a"],
            create: [
                "CREATE TABLE `facet, from a` (k INT NOT NULL PRIMARY KEY)",
                "CREATE VIEW facet_strange AS SELECT k, ',' AS comma FROM `facet, from a`",
            ]
        )
        let facets = try tables.connection.definitions(ofTables: ["facet_strange"])
        #expect(facets.map(\.name) == ["view facet_strange", "table facet, from a"])
    }

    @Test("of what is not there are an error", arguments: TestServer.present)
    func missing(server: TestServer) throws {
        let connection = try MySQLConnection(try server.requireSettings())
        let entity = EntityRead(
            name: "Nothing",
            selectSQL: "SELECT 1 FROM facet_nowhere",
            chunkKey: [],
            baseTable: nil
        )
        let error = #expect(throws: MySQLError.self) { try connection.definitions(of: entity) }
        #expect(error?.code == 1146)
    }

    @Test("name the server, and another one is refused", arguments: TestServer.present)
    func identity(server: TestServer) throws {
        let settings = try server.requireSettings()
        let connection = try MySQLConnection(settings)
        let identity = try connection.serverIdentity()
        switch server {
        case .mysql: #expect(identity.map(\.name) == ["server flavour", "server server_uuid"])
        case .mariadb:
            #expect(
                identity.map(\.name) == [
                    "server flavour", "server hostname", "server port", "server server_id",
                    "server server_uid",
                ]
            )
        }
        #expect(identity.allSatisfy { !$0.text.isEmpty })
        _ = try MySQLSource(settings: settings, entities: [], identity: identity).connect()
        var other = identity
        let last = other.removeLast()
        other.append(DefinitionFacet(name: last.name, text: "another", source: .server))
        let error = #expect(throws: MySQLError.self) {
            try MySQLSource(settings: settings, entities: [], identity: other).connect()
        }
        #expect(error?.isRetryable == false)
        #expect(error?.message.hasPrefix("\(last.name) has changed since the run began") == true)
    }
}
