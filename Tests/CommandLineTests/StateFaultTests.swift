import Foundation
import Glibc
import TestSupport
import Testing

/// What becomes of the state between two runs: catalogue lines 19 to 27.
@Suite("An unfinished run", .enabled(if: CrashBench.isPossible), .serialized)
struct StateFaultTests {
    /// A bench with a run that was killed when some of it was done and recorded.
    private func unfinished(_ server: SourceServer = .mysql) throws -> CrashBench {
        let bench = try CrashBench(server)
        bench.faults.set { request in
            request.operation == "BatchWriteItem" ? .delay(.milliseconds(100)) : nil
        }
        bench.arguments = ["--readers=1", "--workers=1", "--in-flight=1", "--chunk-rows=100"]
        let process = try bench.start(bench.migration())
        bench.wait(forWrites: 250, of: process)
        usleep(400_000)
        kill(process.processIdentifier, SIGKILL)
        _ = try bench.finish(process)
        bench.faults.set { _ in nil }
        let covered = try bench.expectAcknowledged("unfinished")
        #expect(!covered.isEmpty, "nothing was recorded yet")
        return bench
    }

    /// Expects that the run is refused before anything is read or written, in words that hold
    /// `texts`, and that a fresh one is not.
    private func expectRefusal(_ bench: CrashBench, _ texts: [String], isMended: Bool = true) throws
    {
        let writes = bench.fake.journal.count
        let outcome = try bench.resume()
        #expect([1, 2].contains(outcome.status), "\(outcome)")
        for text in texts { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
        #expect(bench.fake.journal.count == writes)
        if isMended {
            try bench.expectComplete(try bench.resume(["--fresh"]), "fresh")
        }
    }

    @Test("whose state is damaged is refused, with the file's name", arguments: [0, 100, 5000, -1])
    func damaged(offset: Int) throws {
        let bench = try unfinished()
        let path = "\(bench.statePath)/ledger.sqlite"
        for name in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
            // Folded in first, so that the damage is to the only copy.
            _ = name
        }
        let python = ProcessInfo.processInfo.environment["UNGLUE_TEST_PYTHON"] ?? "python3"
        let fold = Process()
        fold.executableURL = URL(fileURLWithPath: python)
        fold.arguments = [
            "-c",
            "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                + "c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); c.close()", path,
        ]
        try fold.run()
        fold.waitUntilExit()
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try file.seekToEnd()
        if offset < 0 {
            try file.truncate(atOffset: size / 2)
        } else {
            let place = offset == 0 ? 0 : min(UInt64(offset), size - 64)
            try file.seek(toOffset: place)
            let bytes = try file.read(upToCount: 64) ?? Data()
            try file.seek(toOffset: place)
            try file.write(contentsOf: Data(bytes.map { ~$0 }))
        }
        try file.close()
        let outcome = try bench.resume()
        if outcome.status == 3 {
            // The bytes belonged to nothing: then nothing may be lost either.
            try bench.expectComplete(outcome, "damage at \(offset) did not matter")
            return
        }
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("ledger.sqlite"), "\(outcome.errors)")
        try FileManager.default.removeItem(atPath: bench.statePath)
        try bench.expectComplete(try bench.resume(), "without the state")
    }

    @Test("whose state was removed is written again in full")
    func removed() throws {
        let bench = try unfinished()
        try FileManager.default.removeItem(atPath: bench.statePath)
        try bench.expectComplete(try bench.resume(), "without the state")
    }

    @Test("whose state is behind a symbolic link is not followed")
    func symbolicLink() throws {
        let bench = try unfinished()
        try FileManager.default.moveItem(
            atPath: bench.statePath,
            toPath: "\(bench.directory.path)/elsewhere"
        )
        try FileManager.default.createSymbolicLink(
            atPath: bench.statePath,
            withDestinationPath: "\(bench.directory.path)/elsewhere"
        )
        try expectRefusal(bench, ["symbolic link"], isMended: false)
    }

    @Test("cannot begin where the state cannot be written, and touches nothing")
    func readOnly() throws {
        let bench = try CrashBench()
        let outcome = try bench.run(
            ["run", "crash.json", "--state=/proc/unglue", "--output=json", "--no-progress"]
        )
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("/proc/unglue"), "\(outcome.errors)")
        #expect(bench.fake.journal.isEmpty)
    }

    @Test("of a contract that has changed is refused with what has changed")
    func contract() throws {
        let bench = try unfinished()
        let changed = CrashBench.contract.replacingOccurrences(
            of: #""source_column": "note""#,
            with: #""source_column": "title""#
        )
        _ = try bench.directory.write(changed, to: "crash.json")
        _ = try bench.run(["views", "crash.json", "--apply"])
        try expectRefusal(bench, ["--fresh", "note", "title"], isMended: false)
        _ = try bench.directory.write(CrashBench.contract, to: "crash.json")
        _ = try bench.run(["views", "crash.json", "--apply"])
        try bench.expectComplete(try bench.resume(), "with the old contract again")
    }

    @Test("of which a base table has changed is refused with what has changed")
    func baseTable() throws {
        let bench = try unfinished()
        try bench.execute("ALTER TABLE \(bench.database).books ADD COLUMN colour VARCHAR(10)")
        try expectRefusal(bench, ["--fresh", "colour"])
    }

    @Test("of which a view has changed is refused")
    func view() throws {
        let bench = try unfinished()
        try bench.execute(
            "CREATE OR REPLACE VIEW \(bench.database).ddb_Authors_view AS SELECT id, "
                + "UPPER(name) AS name, id AS _key_id FROM \(bench.database).authors"
        )
        try expectRefusal(bench, ["ddb_Authors_view"], isMended: false)
    }

    @Test("of which the target table was made anew is refused")
    func targetTable() throws {
        let bench = try unfinished()
        bench.fake.recreate(table: CrashBench.bookTable)
        try expectRefusal(bench, ["--fresh", CrashBench.bookTable])
    }

    @Test("of which the target table is gone is refused, fast")
    func targetGone() throws {
        let bench = try unfinished()
        bench.fake.drop(table: CrashBench.bookTable)
        try expectRefusal(bench, [CrashBench.bookTable], isMended: false)
    }
}
