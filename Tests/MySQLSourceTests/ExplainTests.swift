import Mapping
import Testing

@testable import MySQLSource

@Suite("Explaining a chunk", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ExplainTests {
    private static let integer = ChunkKeyColumn(
        viewColumn: "id",
        sourceColumn: "id",
        kind: .integer(isUnsigned: false),
        isNullable: false
    )

    private func tables(_ server: TestServer, view: String) throws -> TestTables {
        let tables = try TestTables(
            server,
            "explained_view",
            "explained",
            "explained_child",
            create: [
                """
                CREATE TABLE explained (id INT NOT NULL, name VARCHAR(20) NOT NULL, \
                plain INT NOT NULL, PRIMARY KEY (id), UNIQUE KEY (name, id))
                """,
                """
                CREATE TABLE explained_child (id INT NOT NULL PRIMARY KEY, parent INT NOT NULL, \
                KEY (parent))
                """,
            ]
        )
        let rows = (1...2000).map { "(\($0), 'n\($0)', \($0))" }.joined(separator: ", ")
        try tables.run("INSERT INTO explained VALUES \(rows)")
        try tables.run("INSERT INTO explained_child SELECT id, id DIV 3 FROM explained")
        try tables.run("ANALYZE TABLE explained, explained_child")
        try tables.run("CREATE VIEW explained_view AS \(view)")
        return tables
    }

    private func explain(
        _ tables: TestTables,
        key: [ChunkKeyColumn] = [Self.integer],
        from: String = "explained_view"
    ) throws -> ReadExplanation {
        try MySQLConnection(tables.settings).explain(
            EntityRead(
                name: "explained_view",
                selectSQL: "SELECT * FROM \(from) AS v",
                chunkKey: key,
                baseTable: "explained",
                rowsPerChunk: 100
            )
        )
    }

    @Test("a range of the primary key is an index range", arguments: TestServer.present)
    func primaryKey(server: TestServer) throws {
        let tables = try tables(
            server,
            view: """
                SELECT p.id, p.name, c.id AS child FROM explained p \
                LEFT JOIN explained_child c ON c.id = p.plain
                """
        )
        let explanation = try explain(tables)
        #expect(explanation.isIndexRange)
        #expect(!explanation.isMaterialised)
        #expect(explanation.details.count == 2)
        #expect(explanation.details.first?.hasPrefix("SIMPLE p range on PRIMARY, ") == true)
    }

    @Test("a list of children merges in each server's own dialect", arguments: TestServer.present)
    func children(server: TestServer) throws {
        let view =
            switch server {
            case .mysql:
                """
                SELECT p.id, x.list FROM explained p LEFT JOIN LATERAL \
                (SELECT JSON_ARRAYAGG(c.id) AS list FROM explained_child c WHERE c.parent = p.id) x \
                ON TRUE
                """
            case .mariadb:
                """
                SELECT p.id, (SELECT JSON_ARRAYAGG(c.id) FROM explained_child c \
                WHERE c.parent = p.id) AS list FROM explained p
                """
            }
        let tables = try tables(server, view: view)
        for from in ["explained_view", "(\(view))"] {
            let explanation = try explain(tables, from: from)
            #expect(explanation.isIndexRange, "\(explanation.details)")
            #expect(!explanation.isMaterialised, "\(explanation.details)")
        }
    }

    @Test("a composite key is an index range of all its columns", arguments: TestServer.present)
    func composite(server: TestServer) throws {
        let tables = try tables(server, view: "SELECT * FROM explained")
        let collation = try MySQLConnection(tables.settings).query(
            """
            SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_NAME = 'explained' \
            AND TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'name'
            """,
            operation: "test"
        )
        let name = String(decoding: collation.first?.first.flatMap { $0 } ?? [], as: UTF8.self)
        let text = ChunkKeyColumn(
            viewColumn: "name",
            sourceColumn: "name",
            kind: .text(characterSet: String(name.prefix { $0 != "_" }), collation: name),
            isNullable: false
        )
        let explanation = try explain(tables, key: [text, Self.integer])
        #expect(explanation.isIndexRange, "\(explanation.details)")
        #expect(explanation.details.first?.hasPrefix("SIMPLE explained range on name, ") == true)
    }

    @Test("a key without an index is none", arguments: TestServer.present)
    func noIndex(server: TestServer) throws {
        let tables = try tables(server, view: "SELECT * FROM explained")
        let key = ChunkKeyColumn(
            viewColumn: "plain",
            sourceColumn: "plain",
            kind: .integer(isUnsigned: false),
            isNullable: false
        )
        #expect(try explain(tables, key: [key]).isIndexRange == false)
    }

    @Test("a grouped view is materialised", arguments: TestServer.present)
    func grouped(server: TestServer) throws {
        let tables = try tables(
            server,
            view: "SELECT MAX(id) AS id, plain FROM explained GROUP BY plain"
        )
        let explanation = try explain(tables)
        #expect(explanation.isMaterialised, "\(explanation.details)")
        #expect(!explanation.isIndexRange, "\(explanation.details)")
    }

    @Test("a table with one row has nothing to cut", arguments: TestServer.present)
    func oneRow(server: TestServer) throws {
        let tables = try tables(server, view: "SELECT * FROM explained")
        try tables.run("DELETE FROM explained WHERE id > 1")
        #expect(try explain(tables).isIndexRange)
    }
}
