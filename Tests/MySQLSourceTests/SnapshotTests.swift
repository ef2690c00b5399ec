import Dispatch
import Mapping
import Pipeline
import Synchronization
import Testing

@testable import MySQLSource

@Suite("A snapshot over several connections", .enabled(if: TestServer.isAnyPresent), .serialized)
struct SnapshotTests {
    @Test(
        "by lock is of one moment, while somebody writes all the time",
        arguments: TestServer.present
    )
    func byLock(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot")
        let (tables, entity) = (fixture.tables, fixture.entity)
        let isOver = Atomic(false)
        let writer = DispatchQueue(label: "test.writer")
        let settings = tables.settings
        writer.async {
            guard let connection = try? MySQLConnection(settings, purpose: .definition) else {
                return
            }
            while !isOver.load(ordering: .relaxed) {
                try? connection.execute(
                    "UPDATE snapshot SET version = version + 1",
                    operation: "test"
                )
            }
        }
        defer {
            isOver.store(true, ordering: .relaxed)
            writer.sync {}
        }
        let source = try MySQLSource(
            settings: settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 5, ways: [.lock])
        )
        #expect(source.readersMax == 4)
        guard case .lock(let position) = source.snapshotMethod else {
            Issue.record("\(source.snapshotMethod?.description ?? "none")")
            return
        }
        #expect(try fixture.hasLog() == (position != nil))
        let rows = try fixture.readAtOnce(source, readers: 4)
        #expect(rows.count == SnapshotFixture.rowCount)
        #expect(Set(rows.map { $0.split(separator: "|")[1] }).count == 1)
        // The lock is gone.
        try tables.run("INSERT INTO snapshot VALUES (-5, 0)")
        isOver.store(true, ordering: .relaxed)
        writer.sync {}
        #expect(try fixture.readAtOnce(source, readers: 1) == rows)
    }

    @Test("by the log's position is of one moment", arguments: TestServer.present)
    func byPosition(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot")
        let (tables, entity) = (fixture.tables, fixture.entity)
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 4, ways: [.binlogPosition])
        )
        if try fixture.hasLog() {
            guard case .binlogPosition(let position) = source.snapshotMethod else {
                Issue.record("\(source.snapshotMethod?.description ?? "none")")
                return
            }
            #expect(!position.file.isEmpty && !position.offset.isEmpty)
            #expect(source.readersMax == 3)
        } else {
            #expect(
                source.snapshotMethod
                    == .singleConnection(reason: "the server has no binary log")
            )
            #expect(source.readersMax == 1)
        }
        try fixture.expectOneMoment(source)
    }

    @Test("is refused where the log never rests", arguments: TestServer.present)
    func neverRests(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot")
        let (tables, entity) = (fixture.tables, fixture.entity)
        guard try fixture.hasLog() else { return }
        let isOver = Atomic(false)
        let writer = DispatchQueue(label: "test.writer", attributes: .concurrent)
        let settings = tables.settings
        for number in 1...2 {
            writer.async {
                guard let connection = try? MySQLConnection(settings, purpose: .definition) else {
                    return
                }
                while !isOver.load(ordering: .relaxed) {
                    try? connection.execute(
                        "UPDATE snapshot SET version = version + 1 WHERE k = \(number)",
                        operation: "test"
                    )
                }
            }
        }
        defer {
            isOver.store(true, ordering: .relaxed)
            writer.sync(flags: .barrier) {}
        }
        // MariaDB takes eight snapshots between two commits by luck, or while the writers are not there
        // yet or get no processor.
        let policy = SnapshotPolicy(connections: 8, tries: 1, ways: [.binlogPosition])
        let end = ContinuousClock.now + .seconds(60)
        let error = #expect(throws: MySQLError.self) {
            while ContinuousClock.now < end {
                _ = try MySQLSource(settings: settings, entities: [entity], snapshot: policy)
            }
        }
        #expect(
            error?.description == """
                could not open a snapshot on several connections on \(settings.serverName): the \
                binary log moved each of 1 times. Grant the account RELOAD (for FLUSH TABLES WITH \
                READ LOCK), stop the writers for a moment, or read over one connection: --readers 1.
                """
        )
    }

    @Test("is on one connection where the account may do neither", arguments: TestServer.present)
    func withoutPrivilege(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot")
        let (tables, entity) = (fixture.tables, fixture.entity)
        let account = try TestAccount(tables, "unglue_plain", grants: ["SELECT"])
        let source = try MySQLSource(
            settings: account.settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 4)
        )
        let method = try #require(source.snapshotMethod)
        switch method {
        case .singleConnection(let reason):
            #expect(source.readersMax == 1)
            #expect(reason.hasPrefix("the account may not lock the tables: Access denied"))
        case .binlogPosition:
            // MariaDB tells every account.
            #expect(try server == .mariadb && fixture.hasLog())
        case .lock:
            Issue.record("an account without RELOAD has locked the tables")
        }
        try fixture.expectOneMoment(source)
    }

    @Test("does not wait for ever for the lock", arguments: TestServer.present)
    func lockIsTaken(server: TestServer) throws {
        let fixture = try SnapshotFixture(server, "snapshot")
        let (tables, entity) = (fixture.tables, fixture.entity)
        let other = try MySQLConnection(tables.settings, purpose: .definition)
        try other.execute("LOCK TABLES snapshot WRITE", operation: "test")
        let source = try MySQLSource(
            settings: tables.settings,
            entities: [entity],
            snapshot: SnapshotPolicy(connections: 3, lockWaitSeconds: 1, ways: [.lock])
        )
        #expect(
            source.snapshotMethod
                == .singleConnection(
                    reason: "statements that run kept the read lock from us for 1 s"
                )
        )
        try other.execute("UNLOCK TABLES", operation: "test")
        try fixture.expectOneMoment(source)
    }

    @Test("takes positions for one only where all of them are")
    func positions() {
        let (a, b) = (
            BinlogPosition(file: "log.1", offset: "4", gtids: "x:1-5"),
            BinlogPosition(file: "log.1", offset: "4", gtids: "x:1-6")
        )
        #expect(SnapshotOpening.common([a, a, a]) == a)
        #expect(SnapshotOpening.common([a, a, b]) == nil)
        #expect(SnapshotOpening.common([a, nil]) == nil)
        #expect(SnapshotOpening.common([nil, nil]) == nil)
        #expect(SnapshotOpening.common([]) == nil)
        #expect("\(SnapshotMethod.binlogPosition(a))" == "binary log unmoved at log.1:4 (x:1-5)")
        #expect("\(SnapshotMethod.lock(nil))" == "lock")
        #expect(
            "\(SnapshotMethod.singleConnection(reason: "none"))" == "single connection (none)"
        )
    }
}
