import Dispatch
import Glibc
import Mapping
import MySQLSource
import Pipeline
import Testing

/// Slow enough to be stopped, and quick enough to end a test that fails to stop it.
private let slowSQL = "SELECT SLEEP(0.05) FROM"

@Suite("A server that fails", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ServerFaultTests {
    private func prepare(_ server: TestServer) throws -> TestTables {
        try TestTables(
            server,
            "failing",
            create: ["CREATE TABLE failing (k INT NOT NULL PRIMARY KEY)"]
                + numbers(1...200, into: "failing")
        )
    }

    @Test(
        "and limits how long a statement runs stops it, but not us",
        arguments: TestServer.present
    )
    func statementTime(server: TestServer) throws {
        let tables = try prepare(server)
        let connection = try MySQLConnection(tables.settings)
        try connection.execute(
            server == .mysql
                ? "SET SESSION max_execution_time = 200" : "SET SESSION max_statement_time = 0.2",
            operation: "test"
        )
        let error = #expect(throws: MySQLError.self) {
            let cursor = try connection.stream(
                "\(slowSQL) failing",
                operation: "read a chunk",
                on: "failing"
            )
            while try cursor.advance() {}
        }
        #expect(error?.code == (server == .mysql ? 3024 : 1969))
        #expect(error?.isStatementStopped == true)
        #expect(error?.isConnectionLost == false)
        #expect(
            error?.hint
                == "The server limits how long a statement may run: use smaller chunks, or a "
                + "longer limit."
        )
        // The connection is as good as before.
        #expect(try connection.query("SELECT 1", operation: "test").count == 1)
    }

    @Test("and says nothing is given up after the read timeout", arguments: TestServer.present)
    func readTimeout(server: TestServer) throws {
        let tables = try prepare(server)
        var settings = tables.settings
        settings.readTimeoutSeconds = 1
        let connection = try MySQLConnection(settings)
        let error = #expect(throws: MySQLError.self) {
            try connection.query("SELECT SLEEP(20)", operation: "read a chunk", on: "failing")
        }
        #expect(error?.isRetryable == true)
        #expect(error?.isConnectionLost == true)
        #expect(error?.isReadTimeout == true)
        #expect(error?.isStatementStopped == true)
        #expect(
            error?.message.hasSuffix("(nothing came for the 1 s of the read timeout)") == true
        )
        // A break that comes at once is none.
        let broken = try MySQLConnection(settings)
        let id = try broken.query("SELECT CONNECTION_ID()", operation: "test")
        try tables.run("KILL \(String(decoding: id[0][0] ?? [], as: UTF8.self))")
        let lost = #expect(throws: MySQLError.self) {
            try broken.query("SELECT 1", operation: "test")
        }
        #expect(lost?.isConnectionLost == true)
        #expect(lost?.isReadTimeout == false)
        #expect(lost?.isStatementStopped == false)
    }

    @Test("and closes an idle connection lets us come again", arguments: TestServer.present)
    func idle(server: TestServer) throws {
        let tables = try prepare(server)
        let connection = try MySQLConnection(tables.settings)
        // Our own sessions may idle as long as the server lets any.
        let wait = try connection.query("SELECT @@wait_timeout", operation: "test")
        #expect(wait[0][0].map { String(decoding: $0, as: UTF8.self) } == "86400")
        try connection.execute("SET SESSION wait_timeout = 1", operation: "test")
        usleep(2_300_000)
        let error = #expect(throws: MySQLError.self) {
            try connection.query("SELECT 1", operation: "test")
        }
        #expect(error?.isRetryable == true)
        #expect(error?.isConnectionLost == true)
    }

    @Test("that has no connection left is waited for", arguments: TestServer.present)
    func tooMany(server: TestServer) throws {
        let tables = try prepare(server)
        let account = try TestAccount(tables, "unglue_few", grants: ["SELECT"])
        try tables.run("ALTER USER 'unglue_few'@'%' WITH MAX_USER_CONNECTIONS 1")
        let first = try MySQLConnection(account.settings)
        let error = #expect(throws: MySQLError.self) { try MySQLConnection(account.settings) }
        #expect(error?.code == 1226 || error?.code == 1203)
        #expect(error?.isRetryable == true)
        #expect(try first.query("SELECT 1", operation: "test").count == 1)
    }

    @Test(
        "and takes the account's right or password away ends the run",
        arguments: TestServer.present
    )
    func revoked(server: TestServer) throws {
        let tables = try prepare(server)
        let account = try TestAccount(tables, "unglue_revoked", grants: ["SELECT ON failing"])
        let entity = EntityRead(
            name: "failing",
            selectSQL: "SELECT k FROM failing",
            chunkKey: [column("k", .integer(isUnsigned: false))],
            baseTable: "failing",
            rowsPerChunk: 50
        )
        let connection = try MySQLConnection(account.settings)
        #expect(try readAll(entity, on: connection).rows.count == 200)
        try tables.run(
            "REVOKE SELECT ON `\(tables.settings.database)`.failing FROM 'unglue_revoked'@'%'"
        )
        let refused = #expect(throws: MySQLError.self) { try readAll(entity, on: connection) }
        #expect(refused?.code == 1142)
        #expect(refused?.isRetryable == false)
        try tables.run("ALTER USER 'unglue_revoked'@'%' IDENTIFIED BY 'another'")
        let stranger = #expect(throws: MySQLError.self) { try MySQLConnection(account.settings) }
        #expect(stranger?.isRetryable == false)
        #expect("\(String(describing: stranger))".contains("canary") == false)
    }
}

@Suite("A server without TLS")
struct PlainServerTests {
    @Test(
        "is told nothing where its identity was to be verified, and never the password",
        arguments: [MySQLSettings.TLSMode.required, .verifyCA, .verifyIdentity]
    )
    func tellsNothing(mode: MySQLSettings.TLSMode) throws {
        let server = try #require(GreetingServer())
        let settings = MySQLSettings(
            host: "127.0.0.1",
            port: server.port,
            user: "canary-account",
            password: Password("canary-4711"),
            database: "canary-database",
            tlsMode: mode,
            certificateAuthorityPath: "/etc/ssl/certs/ca-certificates.crt",
            connectTimeoutSeconds: 5,
            readTimeoutSeconds: 5
        )
        let error = #expect(throws: MySQLError.self) { try MySQLConnection(settings) }
        let told = String(decoding: server.told(), as: UTF8.self)
        #expect(!told.contains("canary-4711"))
        #expect(error != nil)
        // Connector/C 3.3 has no other mode in which it hangs up at once; see docs/reliability.md.
        guard mode == .verifyIdentity else { return }
        #expect(error?.code == 2026)
        #expect(told == "")
    }
}

/// Greets one client as a MySQL server without TLS does, and keeps what the client says to it.
private final class GreetingServer: @unchecked Sendable {
    // `@unchecked Sendable`: `heard` is written by the queue, and read after it in `told`.
    let port: UInt16
    private let listener: Int32
    private let queue = DispatchQueue(label: "test.greeting")
    private var heard: [UInt8] = []

    init?() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(listener, generic, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isListening else { return nil }
        queue.async { self.serve() }
    }

    /// Everything that the client has said; once it has gone.
    func told() -> [UInt8] { queue.sync { heard } }

    private func serve() {
        let client = accept(listener, nil, nil)
        close(listener)
        defer { close(client) }
        var payload: [UInt8] = [10] + Array("8.0.36\0".utf8) + [1, 0, 0, 0]
        payload += Array("abcdefgh".utf8) + [0]
        // PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH and the like, but not SSL.
        payload += [0x0D, 0xA2, 45, 2, 0, 0x08, 0, 21] + [UInt8](repeating: 0, count: 10)
        payload += Array("ijklmnopqrst\0mysql_native_password\0".utf8)
        let packet = [UInt8(payload.count), 0, 0, 0] + payload
        _ = unsafe send(client, packet, packet.count, Int32(MSG_NOSIGNAL))
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(client, &buffer, buffer.count, 0)
        if count > 0 { heard += buffer[..<count] }
    }
}
