import Glibc
import MySQLSource
import Testing

/// A real server that a test runs on: its coordinates come from the environment.
enum TestServer: String, CaseIterable, CustomTestStringConvertible {
    case mysql = "MySQL"
    case mariadb = "MariaDB"

    var testDescription: String { rawValue }

    /// `mysql://user:password@host:port/database`.
    var variable: String {
        switch self {
        case .mysql: "UNGLUE_TEST_MYSQL"
        case .mariadb: "UNGLUE_TEST_MARIADB"
        }
    }

    /// nil where the environment names no server.
    var settings: MySQLSettings? {
        guard let url = Environment.value(variable), url.hasPrefix("mysql://") else { return nil }
        let parts = url.dropFirst("mysql://".count).split(separator: "/", maxSplits: 1)
        let sides = (parts.first ?? "").split(separator: "@", maxSplits: 1)
        let account = (sides.first ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        let address = (sides.last ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, sides.count == 2, let user = account.first,
            let host = address.first
        else { return nil }
        return MySQLSettings(
            host: host,
            port: address.count > 1 ? UInt16(address[1]) ?? 3306 : 3306,
            user: user,
            password: account.count > 1 ? Password(account[1]) : .none,
            database: String(parts[1]),
            connectTimeoutSeconds: 5,
            readTimeoutSeconds: 60
        )
    }

    /// The servers to run on.
    ///
    /// One that is missing is left out, unless it is required: then it is in, and its tests fail.
    static var present: [TestServer] {
        allCases.filter { $0.settings != nil || Environment.requiresServers }
    }

    static var isAnyPresent: Bool { !present.isEmpty }

    /// The settings, or a failure of the test that says what to do.
    func requireSettings() throws -> MySQLSettings {
        try #require(settings, "\(variable) must be mysql://user@host:port/database")
    }
}

enum Environment {
    static var requiresServers: Bool { value("UNGLUE_TEST_REQUIRE_SERVERS") == "1" }

    static func value(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }
}

/// Tables of one test, in the server's database, dropped before and after.
final class TestTables {
    let settings: MySQLSettings
    let connection: MySQLConnection
    private let names: [String]

    convenience init(_ server: TestServer, _ names: String..., create: [String]) throws {
        try self.init(server, names: names, create: create)
    }

    /// Views and tables are dropped in the order of their names here.
    init(_ server: TestServer, names: [String], create: [String]) throws {
        settings = try server.requireSettings()
        connection = try MySQLConnection(settings, purpose: .definition)
        self.names = names
        drop()
        for sql in create { try run(sql) }
    }

    deinit { drop() }

    func run(_ sql: String) throws {
        try connection.execute(sql, operation: "prepare a test")
    }

    private func drop() {
        for name in names {
            try? connection.execute(
                "DROP VIEW IF EXISTS `\(name)`",
                operation: "drop a test's view"
            )
            try? connection.execute(
                "DROP TABLE IF EXISTS `\(name)`",
                operation: "drop a test's table"
            )
        }
    }
}

/// An account of a test with few privileges on the test's database; gone with its owner.
final class TestAccount {
    let settings: MySQLSettings
    private let tables: TestTables
    private let name: String

    /// Made over the connection of `tables`, under a name that no other test uses, with grants such
    /// as `SELECT` or `SELECT ON table`.
    init(_ tables: TestTables, _ name: String, grants: [String]) throws {
        self.tables = tables
        self.name = "'\(name)'@'%'"
        var settings = tables.settings
        settings.user = name
        settings.password = Password("canary-4711")
        self.settings = settings
        try tables.run("DROP USER IF EXISTS \(self.name)")
        try tables.run("CREATE USER \(self.name) IDENTIFIED BY 'canary-4711'")
        for grant in grants {
            let parts = grant.split(separator: " ON ", maxSplits: 1)
            let object = parts.count > 1 ? "`\(parts[1])`" : "*"
            try tables.run(
                "GRANT \(parts[0]) ON `\(settings.database)`.\(object) TO \(self.name)"
            )
        }
    }

    deinit {
        try? tables.run("DROP USER IF EXISTS \(name)")
    }
}
