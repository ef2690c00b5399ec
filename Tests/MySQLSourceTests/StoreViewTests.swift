import Contract
import Glibc
import Mapping
import MySQLSource
import Testing

/// The views of the store, from `contracts/store.json` and from the workshop's published contract,
/// on real servers: every chunk is an index range, nothing is materialised, and reading twice gives
/// the same bytes.
@Suite("Views of the store", .serialized, .enabled(if: TestServer.isAnyPresent))
struct StoreViewTests {
    enum Source: String, CaseIterable, CustomTestStringConvertible {
        case store
        case published

        var testDescription: String { rawValue }

        /// Where the contract lies: the published one where the environment says, else beside the
        /// package.
        var path: String {
            let root = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
            switch self {
            case .store: return "/\(root)/contracts/store.json"
            case .published:
                return Environment.value("UNGLUE_WORKSHOP_CONTRACT")
                    ?? "/\(root)/../shared/workshop/migrationContract.json"
            }
        }

        func contract() throws -> Contract {
            if self == .published, Environment.value("UNGLUE_TEST_SKIP_PUBLISHED") == "1" {
                try Test.cancel("the published contract is skipped, as asked")
            }
            return try ContractDecoder.decode(try readFile(path)).contract
        }
    }

    private static let tables = [
        "order_items", "orders", "shopping_carts", "products", "categories", "users",
    ]

    /// Some hundred rows a table, so that the server prefers an index to a scan.
    private static let rows = [
        """
        INSERT INTO users (id, email, username, password_hash, created_at, updated_at)
        SELECT n, CONCAT('u', n, '@x.org'), CONCAT('u', n), 'x', '2024-01-01', '2024-01-02' FROM seq
        """,
        """
        INSERT INTO categories (id, parent_id, name, created_at)
        SELECT n, IF(n < 5, NULL, FLOOR(n / 5)), CONCAT('c', n), '2024-01-01' FROM seq ORDER BY n
        """,
        """
        INSERT INTO products (id, seller_id, category_id, name, price, created_at, updated_at)
        SELECT n, n, IF(n % 7 = 0, NULL, n), CONCAT('p', n), n / 3, '2024-01-01', '2024-01-02'
        FROM seq
        """,
        """
        INSERT INTO shopping_carts (user_id, product_id, quantity, created_at, updated_at)
        SELECT n, 601 - n, n % 9, '2024-01-01', '2024-01-02' FROM seq
        """,
        """
        INSERT INTO orders (id, user_id, status, total_amount, created_at, updated_at)
        SELECT n, 1 + n % 50, 'NEW', n / 4, '2024-01-01', '2024-01-02' FROM seq
        """,
        """
        INSERT INTO order_items (id, order_id, product_id, quantity, price_at_time)
        SELECT n, 1 + n % 300, n, n % 5, n / 8 FROM seq
        """,
    ]

    private static func create() throws -> [String] {
        let schema = String(
            decoding: try readFile(
                Source.store.path.replacing("store.json", with: "store.sql")
            ),
            as: UTF8.self
        )
        let tables = schema.split(separator: ";").map { statement in
            statement.split(separator: "\n").filter { !$0.hasPrefix("--") }
                .joined(separator: "\n")
        }.filter { $0.contains("CREATE") }
        let digits = (0...9).map { "SELECT \($0) AS d" }.joined(separator: " UNION ALL ")
        let sequence = """
            CREATE TABLE seq AS SELECT 1 + a.d + 10 * b.d + 100 * c.d AS n
            FROM (\(digits)) a, (\(digits)) b, (\(digits)) c WHERE c.d < 6
            """
        let analyze = Self.tables.map { "ANALYZE TABLE \($0)" }
        return tables + [sequence] + rows + analyze
    }

    @Test(
        "every chunk is an index range scan, nothing is materialised, and reads repeat",
        arguments: TestServer.present,
        Source.allCases
    )
    func chunks(server: TestServer, source: Source) throws {
        let contract = try source.contract()
        let names = ["seq"] + Self.tables
        let tables = try TestTables(server, names: names, create: Self.create())
        let catalog = try CatalogReader(tables.connection).read(
            tables: ViewBuilder.tablesToRead(contract)
        )
        let builder = ViewBuilder(catalog: catalog, contract: contract)
        let views = builder.views(of: contract)
        #expect(!views.hasErrors)
        for (table, tableViews) in zip(contract.tables, views.tables) {
            for statement in builder.createStatements(table, entities: tableViews.entities) {
                try tables.run(statement)
            }
        }
        defer {
            for statement in contract.tables.flatMap({ builder.dropStatements($0) }) {
                try? tables.run(statement)
            }
        }
        for view in views.tables.flatMap(\.entities) {
            for isInline in [false, true] {
                let read = EntityRead(
                    name: view.name,
                    selectSQL: EntityQuery.selectSQL(view: view, inline: isInline),
                    chunkKey: view.chunkKey,
                    baseTable: view.sourceTable,
                    estimatedRows: 600,
                    rowsPerChunk: 20
                )
                let explanation = try tables.connection.explain(read)
                #expect(explanation.isIndexRange, "\(view.name): \(explanation.details)")
                #expect(!explanation.isMaterialised, "\(view.name): \(explanation.details)")
                let first = try readAll(read, tables.settings)
                #expect(first.rows.count == 600, "\(view.name)")
                #expect(first.rows == (try readAll(read, tables.settings)).rows)
            }
        }
    }
}

/// The bytes of a file.
private func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY)
    try #require(descriptor >= 0, "\(path) must be there; UNGLUE_WORKSHOP_CONTRACT may name it")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe read(descriptor, &piece, piece.count)
        guard count > 0 else { return bytes }
        bytes += piece[..<count]
    }
}
