import Mapping
import Pipeline
import TestSupport
import Testing

@testable import MySQLSource

@Suite("A bad network", .enabled(if: TestServer.isAnyPresent), .serialized)
struct NetworkFaultTests {
    private static let entity = EntityRead(
        name: "network",
        selectSQL: "SELECT k, IF(k % 2, NULL, 'ä😀') FROM network",
        chunkKey: [],
        baseTable: nil
    )

    private func prepare(_ server: TestServer) throws -> TestTables {
        try TestTables(
            server,
            "network",
            create: ["CREATE TABLE network (k INT NOT NULL PRIMARY KEY)"]
                + numbers(1...300, into: "network")
        )
    }

    /// The settings that lead through the proxy, in plain text so that bytes are the protocol's.
    private func settings(_ tables: TestTables, _ proxy: CuttingProxy) -> MySQLSettings {
        var settings = tables.settings
        settings.host = "127.0.0.1"
        settings.port = proxy.port
        settings.tlsMode = .disabled
        settings.connectTimeoutSeconds = 1
        settings.readTimeoutSeconds = 1
        return settings
    }

    @Test("that hands on byte by byte changes nothing", arguments: TestServer.present)
    func slices(server: TestServer) throws {
        let tables = try prepare(server)
        var course = CuttingProxy.Course()
        course.pieceBytes = 1
        let proxy = try CuttingProxy(server: tables.settings.port) { [course] _ in course }
        let rows = try readAll(Self.entity, settings(tables, proxy)).rows
        #expect(rows == (1...300).map { "\($0)|\($0 % 2 == 1 ? "NULL" : "ä😀")" })
    }

    @Test(
        "that swallows everything is given up in time, wherever that begins",
        arguments: TestServer.present,
        [0, 20, 100, 600, 2000]
    )
    func blackHole(server: TestServer, bytes: Int) throws {
        let tables = try prepare(server)
        var course = CuttingProxy.Course()
        course.serverBytes = bytes
        course.ending = .stall
        let proxy = try CuttingProxy(server: tables.settings.port) { [course] _ in course }
        let start = ContinuousClock.now
        let error = #expect(throws: MySQLError.self) {
            try readAll(Self.entity, settings(tables, proxy))
        }
        #expect(error?.isRetryable == true, "\(error?.description ?? "")")
        #expect(error?.isConnectionLost == true)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("that falls silent is waited for longer where a whole view may be made first")
    func patience() {
        func source(
            isChunked: Bool,
            isMaterialised: Bool = false,
            own: UInt32?
        ) -> MySQLSource {
            var settings = MySQLSettings(user: "u", database: "d")
            settings.readTimeoutSeconds = own
            let key = ChunkKeyColumn(
                viewColumn: "k",
                sourceColumn: "k",
                kind: .integer(isUnsigned: false),
                isNullable: false
            )
            let entities = [isChunked, true].map { isChunked in
                EntityRead(
                    name: "e",
                    selectSQL: "SELECT k FROM e",
                    chunkKey: [key],
                    baseTable: "e",
                    isChunked: isChunked,
                    isMaterialised: isMaterialised
                )
            }
            return MySQLSource(settings: settings, entities: entities)
        }
        #expect(source(isChunked: true, own: nil).readerSettings.readTimeoutSeconds == 300)
        #expect(source(isChunked: false, own: nil).readerSettings.readTimeoutSeconds == nil)
        let made = source(isChunked: true, isMaterialised: true, own: nil)
        #expect(made.readerSettings.readTimeoutSeconds == nil)
        #expect(source(isChunked: true, own: 7).readerSettings.readTimeoutSeconds == 7)
        #expect(source(isChunked: false, own: 7).readerSettings.readTimeoutSeconds == 7)
    }

    @Test("that resets is come back from", arguments: TestServer.present)
    func reset(server: TestServer) throws {
        let tables = try prepare(server)
        var course = CuttingProxy.Course()
        course.serverBytes = 1500
        course.ending = .reset
        let proxy = try CuttingProxy(server: tables.settings.port) { [course] number in
            number == 0 ? course : CuttingProxy.Course()
        }
        let error = #expect(throws: MySQLError.self) {
            try readAll(Self.entity, settings(tables, proxy))
        }
        #expect(error?.isConnectionLost == true)
        #expect(try readAll(Self.entity, settings(tables, proxy)).rows.count == 300)
    }
}

@Suite("The errors of a server")
struct ErrorRecoveryTests {
    private static let cases: [(codes: [UInt32], recovery: MySQLError.Recovery, isStopped: Bool)] =
        [
            // The connection is gone, or the server takes us later.
            ([1053, 1927, 2006, 2013, 2055, 4031], .reconnect, false),
            ([1040, 1203, 1226, 2002, 2003], .reconnect, false),
            // Lost a race: deadlock, lock wait.
            ([1205, 1213], .retry, false),
            // Stopped by a limit or by somebody.
            ([1028, 1317, 1969, 3024], .retry, true),
            // Rights, passwords, TLS: no tight loop.
            ([1044, 1045, 1142, 1227, 2026, 2059], .none, false),
            // What is read is not what it was.
            ([1054, 1146, 1356, 1412], .none, false),
        ]

    @Test("say what may be done about them", arguments: cases)
    func recovery(codes: [UInt32], recovery: MySQLError.Recovery, isStopped: Bool) {
        for code in codes {
            let error = MySQLError(code: code, operation: "read", subject: "s", message: "m")
            #expect(error.recovery == recovery, "\(code)")
            #expect(error.isStatementStopped == isStopped, "\(code)")
            #expect(error.isRetryable == (recovery != .none), "\(code)")
            #expect(!error.endsReader)
        }
    }

    @Test("of a definition are explained", arguments: [UInt32(1054), 1146, 1356, 1412])
    func explained(code: UInt32) {
        let error = MySQLError(code: code, operation: "read", subject: "s", message: "m")
        #expect(error.hint != nil)
    }
}

@Suite("A wide table", .enabled(if: TestServer.isAnyPresent))
struct WideTableTests {
    @Test("of as many columns as InnoDB allows is read whole", arguments: TestServer.present)
    func wide(server: TestServer) throws {
        let columns = (1...1017).map { "c\($0)" }
        let tables = try TestTables(
            server,
            "wide",
            create: [
                "CREATE TABLE wide (\(columns.map { "\($0) INT" }.joined(separator: ", ")))",
                "INSERT INTO wide VALUES (\((1...1017).map { "\($0)" }.joined(separator: ", ")))",
            ]
        )
        let entity = EntityRead(
            name: "wide",
            selectSQL: "SELECT \(columns.joined(separator: ", ")) FROM wide",
            chunkKey: [],
            baseTable: nil
        )
        #expect(
            try readAll(entity, tables.settings).rows
                == [(1...1017).map { "\($0)" }.joined(separator: "|")]
        )
    }
}
