public import Mapping

/// Reads what the server says of given tables: columns, keys, foreign keys, estimates.
public struct CatalogReader {
    private let connection: MySQLConnection

    public init(_ connection: MySQLConnection) {
        self.connection = connection
    }

    /// The catalog of these tables and views of the connection's database.
    ///
    /// A table that does not exist, or that the account may not see, is absent from it. Four or
    /// five queries in all, each for these tables only: a database may have many thousands.
    ///
    /// - Parameter names: unquoted, without a database.
    /// - Returns: the tables and views that there are, in no certain order.
    /// - Throws: what the server answers, if not that.
    public func read(tables names: [String]) throws(MySQLError) -> Catalog {
        let server = connection.server
        let ignoresCase = server.lowerCaseTableNames != 0
        var builder = CatalogBuilder(ignoresCase: ignoresCase)
        let wanted = Set(names + (ignoresCase ? names.map { $0.lowercased() } : [])).sorted()
        if !wanted.isEmpty {
            if server.version.flavour == .mysql {
                // MySQL otherwise answers from a cache that is a day old: 0 rows for a new table.
                try connection.execute(
                    "SET SESSION information_schema_stats_expiry = 0",
                    operation: "read the catalog"
                )
            }
            for row in try rows(.tables, wanted) { builder.addTable(row) }
            for row in try rows(.columns, wanted) { builder.addColumn(row) }
            for row in try rows(.keys, wanted) { builder.addKeyColumn(row) }
            for row in try rows(.foreignKeys, wanted) { builder.addForeignKeyColumn(row) }
            if server.version.flavour == .mariadb, builder.mayHaveJSON {
                for row in try rows(.checks, wanted) { builder.addCheck(row) }
            }
        }
        return Catalog(
            server: server.version,
            database: connection.settings.database,
            tables: builder.tables,
            tableNamesIgnoreCase: ignoresCase,
            otherTableNames: builder.tables.count < Set(names).count ? try otherNames() : []
        )
    }

    /// Names to answer a mistyped one with; of a database with very many, some.
    private func otherNames() throws(MySQLError) -> [String] {
        let database = SQLText.quoted(connection.settings.database)
        let sql =
            "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = \(database)"
            + " ORDER BY TABLE_NAME LIMIT 10000"
        return try connection.query(sql, operation: "read the catalog").map { CatalogRow($0)[0] }
    }

    private func rows(_ query: Query, _ names: [String]) throws(MySQLError) -> [CatalogRow] {
        let isMariaDB = connection.server.version.flavour == .mariadb
        let select = """
            SELECT \(query.columns.joined(separator: ", ")) \
            FROM INFORMATION_SCHEMA.\(query.table) \
            WHERE \(query.schemaColumn) = \(SQLText.quoted(connection.settings.database))\
            \(query.filter) AND TABLE_NAME
            """
        // MariaDB opens only the tables it must for `=`, and all of the database for `IN`.
        let literals = names.map(SQLText.quoted)
        let sql =
            isMariaDB
            ? literals.map { "\(select) = \($0)" }.joined(separator: " UNION ALL ")
            : "\(select) IN (\(literals.joined(separator: ", ")))"
        return try connection.query(sql, operation: "read the catalog").map(CatalogRow.init)
    }
}

/// One question to INFORMATION_SCHEMA; the columns come in the order that `CatalogBuilder` expects.
private enum Query {
    case tables, columns, keys, foreignKeys, checks

    var table: String {
        switch self {
        case .tables: "TABLES"
        case .columns: "COLUMNS"
        case .keys: "STATISTICS"
        case .foreignKeys: "KEY_COLUMN_USAGE"
        case .checks: "CHECK_CONSTRAINTS"
        }
    }

    var schemaColumn: String {
        self == .checks ? "CONSTRAINT_SCHEMA" : "TABLE_SCHEMA"
    }

    var columns: [String] {
        switch self {
        case .tables: ["TABLE_NAME", "TABLE_TYPE", "TABLE_ROWS"]
        case .columns:
            [
                "TABLE_NAME", "ORDINAL_POSITION", "COLUMN_NAME", "DATA_TYPE", "COLUMN_TYPE",
                "IS_NULLABLE", "CHARACTER_SET_NAME", "COLLATION_NAME",
            ]
        case .keys: ["TABLE_NAME", "INDEX_NAME", "SEQ_IN_INDEX", "COLUMN_NAME", "SUB_PART"]
        case .foreignKeys:
            [
                "TABLE_NAME", "CONSTRAINT_NAME", "ORDINAL_POSITION", "COLUMN_NAME",
                "REFERENCED_TABLE_SCHEMA", "REFERENCED_TABLE_NAME", "REFERENCED_COLUMN_NAME",
                "TABLE_SCHEMA",
            ]
        case .checks: ["TABLE_NAME", "CHECK_CLAUSE"]
        }
    }

    var filter: String {
        switch self {
        case .tables, .columns, .checks: ""
        case .keys: " AND NON_UNIQUE = 0"
        case .foreignKeys: " AND REFERENCED_TABLE_NAME IS NOT NULL"
        }
    }
}

/// A row of INFORMATION_SCHEMA as text.
struct CatalogRow {
    private let cells: [String?]

    init(_ row: [[UInt8]?]) {
        cells = row.map { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    subscript(index: Int) -> String { cells[index] ?? "" }
    func optional(_ index: Int) -> String? { cells[index] }
    func number(_ index: Int) -> Int? { cells[index].flatMap { Int($0) } }
}
