import MySQLSource
import Testing

@Suite("Defining views", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ViewDefinitionTests {
    private static let create = ViewStatement(
        name: "defined_view",
        sql: "CREATE OR REPLACE VIEW defined_view AS SELECT id FROM defined"
    )

    private func tables(_ server: TestServer) throws -> TestTables {
        try TestTables(
            server,
            "defined_view",
            "defined",
            create: ["CREATE TABLE defined (id INT PRIMARY KEY)"]
        )
    }

    private func views(_ connection: MySQLConnection) throws -> Int {
        try connection.query("SHOW TABLES LIKE 'defined_view'", operation: "test").count
    }

    @Test("creates, creates again and drops them", arguments: TestServer.present)
    func createsAndDrops(server: TestServer) throws {
        let tables = try tables(server)
        let connection = tables.connection
        try connection.createViews([Self.create])
        try connection.createViews([Self.create])
        #expect(try views(connection) == 1)
        try connection.dropViews(["defined_view"])
        try connection.dropViews(["defined_view"])
        #expect(try views(connection) == 0)
    }

    @Test("never drops a table", arguments: TestServer.present)
    func keepsTables(server: TestServer) throws {
        let tables = try tables(server)
        try tables.connection.dropViews(["defined"])
        try tables.run("INSERT INTO defined VALUES (1)")
        let error = #expect(throws: MySQLError.self) {
            try tables.connection.createViews([
                ViewStatement(name: "defined", sql: "CREATE OR REPLACE VIEW defined AS SELECT 1")
            ])
        }
        #expect(error?.code == 1347)
        #expect(error?.hint == "A table has the view's name: rename one of them.")
    }

    @Test(
        "says beforehand what would be refused, and creates nothing",
        arguments: TestServer.present
    )
    func refusals(server: TestServer) throws {
        let tables = try tables(server)
        let reader = try MySQLConnection(tables.settings)
        let wrong = ViewStatement(
            name: "defined_view",
            sql: "CREATE OR REPLACE VIEW defined_view AS SELECT no_such FROM defined"
        )
        let missing = ViewStatement(
            name: "defined_view",
            sql: "CREATE OR REPLACE VIEW defined_view AS SELECT id FROM no_such"
        )
        let refusals = try reader.refusals(of: [Self.create, wrong, missing])
        #expect(refusals.map(\.code) == [1054, 1146])
        #expect(try views(reader) == 0)
        #expect(try reader.readRefusals(of: ["defined", "no_such"]).map(\.code) == [1146])
    }

    @Test("says which privileges an account lacks", arguments: TestServer.present)
    func privileges(server: TestServer) throws {
        let tables = try tables(server)
        let database = tables.settings.database
        try tables.run("DROP USER IF EXISTS unglue_limited")
        try tables.run("CREATE USER unglue_limited IDENTIFIED BY 'limited'")
        defer { try? tables.run("DROP USER unglue_limited") }
        try tables.run("CREATE VIEW defined_view AS SELECT id FROM defined")
        try tables.run("GRANT SELECT ON `\(database)`.defined_view TO unglue_limited")
        var settings = tables.settings
        settings.user = "unglue_limited"
        settings.password = Password("limited")
        let connection = try MySQLConnection(settings)
        let refused = try connection.readRefusals(of: ["defined", "defined_view"])
        #expect(refused.map(\.code) == [1142])
        #expect(refused.first?.subject == "\(settings.serverName) (defined)")
        #expect(
            refused.first?.hint
                == "Grant the account the privilege that the server names."
        )
        #expect(try connection.refusals(of: [Self.create]).map(\.code) == [1142])
    }
}
