import Foundation
import Glibc
import MySQLSource
import Testing

@testable import unglue

/// A real MySQL or MariaDB whose URL the environment gives.
enum SourceServer: String, CaseIterable, CustomTestStringConvertible {
    case mysql = "UNGLUE_TEST_MYSQL"
    case mariadb = "UNGLUE_TEST_MARIADB"

    var testDescription: String { rawValue }
    var url: String? { ProcessInfo.processInfo.environment[rawValue] }

    static var endpoint: String? { ProcessInfo.processInfo.environment["UNGLUE_TEST_ENDPOINT"] }
    static var isRequired: Bool {
        ProcessInfo.processInfo.environment["UNGLUE_TEST_REQUIRE_SERVERS"] == "1"
    }

    /// A connection that may change the server.
    func connect() throws -> MySQLConnection {
        let address = try MySQLAddress(url: try requireURL())
        return try MySQLConnection(
            MySQLSettings(
                host: address.host ?? "127.0.0.1",
                port: address.port ?? 3306,
                user: address.user ?? "root",
                password: address.password ?? .none,
                database: address.database ?? ""
            ),
            purpose: .definition
        )
    }

    /// What leads the program to a database of this server and to an endpoint.
    func environment(database: String, endpoint: String) throws -> [String: String] {
        let account = try requireURL().dropFirst("mysql://".count).split(separator: "/")[0]
        return [
            "UNGLUE_MYSQL_URL": "mysql://\(account)/\(database)",
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
        ]
    }

    private func requireURL() throws -> String {
        try #require(url, "\(rawValue) must be a mysql:// URL")
    }

    /// The servers to run on; one that is missing is left out, unless it is required.
    static var present: [SourceServer] {
        allCases.filter { isRequired || ($0.url != nil && endpoint != nil) }
    }
}

/// A database of its own, a contract for it, and a prefix for its tables; all gone with the value.
final class Bench {
    static let contract = """
        {"tables": [
          {"table": "Books", "type": "single-entity", "source_table": "books",
           "pk": "id", "sk": "title",
           "attributes": [
             {"name": "id", "type": "N", "source_table": "books", "source_column": "id"},
             {"name": "title", "type": "S", "source_table": "books", "source_column": "title"},
             {"name": "price", "type": "N", "source_table": "books", "source_column": "price"}]}]}
        """

    let directory: TemporaryDirectory
    let connection: MySQLConnection
    let database = "unglue_cli_\(UInt32.random(in: 0 ... .max))"
    let prefix = "cli-\(UInt32.random(in: 0 ... .max))-"
    let environment: [String: String]
    /// What must be there until the tables are deleted.
    var endpointServer: AnyObject?

    /// With an `endpoint`, its tables are there, else at that of the environment.
    init(_ server: SourceServer, endpoint other: String? = nil) throws {
        let endpoint = try #require(
            other ?? SourceServer.endpoint,
            "UNGLUE_TEST_ENDPOINT must be a URL"
        )
        connection = try server.connect()
        directory = try TemporaryDirectory()
        environment = try server.environment(database: database, endpoint: endpoint)
        _ = try directory.write(Self.contract, to: "books.json")
        for sql in [
            "CREATE DATABASE \(database) CHARACTER SET utf8mb4",
            """
            CREATE TABLE \(database).books (id BIGINT PRIMARY KEY, title VARCHAR(200) NOT NULL, \
            price DECIMAL(10,2))
            """,
            """
            INSERT INTO \(database).books VALUES (1, 'Dune', 9.50), (2, 'Emma', NULL), \
            (3, 'Ulysses', 12)
            """,
        ] {
            try connection.execute(sql, operation: "set up the test")
        }
    }

    deinit {
        do {
            try connection.execute("DROP DATABASE \(database)", operation: "clean up")
            _ = try run(["tables", "books.json", "--delete", "--yes"])
        } catch {
            Issue.record("the test's database or tables stay: \(error)")
        }
    }

    func run(_ arguments: [String]) throws -> Outcome {
        try Program.run(
            arguments + ["--table-prefix", prefix],
            environment: environment,
            in: directory.path
        )
    }

    func execute(_ sql: String) throws {
        try connection.execute(sql, operation: "prepare the test")
    }
}
