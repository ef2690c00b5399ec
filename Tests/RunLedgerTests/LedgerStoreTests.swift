import Foundation
import Pipeline
import Testing

@testable import RunLedger

@Suite("the ledger")
struct LedgerStoreTests {
    private static let started = TemporaryDirectory.start

    @Test("holds nothing where nothing was, and a reader makes nothing")
    func empty() throws {
        let directory = try TemporaryDirectory()
        let reader = try directory.store(.reader)
        #expect(try reader.runs() == [])
        #expect(try reader.run("r1") == nil)
        #expect(try !reader.isBeingWritten)
        #expect(try directory.names == [])
        let missing = try LedgerStore(directory: "\(directory.path)/none", access: .reader)
        #expect(try missing.runs() == [])
        #expect(try missing.unfinishedRun(lineage: "l") == nil)
    }

    @Test("lies in files that only their owner may read")
    func modes() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        _ = try store.begin(Sample.run("r1"))
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "lock"] {
            #expect(try directory.mode(of: name) == 0o600, "\(name)")
        }
        #expect(
            try directory.names
                == ["ledger.sqlite", "ledger.sqlite-shm", "ledger.sqlite-wal", "lock"]
        )
    }

    @Test("shows a run that has begun, then what its checkpoints add up to")
    func progress() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let journal = try store.begin(Sample.run("r1"))
        let reader = try directory.store(.reader)
        #expect(try reader.run("r1") == Self.begun)
        #expect(try reader.identity(of: "r1") == Sample.identity)
        #expect(journal.identity == Sample.identity)

        try journal.record(Sample.checkpoint(1, chunks: 2))
        var second = Sample.checkpoint(2, chunks: 2)
        second.chunks.append(Sample.chunk(0, entity: 2))
        second.totals[1] = Sample.totals(requests: 1)
        second.keyLogBytes[1] = 24
        try journal.record(second)

        var run = Self.begun
        run.state = .running
        run.seconds = 0.5
        run.jobs[0] = Self.job("Users", .running, chunks: 4, requests: 2, keyLogBytes: 2304)
        run.jobs[1] = Self.job("Shop", .running, chunks: 1, requests: 1, keyLogBytes: 24)
        #expect(try reader.runs() == [run])
        #expect(
            try reader.entities(of: "r1") == [
                EntitySummary(
                    name: "Users",
                    table: 0,
                    chunks: 4,
                    rowsRead: 400,
                    written: 360,
                    kept: 24,
                    rejected: 16
                ),
                EntitySummary(name: "Shop.ORDER", table: 1),
                EntitySummary(
                    name: "Shop.ITEM",
                    table: 1,
                    chunks: 1,
                    rowsRead: 100,
                    written: 90,
                    kept: 6,
                    rejected: 4
                ),
            ]
        )
        #expect(try reader.isBeingWritten)
    }

    private static let begun = RunSummary(
        run: "r1",
        lineage: "shop.json",
        contractPath: "contracts/shop.json",
        contractName: "shop.json",
        contractDigest: "d1",
        state: .ready,
        started: started,
        updated: started,
        ended: nil,
        seconds: 0,
        mode: .ifAbsent,
        consistency: "chunk",
        options: #"{"readers": 4}"#,
        errors: [],
        jobs: [job("Users", .ready), job("Shop", .ready)]
    )

    private static func job(
        _ name: String,
        _ state: RunState,
        chunks: Int = 0,
        requests: Int = 0,
        keyLogBytes: Int = 0
    ) -> JobSummary {
        var report = TableReport(table: name, state: state)
        report.rowsRead = chunks * 100
        report.itemsWritten = chunks * 90
        report.itemsKept = chunks * 6
        report.rejected = chunks * 4
        let totals = Sample.totals(requests: requests)
        report.bytesWritten = totals.bytesWritten
        report.writeUnits = totals.writeUnits
        report.requests = totals.requests
        report.retries = totals.retries
        report.throttles = totals.throttles
        report.seconds = totals.seconds
        return JobSummary(
            targetName: "t-\(name)",
            report: report,
            chunks: chunks,
            keyLogBytes: keyLogBytes
        )
    }

    @Test("keeps what a run reports at its end, to the last key")
    func finish() throws {
        let directory = try TemporaryDirectory()
        let journal = try directory.store().begin(Sample.run("r1"))
        try journal.updateConsistency("snapshot by lock")
        try journal.updateState(.running)
        try journal.record(Sample.checkpoint(1, chunks: 2))
        var users = TableReport(table: "Users", state: .partial)
        users.rowsRead = 200
        users.itemsWritten = 178
        users.itemsKept = 12
        users.duplicates = 2
        users.rejected = 8
        users.writeUnits = 0.1 + 0.2
        users.duplicateKeys = [DuplicateKey(key: #"{"PK":{"S":"a\"\u0000é"}}"#, rows: 3)]
        let shop = TableReport(table: "Shop", state: .succeeded)
        try journal.finish(.partial, jobs: [users, shop], errors: ["one", "two\n"], seconds: 1.25)

        let run = try #require(try directory.store(.reader).run("r1"))
        #expect(run.state == .partial)
        #expect(run.jobs.map(\.report) == [users, shop])
        #expect(run.jobs.map(\.chunks) == [2, 0])
        #expect(run.errors == ["one", "two\n"])
        #expect(run.seconds == 1.25)
        #expect(run.ended == Self.started)
        #expect(run.consistency == "snapshot by lock")
        #expect(!run.isUnfinished)
    }

    @Test("lists runs newest first, whatever the clock says, and at most so many")
    func order() throws {
        let directory = try TemporaryDirectory()
        for (index, now) in [3000, 2000, 1000].enumerated() {
            let store = try directory.store(now: now)
            try store.begin(Sample.run("r\(index)"))
                .finish(.succeeded, jobs: [], errors: [], seconds: 1)
        }
        let reader = try directory.store(.reader)
        #expect(try reader.runs().map(\.run) == ["r2", "r1", "r0"])
        #expect(try reader.runs(limit: 2).map(\.run) == ["r2", "r1"])
        #expect(
            try reader.runs().map(\.jobs[0].report.state) == [.succeeded, .succeeded, .succeeded]
        )
    }

    @Test("calls a run interrupted that says it runs while nobody writes")
    func interrupted() throws {
        let directory = try TemporaryDirectory()
        try directory.store().begin(Sample.run("r1")).record(Sample.checkpoint(1, chunks: 1))
        let run = try #require(try directory.store(.reader).run("r1"))
        #expect(run.state == .interrupted)
        #expect(run.jobs.map(\.report.state) == [.interrupted, .interrupted])
        #expect(run.isUnfinished)
        // Whoever writes next puts it down, before a run of its own begins.
        let store = try directory.store(now: Self.started + 5000)
        _ = try store.begin(Sample.run("r2"))
        let runs = try directory.store(.reader).runs()
        #expect(runs.map(\.state) == [.ready, .interrupted])
        #expect(runs[1].ended == Self.started)
        #expect(runs[1].jobs.map(\.report.rowsRead) == [100, 0])
    }

    @Test("finds the newest run of a lineage, if that is unfinished")
    func unfinished() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        try store.begin(Sample.run("r1")).finish(.failed, jobs: [], errors: ["x"], seconds: 1)
        #expect(try store.unfinishedRun(lineage: "shop.json")?.run == "r1")
        #expect(try store.unfinishedRun(lineage: "shop.json", contractDigest: "d1")?.run == "r1")
        #expect(try store.unfinishedRun(lineage: "shop.json", contractDigest: "d2") == nil)
        #expect(try store.unfinishedRun(lineage: "SHOP.json") == nil)
        try store.begin(Sample.run("r2", digest: "d2"))
            .finish(.succeeded, jobs: [], errors: [], seconds: 1)
        #expect(try store.unfinishedRun(lineage: "shop.json") == nil)
        #expect(try store.unfinishedRun(lineage: "shop.json", contractDigest: "d1")?.run == "r1")
        let journal = try store.begin(Sample.run("r3"))
        try journal.finish(.interrupted, jobs: [], errors: [], seconds: 1)
        #expect(try store.unfinishedRun(lineage: "shop.json")?.run == "r3")
    }

    @Test("refuses a second run of one name, and to go on with one that is finished or unknown")
    func refusals() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        try store.begin(Sample.run("r1")).finish(.succeeded, jobs: [], errors: [], seconds: 1)
        let path = "\(directory.path)/ledger.sqlite"
        #expect(
            LedgerError.message { _ = try store.begin(Sample.run("r1")) } == """
                could not begin a run in '\(path)': there is a run named r1 already; \
                start again, with another name
                """
        )
        #expect(
            LedgerError.message { _ = try store.resume("r1") } == """
                could not resume the run r1 from '\(path)': it has succeeded; begin a new run
                """
        )
        #expect(
            LedgerError.message { _ = try store.resume("r2") } == """
                could not find the run r2 in '\(path)': there is none of this name; \
                `unglue status` lists the runs
                """
        )
        // None of them has left anything behind.
        #expect(try store.runs().map(\.run) == ["r1"])
        _ = try store.begin(Sample.run("r2"))
    }

    @Test("takes back the whole of a checkpoint of which a chunk contradicts another")
    func contradiction() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let journal = try store.begin(Sample.run("r1"))
        try journal.record(Sample.checkpoint(1, chunks: 2))
        let before = try store.runs()
        var bad = Sample.checkpoint(2, chunks: 2)
        bad.chunks[1].attempt = 1
        #expect(
            LedgerError.message { try journal.record(bad) } == """
                could not record a checkpoint in '\(directory.path)/ledger.sqlite': UNIQUE \
                constraint failed: chunks.run, chunks.attempt (SQLite error 2067); this is a \
                mistake in Unglue: please report it
                """
        )
        #expect(try store.runs() == before)
        try journal.record(Sample.checkpoint(2, chunks: 2))
        #expect(try store.run("r1")?.jobs[0].chunks == 4)
    }

    @Test("is read whole while it is written")
    func concurrentReader() async throws {
        let directory = try TemporaryDirectory()
        let journal = try directory.store().begin(Sample.run("r1"))
        let path = directory.path
        async let seen = Self.watch(path)
        for number in 1...200 { try journal.record(Sample.checkpoint(number, chunks: 3)) }
        try journal.finish(.succeeded, jobs: [], errors: [], seconds: 50)
        let counts = try await seen
        #expect(counts == counts.sorted())
        #expect(counts.allSatisfy { $0.isMultiple(of: 3) })
        #expect(counts.last == 600)
    }

    /// The chunks that a reader sees, look after look, until the run is over.
    private static func watch(_ directory: String) async throws -> [Int] {
        let reader = try LedgerStore(directory: directory, access: .reader)
        var counts: [Int] = []
        while true {
            let run = try #require(try reader.run("r1"))
            let chunks = run.jobs[0].chunks
            #expect(run.jobs[0].report.rowsRead == chunks * 100)
            if counts.last != chunks { counts.append(chunks) }
            if run.state == .succeeded { return counts }
            #expect(run.state == .ready || run.state == .running)
            await Task.yield()
        }
    }
}

extension TemporaryDirectory {
    func mode(of name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
        return try #require(attributes[.posixPermissions] as? Int)
    }
}
