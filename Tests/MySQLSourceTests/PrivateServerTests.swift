import Mapping
import MySQLSource
import Pipeline
import Testing

@Suite(
    "A server of our own",
    .enabled(if: PrivateServer.isPresent || Environment.requiresServers),
    .serialized
)
struct PrivateServerTests {
    @Test("that is killed while it is read: the chunk is read again from its start")
    func restart() throws {
        let server = try PrivateServer()
        let connection = try MySQLConnection(server.settings, purpose: .definition)
        try connection.execute(
            "CREATE TABLE mysql.things (k INT NOT NULL PRIMARY KEY, pad CHAR(250))",
            operation: "test"
        )
        try connection.execute(
            "INSERT INTO mysql.things SELECT seq, REPEAT('x', 250) FROM mysql.seq_1_to_20000",
            operation: "test"
        )
        let entity = EntityRead(
            name: "things",
            selectSQL: "SELECT k, pad FROM things",
            chunkKey: [],
            baseTable: nil
        )
        let source = MySQLSource(
            settings: server.settings,
            entities: [entity],
            identity: try connection.serverIdentity()
        )
        func read(whenFirstSlab: () -> Void) throws -> Int {
            let reader = try source.connect()
            var slabs = 0
            return try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 1),
                first: RowSlab(columnCount: 2)
            ) { slab in
                if slabs == 0 { whenFirstSlab() }
                slabs += 1
                return slab
            }
        }
        let error = #expect(throws: MySQLError.self) { try read { server.kill() } }
        #expect(error?.isConnectionLost == true)
        // While it is down, whoever connects is told to come again.
        let down = #expect(throws: MySQLError.self) { try source.connect() }
        #expect(down?.isRetryable == true)
        try server.start()
        // The same server, and the same rows.
        #expect(try read {} == 20_000)
    }

    @Test("that restarts has lost the snapshot, and nothing is read of another one")
    func restartInSnapshot() throws {
        let server = try PrivateServer()
        let connection = try MySQLConnection(server.settings, purpose: .definition)
        try connection.execute(
            "CREATE TABLE mysql.things ENGINE=InnoDB AS SELECT seq k FROM mysql.seq_1_to_9",
            operation: "test"
        )
        let entity = EntityRead(
            name: "things",
            selectSQL: "SELECT k FROM things",
            chunkKey: [],
            baseTable: nil
        )
        let source = try MySQLSource(
            settings: server.settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 2)
        )
        let readers = [try source.connect(), try source.connect()]
        server.kill()
        try server.start()
        func read(_ reader: any RowReader) throws {
            _ = try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 1),
                first: RowSlab(columnCount: 1)
            ) { $0 }
        }
        for reader in readers {
            let broken = #expect(throws: MySQLError.self) { try read(reader) }
            #expect(broken?.isConnectionLost == true)
            let ended = #expect(throws: MySQLError.self) { try source.connect() }
            #expect(ended?.endsReader == true)
            #expect(ended?.message.hasPrefix("consistency lost") == true)
        }
    }

    struct Certificate: Sendable, CustomTestStringConvertible {
        var name: String
        var subject: String
        var days: Int
        var authority = "ca"
        var mode: MySQLSettings.TLSMode
        var isTaken: Bool
        var testDescription: String { "\(name), \(mode.rawValue)" }
    }

    private static let certificates: [Certificate] = [
        Certificate(
            name: "good",
            subject: "localhost",
            days: 9,
            mode: .verifyIdentity,
            isTaken: true
        ),
        Certificate(name: "good", subject: "localhost", days: 9, mode: .verifyCA, isTaken: true),
        Certificate(
            name: "expired",
            subject: "localhost",
            days: -1,
            mode: .verifyIdentity,
            isTaken: false
        ),
        Certificate(
            name: "expired",
            subject: "localhost",
            days: -1,
            mode: .verifyCA,
            isTaken: false
        ),
        Certificate(
            name: "of another host",
            subject: "db.example.com",
            days: 9,
            mode: .verifyIdentity,
            isTaken: false
        ),
        Certificate(
            name: "of another authority",
            subject: "localhost",
            days: 9,
            authority: "other",
            mode: .verifyIdentity,
            isTaken: false
        ),
    ]

    @Test("shows a certificate that is taken or refused", arguments: certificates)
    func certificate(example: Certificate) throws {
        let server = try PrivateServer { folder in
            for authority in ["ca", "other"] {
                try PrivateServer.run(
                    "/usr/bin/openssl",
                    [
                        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                        "-subj", "/CN=\(authority)", "-keyout", "\(folder)/\(authority).key",
                        "-out", "\(folder)/\(authority).pem",
                    ]
                )
            }
            try PrivateServer.run(
                "/usr/bin/openssl",
                [
                    "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=\(example.subject)",
                    "-keyout", "\(folder)/server.key", "-out", "\(folder)/server.csr",
                ]
            )
            try PrivateServer.run(
                "/usr/bin/openssl",
                [
                    "x509", "-req", "-in", "\(folder)/server.csr", "-CA",
                    "\(folder)/\(example.authority).pem", "-CAkey",
                    "\(folder)/\(example.authority).key", "-CAcreateserial",
                    "-days", "\(example.days)", "-out", "\(folder)/server.pem",
                ]
            )
            return [
                "--ssl-cert=\(folder)/server.pem", "--ssl-key=\(folder)/server.key",
                "--ssl-ca=\(folder)/\(example.authority).pem",
            ]
        }
        var settings = server.settings
        settings.tlsMode = example.mode
        settings.certificateAuthorityPath = "\(server.folder)/ca.pem"
        if example.isTaken {
            let connection = try MySQLConnection(settings)
            let cipher = try connection.query("SHOW STATUS LIKE 'Ssl_cipher'", operation: "test")
            #expect(cipher[0][1]?.isEmpty == false)
        } else {
            let error = #expect(throws: MySQLError.self) { try MySQLConnection(settings) }
            #expect(error?.code == 2026)
            #expect(error?.isRetryable == false)
        }
    }
}
