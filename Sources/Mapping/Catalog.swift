/// What the source server says of the tables that a contract names: read once by MySQLSource,
/// used here as a plain value.
public struct Catalog: Sendable, Equatable {
    public var server: ServerVersion
    public var database: String
    public var tables: [CatalogTable]
    /// Whether the server compares table names without case (`lower_case_table_names` is not 0).
    public var tableNamesIgnoreCase: Bool
    /// Tables and views of the database that were not read: for hints, where one of those that were
    /// asked for does not exist.
    ///
    /// May be empty.
    public var otherTableNames: [String]

    public init(
        server: ServerVersion,
        database: String,
        tables: [CatalogTable],
        tableNamesIgnoreCase: Bool = false,
        otherTableNames: [String] = []
    ) {
        self.server = server
        self.database = database
        self.tables = tables
        self.tableNamesIgnoreCase = tableNamesIgnoreCase
        self.otherTableNames = otherTableNames
    }

    /// Every table name that is known to exist.
    var knownTableNames: [String] { tables.map(\.name) + otherTableNames }

    public func table(_ name: String) -> CatalogTable? {
        tables.first { $0.name == name }
            ?? (tableNamesIgnoreCase
                ? tables.first { $0.name.lowercased() == name.lowercased() } : nil)
    }
}

/// Which SQL dialect the server speaks, and since when it can do what.
public struct ServerVersion: Sendable, Equatable {
    public enum Flavour: String, Sendable, Equatable {
        case mysql = "MySQL"
        case mariadb = "MariaDB"
    }

    public var flavour: Flavour
    public var major: Int
    public var minor: Int
    public var patch: Int

    public init(flavour: Flavour, major: Int, minor: Int, patch: Int) {
        self.flavour = flavour
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `LEFT JOIN LATERAL` is there from MySQL 8.0.14 on; MariaDB 10.11 has none.
    public var hasLateral: Bool {
        flavour == .mysql && (major, minor, patch) >= (8, 0, 14)
    }
}

/// A base table or a view of the source database.
public struct CatalogTable: Sendable, Equatable {
    public var name: String
    public var isView: Bool
    /// In the server's order.
    public var columns: [CatalogColumn]
    /// The primary key's columns in key order; empty if there is none.
    public var primaryKey: [String]
    /// The columns of each other unique key; those over expressions are left out.
    public var uniqueKeys: [[String]]
    public var foreignKeys: [ForeignKey]
    /// The server's estimate; nil for a view.
    public var estimatedRows: Int?

    public init(
        name: String,
        isView: Bool,
        columns: [CatalogColumn],
        primaryKey: [String],
        foreignKeys: [ForeignKey],
        estimatedRows: Int? = nil,
        uniqueKeys: [[String]] = []
    ) {
        self.name = name
        self.isView = isView
        self.columns = columns
        self.primaryKey = primaryKey
        self.foreignKeys = foreignKeys
        self.estimatedRows = estimatedRows
        self.uniqueKeys = uniqueKeys
    }

    /// Column names are compared without case, as both servers do.
    public func column(_ name: String) -> CatalogColumn? {
        columns.first { $0.name == name }
            ?? columns.first { $0.name.lowercased() == name.lowercased() }
    }
}

public struct CatalogColumn: Sendable, Equatable {
    public var name: String
    /// `DATA_TYPE` in lower case: `bigint`, `varchar`, `json`.
    ///
    /// A MariaDB column declared JSON (a `longtext` with a `json_valid` check) is `json` here.
    public var dataType: String
    /// `COLUMN_TYPE`: `bigint unsigned`, `varchar(64)`, `enum('a','b')`.
    public var columnType: String
    public var isNullable: Bool
    /// nil for types without text, and for binary strings.
    public var characterSet: String?
    public var collation: String?

    public init(
        name: String,
        dataType: String,
        columnType: String,
        isNullable: Bool,
        characterSet: String? = nil,
        collation: String? = nil
    ) {
        self.name = name
        self.dataType = dataType
        self.columnType = columnType
        self.isNullable = isNullable
        self.characterSet = characterSet
        self.collation = collation
    }

    public var isUnsigned: Bool { columnType.lowercased().contains("unsigned") }
}

public struct ForeignKey: Sendable, Equatable {
    public var columns: [String]
    public var referencedTable: String
    public var referencedColumns: [String]

    public init(columns: [String], referencedTable: String, referencedColumns: [String]) {
        self.columns = columns
        self.referencedTable = referencedTable
        self.referencedColumns = referencedColumns
    }
}
