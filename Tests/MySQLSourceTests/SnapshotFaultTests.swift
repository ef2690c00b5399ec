import Dispatch
import Glibc
import Mapping
import Pipeline
import Synchronization
import Testing

@testable import MySQLSource

@Suite("A snapshot that goes wrong", .enabled(if: TestServer.isAnyPresent), .serialized)
struct SnapshotFaultTests {
    @Test("ends the reader whose connection is lost, not the others", arguments: TestServer.present)
    func lost(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot_fault")
        let (tables, entity) = (fixture.tables, fixture.entity)
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 2, ways: [.lock])
        )
        let (first, second) = (try source.connect(), try source.connect())
        // Both are taken, none is lost.
        let none = #expect(throws: MySQLError.self) { try source.connect() }
        #expect(none?.endsReader == true && none?.isRetryable == false)
        #expect(none?.message == "no connection of the snapshot is free")
        try MySQLRowReader.using(first, for: entity) { connection in
            let id = try connection.query("SELECT CONNECTION_ID()", operation: "test")
            try tables.run("KILL \(String(decoding: id[0][0] ?? [], as: UTF8.self))")
        }
        func read(_ reader: any RowReader) throws -> Int {
            try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 1),
                first: RowSlab(columnCount: 2)
            ) { $0 }
        }
        let broken = #expect(throws: MySQLError.self) { try read(first) }
        #expect(broken?.isConnectionLost == true)
        for error in [
            #expect(throws: MySQLError.self) { try source.connect() },
            #expect(throws: MySQLError.self) { try read(first) },
        ] {
            #expect(error?.endsReader == true && error?.isRetryable == false)
            #expect(
                error?.description == """
                    could not connect on \(tables.settings.serverName): consistency lost: a \
                    connection broke, and its snapshot cannot be had again. Where no other reader \
                    goes on, start anew with --fresh.
                    """
            )
        }
        #expect(try read(second) == SnapshotFixture.rowCount)
    }

    @Test("survives a killed query, on one connection too", arguments: TestServer.present)
    func queryKilled(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot_fault")
        let (tables, entity) = (fixture.tables, fixture.entity)
        var slow = entity
        slow.selectSQL = "SELECT SLEEP(20), k FROM snapshot_fault"
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [entity, slow],
            snapshot: SnapshotPolicy(connections: 1)
        )
        #expect(
            source.snapshotMethod == .singleConnection(reason: "only one was asked for")
        )
        let reader = try source.connect()
        let id = try MySQLRowReader.using(reader, for: entity) {
            try $0.query("SELECT CONNECTION_ID()", operation: "test")
        }
        let settings = tables.settings
        let number = String(decoding: id[0][0] ?? [], as: UTF8.self)
        let isOver = Atomic(false)
        let killing = DispatchQueue(label: "test.killer")
        killing.async {
            let killer = try? MySQLConnection(settings, purpose: .definition)
            // Until it runs there is nothing to kill.
            while !isOver.load(ordering: .relaxed) {
                usleep(20_000)
                try? killer?.execute("KILL QUERY \(number)", operation: "test")
            }
        }
        defer { isOver.store(true, ordering: .relaxed) }
        let error = #expect(throws: MySQLError.self) {
            while true {
                _ = try reader.read(
                    entity: 1,
                    range: .everything,
                    isOrdered: false,
                    chunk: ChunkID(entity: 1, attempt: 1),
                    first: RowSlab(columnCount: 2)
                ) { $0 }
            }
        }
        #expect(error?.isStatementStopped == true && error?.isConnectionLost == false)
        isOver.store(true, ordering: .relaxed)
        killing.sync {}
        // The reader gave its connection back, and another may have it.
        try tables.run("DELETE FROM snapshot_fault WHERE k > 1")
        #expect(try fixture.readAtOnce(source, readers: 1).count == SnapshotFixture.rowCount)
    }

    @Test("that is too old is not read on", arguments: TestServer.present)
    func tooOld(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot_fault")
        let (tables, entity) = (fixture.tables, fixture.entity)
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 2, ageMax: .zero, ways: [.lock])
        )
        let error = #expect(throws: MySQLError.self) { try source.connect() }
        #expect(error?.endsReader == false && error?.isRetryable == false)
        #expect(
            error?.description == """
                could not read on on \(tables.settings.serverName): the snapshot is older than 0 s, \
                for which the server has kept every old version of its rows. Start anew with \
                --fresh: with more readers, a longer limit if the server has room, or --consistency \
                chunk.
                """
        )
    }

    @Test("is refused for a table that keeps no old versions", arguments: TestServer.present)
    func engine(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot_fault")
        let (tables, entity) = (fixture.tables, fixture.entity)
        try tables.run("ALTER TABLE snapshot_fault ENGINE=MyISAM")
        var known = entity
        known.definitions = try tables.connection.definitions(of: entity)
        let error = #expect(throws: MySQLError.self) {
            try MySQLSource(
                settings: tables.settings,
                entities: [known],
                snapshot: SnapshotPolicy(connections: 2)
            )
        }
        #expect(error?.message == "table snapshot_fault is kept by MyISAM, which has no snapshots")
    }

    @Test(
        "does not hold a table that was emptied since, and says so",
        arguments: TestServer.present
    )
    func emptied(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot_fault")
        let (tables, entity) = (fixture.tables, fixture.entity)
        var known = entity
        known.definitions = try tables.connection.definitions(of: entity)
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [known],
            snapshot: SnapshotPolicy(connections: 2, ways: [.lock])
        )
        try tables.run("TRUNCATE TABLE snapshot_fault")
        let reader = try source.connect()
        let error = #expect(throws: MySQLError.self) {
            _ = try reader.read(
                entity: 0,
                range: .everything,
                isOrdered: false,
                chunk: ChunkID(entity: 0, attempt: 1),
                first: RowSlab(columnCount: 2)
            ) { $0 }
        }
        #expect(error?.code == 1412)
        #expect(error?.isRetryable == false)
        #expect(error?.hint?.hasPrefix("The table was rebuilt or emptied") == true)
    }
}
