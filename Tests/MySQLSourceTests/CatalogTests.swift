import Mapping
import MySQLSource
import Testing

@Suite("The catalog", .enabled(if: TestServer.isAnyPresent), .serialized)
struct CatalogTests {
    private func tables(_ server: TestServer) throws -> TestTables {
        try TestTables(
            server,
            "cat_view",
            "cat_child",
            "cat_parent",
            create: [
                """
                CREATE TABLE cat_parent (b INT UNSIGNED NOT NULL, `a``x` VARCHAR(20) \
                CHARACTER SET latin1 COLLATE latin1_bin NOT NULL, doc JSON, note LONGTEXT \
                CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, data VARBINARY(8), kind ENUM('p','q''r') \
                CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, PRIMARY KEY (`a``x`, b), \
                UNIQUE KEY by_b (b), UNIQUE KEY by_kind (kind, b), UNIQUE KEY by_prefix (note(5)))
                """,
                """
                CREATE TABLE cat_child (id BIGINT NOT NULL, b INT UNSIGNED, p VARCHAR(20) \
                CHARACTER SET latin1 COLLATE latin1_bin, CONSTRAINT cat_both FOREIGN KEY (p, b) \
                REFERENCES cat_parent (`a``x`, b), CONSTRAINT cat_one FOREIGN KEY (b) REFERENCES \
                cat_parent (b))
                """,
                "INSERT INTO cat_parent (b, `a``x`) VALUES (1, 'a'), (2, 'b'), (3, 'c')",
                "ANALYZE TABLE cat_parent",
                "CREATE VIEW cat_view AS SELECT id, b AS other FROM cat_child",
            ]
        )
    }

    @Test("has columns, keys and references as the server has them", arguments: TestServer.present)
    func full(server: TestServer) throws {
        let tables = try tables(server)
        let connection = try MySQLConnection(tables.settings)
        let catalog = try CatalogReader(connection).read(
            tables: ["cat_view", "cat_parent", "cat_child", "no_such_table"]
        )
        #expect(catalog.server.flavour.rawValue == server.rawValue)
        #expect(catalog.database == tables.settings.database)
        #expect(catalog.tables.map(\.name).sorted() == ["cat_child", "cat_parent", "cat_view"])

        let parent = try #require(catalog.table("cat_parent"))
        #expect(!parent.isView)
        #expect(parent.primaryKey == ["a`x", "b"])
        #expect(parent.uniqueKeys.sorted { $0[0] < $1[0] } == [["b"], ["kind", "b"]])
        #expect(parent.estimatedRows == 3)
        #expect(parent.columns.map(\.name) == ["b", "a`x", "doc", "note", "data", "kind"])
        #expect(
            parent.columns.map(\.dataType) == [
                "int", "varchar", "json", "longtext", "varbinary", "enum",
            ]
        )
        #expect(parent.column("b")?.isUnsigned == true)
        #expect(
            parent.column("a`x")
                == CatalogColumn(
                    name: "a`x",
                    dataType: "varchar",
                    columnType: "varchar(20)",
                    isNullable: false,
                    characterSet: "latin1",
                    collation: "latin1_bin"
                )
        )
        #expect(parent.column("data")?.characterSet == nil)
        #expect(parent.column("kind")?.columnType == "enum('p','q''r')")
        #expect(parent.column("doc")?.isNullable == true)

        let child = try #require(catalog.table("cat_child"))
        #expect(child.primaryKey == [])
        #expect(
            child.foreignKeys == [
                ForeignKey(
                    columns: ["p", "b"],
                    referencedTable: "cat_parent",
                    referencedColumns: ["a`x", "b"]
                ),
                ForeignKey(
                    columns: ["b"],
                    referencedTable: "cat_parent",
                    referencedColumns: ["b"]
                ),
            ]
        )
        let view = try #require(catalog.table("cat_view"))
        #expect(view.isView)
        #expect(view.columns.map(\.name) == ["id", "other"])
        #expect(view.estimatedRows == nil)
    }

    @Test(
        "is empty for no tables, and names with quotes are only names",
        arguments: TestServer.present
    )
    func hostileNames(server: TestServer) throws {
        let connection = try MySQLConnection(try server.requireSettings())
        let reader = CatalogReader(connection)
        #expect(try reader.read(tables: []).tables == [])
        #expect(try reader.read(tables: ["a' OR '1'='1", "b\\", "`c`"]).tables == [])
    }
}
