import Dispatch
import Glibc
import Mapping
import MySQLSource
import Pipeline
import TestSupport
import Testing

@Suite("A connection", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ConnectionTests {
    @Test("has exact values, whatever the server's own settings are", arguments: TestServer.present)
    func session(server: TestServer) throws {
        let connection = try MySQLConnection(try server.requireSettings())
        let row = try connection.query(
            """
            SELECT @@time_zone, @@character_set_results, @@sql_mode, @@sql_select_limit, \
            @@net_write_timeout, @@group_concat_max_len, @@autocommit, @@sql_auto_is_null, \
            HEX('😀'), FROM_UNIXTIME(0)
            """,
            operation: "test"
        )
        #expect(
            row.first?.map { $0.map { String(decoding: $0, as: UTF8.self) } } == [
                "+00:00", "utf8mb4", "NO_ENGINE_SUBSTITUTION", "18446744073709551615", "3600",
                "1073741824", "1", "0", "F09F9880", "1970-01-01 00:00:00",
            ]
        )
        #expect(connection.server.version.flavour.rawValue == server.rawValue)
    }

    @Test("that reads is refused every change by the server", arguments: TestServer.present)
    func readOnly(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "connection",
            create: ["CREATE TABLE connection (k INT PRIMARY KEY)"]
        )
        let connection = try MySQLConnection(tables.settings)
        let error = #expect(throws: MySQLError.self) {
            try connection.execute("INSERT INTO connection VALUES (1)", operation: "insert")
        }
        #expect(error?.code == 1792)
    }

    @Test("that is refused says why and shows no password", arguments: TestServer.present)
    func refused(server: TestServer) throws {
        var settings = try server.requireSettings()
        settings.user = "nobody_at_all"
        settings.password = Password("canary-4711")
        let error = try #require(throws: MySQLError.self) { try MySQLConnection(settings) }
        #expect(error.code == 1045)
        #expect(!error.isRetryable)
        #expect("\(error) \(settings)".contains("canary") == false)
        #expect(error.description.hasPrefix("could not connect on \(settings.serverName): "))
        #expect(
            error.hint == "Check the user, the host that it may connect from, and the password."
        )
    }

    @Test(
        "is watched by the kernel, which finds a dead server within two minutes",
        arguments: TestServer.present
    )
    func watched(server: TestServer) throws {
        let settings = try server.requireSettings()
        let connection = try MySQLConnection(settings)
        let answers = (3..<1024).compactMap { descriptor -> [Int32]? in
            guard peerPort(of: Int32(descriptor)) == settings.port else { return nil }
            return [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT].map {
                option(of: Int32(descriptor), $0)
            }
        }
        #expect(answers.contains([60, 15, 4, 120_000]), "\(answers)")
        withExtendedLifetime(connection) {}
    }

    private func option(of descriptor: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), name, &value, &length) == 0
            ? value : -1
    }

    /// The port that a TCP socket of this process is connected to; nil for any other descriptor.
    private func peerPort(of descriptor: Int32) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getpeername(descriptor, $0, &length)
            }
        }
        guard status == 0, address.sin_family == AF_INET else { return nil }
        return UInt16(bigEndian: address.sin_port)
    }

    @Test("to where nothing listens may be tried again")
    func nothingListens() throws {
        let settings = MySQLSettings(host: "127.0.0.1", port: 1, user: "root", database: "none")
        let error = try #require(throws: MySQLError.self) { try MySQLConnection(settings) }
        #expect([2002, 2003].contains(error.code))
        #expect(error.isRetryable)
    }

    @Test("settings that the client library would misread are refused")
    func misread() throws {
        let settings = MySQLSettings(host: "127.0.0.1", user: "ro\0ot", database: "none")
        let error = try #require(throws: MySQLError.self) { try MySQLConnection(settings) }
        #expect(
            error.description == """
                could not connect on 127.0.0.1:3306: the user contains a NUL character. Correct the \
                settings.
                """
        )
    }

    @Test("with TLS required is encrypted or an error", arguments: TestServer.present)
    func tlsRequired(server: TestServer) throws {
        var settings = try server.requireSettings()
        settings.tlsMode = .disabled
        let plain = try MySQLConnection(settings)
        #expect(try cipher(plain) == "")
        let hasTLS =
            try plain.query(
                "SELECT COUNT(*) FROM information_schema.plugins LIMIT 0",
                operation: "test"
            ).isEmpty && serverHasTLS(plain)
        settings.tlsMode = .required
        if hasTLS {
            #expect(try cipher(MySQLConnection(settings)).isEmpty == false)
        } else {
            let error = try #require(throws: MySQLError.self) { try MySQLConnection(settings) }
            #expect(error.code == 2026)
            #expect(!error.isRetryable)
        }
    }

    @Test(
        "with its certificate to be verified does not trust a stranger's",
        arguments: TestServer.present,
        [MySQLSettings.TLSMode.verifyCA, .verifyIdentity]
    )
    func tlsVerified(server: TestServer, mode: MySQLSettings.TLSMode) throws {
        var settings = try server.requireSettings()
        settings.tlsMode = mode
        if mode == .verifyCA {
            let error = try #require(throws: MySQLError.self) { try MySQLConnection(settings) }
            #expect(error.hint == "Give its PEM file with ca=, or choose tls=verify-identity.")
        }
        settings.certificateAuthorityPath = "/etc/ssl/certs/ca-certificates.crt"
        let error = try #require(throws: MySQLError.self) { try MySQLConnection(settings) }
        #expect(error.code == 2026)
    }

    @Test("keeps a value of many packets whole", arguments: TestServer.present)
    func longValue(server: TestServer) throws {
        let connection = try MySQLConnection(try server.requireSettings())
        let allowed = try connection.query("SELECT @@max_allowed_packet", operation: "test")
        let bytes = try #require(allowed.first?.first?.map { String(decoding: $0, as: UTF8.self) })
        let length = min(try #require(Int(bytes)) - 1024, 20_000_000)
        let rows = try connection.query("SELECT REPEAT('ab', \(length / 2))", operation: "test")
        #expect(rows.first?.first??.count == length / 2 * 2)
    }

    @Test("refuses a value that the server has cut to NULL", arguments: TestServer.present)
    func cutValue(server: TestServer) throws {
        let connection = try MySQLConnection(try server.requireSettings())
        let cursor = try connection.stream(
            "SELECT REPEAT('a', @@max_allowed_packet + 1)",
            operation: "read a chunk",
            on: "t"
        )
        let error = try #require(throws: MySQLError.self) { while try cursor.advance() {} }
        #expect(error.code == 1301)
        #expect(!error.isRetryable)
    }

    private func cipher(_ connection: MySQLConnection) throws -> String {
        let rows = try connection.query("SHOW STATUS LIKE 'Ssl_cipher'", operation: "test")
        return rows.first?[1].map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func serverHasTLS(_ connection: MySQLConnection) throws -> Bool {
        let rows = try connection.query(
            connection.server.version.flavour == .mysql
                ? "SELECT 'YES' WHERE @@ssl_cert IS NOT NULL" : "SELECT @@have_ssl",
            operation: "test"
        )
        return rows.first?.first.map { String(decoding: $0 ?? [], as: UTF8.self) } == "YES"
    }
}

@Suite("A stream", .enabled(if: TestServer.isAnyPresent), .serialized)
struct StreamTests {
    /// Rows enough that the server cannot have sent them all before anything is read.
    private static let manyRows = """
        SELECT a.k, REPEAT('x', 1000) FROM stream a, stream b, stream c
        """

    private func prepare(_ server: TestServer) throws -> TestTables {
        try TestTables(
            server,
            "stream",
            create: [
                "CREATE TABLE stream (k INT PRIMARY KEY)",
                "INSERT INTO stream VALUES " + (1...100).map { "(\($0))" }.joined(separator: ","),
            ]
        )
    }

    @Test(
        "whose connection is killed ends in an error, never as if it were complete",
        arguments: TestServer.present
    )
    func killed(server: TestServer) throws {
        let tables = try prepare(server)
        let connection = try MySQLConnection(tables.settings)
        let id = try connection.query("SELECT CONNECTION_ID()", operation: "test")
        let cursor = try connection.stream(Self.manyRows, operation: "read a chunk", on: "stream")
        var rowCount = 0
        for _ in 0..<10 where try cursor.advance() { rowCount += 1 }
        try tables.run(
            "KILL \(String(decoding: id.first?.first.flatMap { $0 } ?? [], as: UTF8.self))"
        )
        let error = try #require(throws: MySQLError.self) {
            while try cursor.advance() { rowCount += 1 }
        }
        #expect(rowCount < 1_000_000)
        #expect(error.isRetryable)
        #expect(error.isConnectionLost)
    }

    @Test(
        "whose query is killed ends in an error that may be retried",
        arguments: TestServer.present
    )
    func queryKilled(server: TestServer) throws {
        let tables = try prepare(server)
        let connection = try MySQLConnection(tables.settings)
        let id = try connection.query("SELECT CONNECTION_ID()", operation: "test")
        let cursor = try connection.stream(Self.manyRows, operation: "read a chunk", on: "stream")
        _ = try cursor.advance()
        try tables.run(
            "KILL QUERY \(String(decoding: id.first?.first.flatMap { $0 } ?? [], as: UTF8.self))"
        )
        let error = try #require(throws: MySQLError.self) { while try cursor.advance() {} }
        #expect(error.code == 1317 || error.isConnectionLost)
        #expect(error.isRetryable)
    }

    @Test("that is cut at any byte is never taken for complete", arguments: TestServer.present)
    func cutAnywhere(server: TestServer) throws {
        let tables = try prepare(server)
        var settings = tables.settings
        settings.tlsMode = .disabled
        let rowsWanted = 12
        let entity = EntityRead(
            name: "stream",
            selectSQL: "SELECT k, IF(k % 2, NULL, 'x') FROM stream WHERE k <= \(rowsWanted)",
            chunkKey: [],
            baseTable: nil
        )
        func read(cutAfter: Int) throws -> (rows: Int, bytes: Int) {
            let proxy = try #require(CuttingProxy(server: tables.settings.port, cutAfter: cutAfter))
            settings.host = "127.0.0.1"
            settings.port = proxy.port
            let rows = try readAll(entity, settings).rows.count
            return (rows, proxy.bytesPassed)
        }
        let whole = try read(cutAfter: .max)
        #expect(whole.rows == rowsWanted)
        // Cut behind the last byte of the rows, nothing is missing.
        for bytes in 0..<whole.bytes {
            let error = #expect(throws: MySQLError.self, "cut after \(bytes) of \(whole.bytes)") {
                try read(cutAfter: bytes)
            }
            #expect(error?.isRetryable == true, "cut after \(bytes): \(error?.description ?? "")")
        }
    }

    @Test("that is stopped breaks off at once", arguments: TestServer.present)
    func stopped(server: TestServer) throws {
        let tables = try prepare(server)
        let entity = EntityRead(
            name: "stream",
            selectSQL: Self.manyRows,
            chunkKey: [],
            baseTable: nil
        )
        let source = MySQLSource(settings: tables.settings, entities: [entity])
        let reader = try source.connect()
        let start = DispatchTime.now()
        var slabCount = 0
        #expect(throws: ReadingStopped.self) {
            try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 1),
                first: RowSlab(columnCount: 2)
            ) { slab in
                slabCount += 1
                return slabCount < 3 ? slab : nil
            }
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
        // All of its rows are 1 GB, which no machine sends in this time.
        #expect(seconds < 0.5)
        // The server knows too: it no longer holds the table for the stream.
        try tables.run("SET SESSION lock_wait_timeout = 5")
        try tables.run("ALTER TABLE stream ADD COLUMN other INT")
        #expect(throws: MySQLError.self) {
            try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 2),
                first: RowSlab(columnCount: 2)
            ) { $0 }
        }
    }

    @Test(
        "whose reader stalls is not cut by the server, as with its own short time it would be",
        arguments: TestServer.present
    )
    func stalled(server: TestServer) throws {
        let tables = try prepare(server)
        // More bytes than the two sockets hold.
        let sql = "SELECT REPEAT('x', 1000) FROM stream a, stream b, stream c LIMIT 30000"
        let (patient, impatient) = (
            try MySQLConnection(tables.settings), try MySQLConnection(tables.settings)
        )
        try impatient.execute("SET SESSION net_write_timeout = 1", operation: "test")
        let cursors = try [patient, impatient].map {
            try $0.stream(sql, operation: "read a chunk", on: "stream")
        }
        for cursor in cursors { _ = try cursor.advance() }
        usleep(2_500_000)
        var rowCount = 1
        while try cursors[0].advance() { rowCount += 1 }
        #expect(rowCount == 30_000)
        let error = #expect(throws: MySQLError.self) { while try cursors[1].advance() {} }
        #expect(error?.isConnectionLost == true)
    }

    @Test("lets the connection be used again after its end", arguments: TestServer.present)
    func reused(server: TestServer) throws {
        let tables = try prepare(server)
        let connection = try MySQLConnection(tables.settings)
        for _ in 0..<3 {
            let cursor = try connection.stream(
                "SELECT k FROM stream",
                operation: "read a chunk",
                on: "stream"
            )
            var rowCount = 0
            while try cursor.advance() { rowCount += 1 }
            #expect(rowCount == 100)
            #expect(try cursor.advance() == false)
        }
    }
}
