import Dispatch
import Foundation
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import RunLedger

@Suite("a process that ends while it writes")
struct CrashTests {
    /// Chunks of every checkpoint here.
    static let chunks = 7

    @Test("by kill -9 at any moment leaves whole checkpoints, and all that were acknowledged")
    func killed() async throws {
        let directory = try TemporaryDirectory()
        try directory.write([], to: "acknowledged")
        var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
        var last = 0
        for round in 0..<12 {
            // Now and then late enough that the log is copied into the database.
            let latest = round.isMultiple(of: 4) ? 600_000 : 60_000
            let microseconds = Int.random(in: 0..<latest, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = directory.path as String, microseconds = microseconds as Int] in
                try CrashTests.recordUntilKilled(path, microseconds: microseconds)
            }
            let acknowledged = try directory.bytes("acknowledged").count
            let store = try directory.store()
            guard let run = try store.run("r1") else {
                #expect(acknowledged == 0)
                continue
            }
            #expect(run.state == .interrupted)
            let point = try store.resume("r1").point
            let checkpoints = point.totals[0].requests
            let place: Comment = "round \(round), killed after \(microseconds) µs"
            #expect(point.chunks[0].count == checkpoints * Self.chunks, place)
            #expect(point.chunks[0] == (0..<checkpoints * Self.chunks).map { Sample.chunk($0) })
            #expect(point.keyLogBytes[0] == checkpoints * 1152, place)
            #expect(run.jobs[0].report.rowsRead == checkpoints * Self.chunks * 100, place)
            // A byte is written after each acknowledgement, so at most one more was recorded.
            #expect(checkpoints >= last && checkpoints >= acknowledged, place)
            #expect(checkpoints <= acknowledged + round + 1, place)
            last = checkpoints
        }
        #expect(last > 0)
    }

    /// Begins or resumes the run `r1` and records checkpoints until the process kills itself.
    static func recordUntilKilled(_ path: String, microseconds: Int) throws {
        let killer = DispatchQueue(label: "killer")
        killer.asyncAfter(deadline: .now() + .microseconds(microseconds)) {
            kill(getpid(), SIGKILL)
        }
        let store = try LedgerStore(directory: path, access: .writer(command: "unglue"))
        let journal: RunJournal
        var number = 1
        if try store.run("r1") == nil {
            journal = try store.begin(Sample.run("r1"))
        } else {
            let (resumed, point) = try store.resume("r1")
            journal = resumed
            number = point.totals[0].requests + 1
        }
        let acknowledged = try #require(FileHandle(forWritingAtPath: "\(path)/acknowledged"))
        try acknowledged.seekToEnd()
        while true {
            try journal.record(Sample.checkpoint(number, chunks: chunks))
            try acknowledged.write(contentsOf: [UInt8(ascii: ".")])
            number += 1
        }
    }

    @Test("by kill -9 while the ledger is made leaves one or none, and the next process goes on")
    func killedWhileMade() async throws {
        var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<6 {
            let directory = try TemporaryDirectory()
            let microseconds = Int.random(in: 0..<8_000, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = directory.path as String, microseconds = microseconds as Int] in
                DispatchQueue(label: "killer").asyncAfter(
                    deadline: .now() + .microseconds(microseconds)
                ) { kill(getpid(), SIGKILL) }
                while true {
                    _ = try LedgerStore(directory: path, access: .writer(command: "unglue"))
                    for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
                        _ = unsafe unlink("\(path)/\(name)")
                    }
                }
            }
            #expect(try directory.store(.reader).runs() == [])
            _ = try directory.store().begin(Sample.run("r1"))
        }
    }

    @Test("by a failed fsync has told of it, and has written nothing after it")
    func failedSync() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            DiskFault.install()
            let store = try LedgerStore(directory: path, access: .writer(command: "unglue"))
            let journal = try store.begin(Sample.run("r1"))
            for number in 1...3 {
                try journal.record(Sample.checkpoint(number, chunks: CrashTests.chunks))
            }
            DiskFault.sync.store(true, ordering: .relaxed)
            let expected = """
                could not record a checkpoint in '\(path)/ledger.sqlite': the disk failed: disk \
                I/O error (SQLite error 1034); the last checkpoint is intact, but see to the disk \
                before the same command is run again
                """
            let fourth = Sample.checkpoint(4, chunks: CrashTests.chunks)
            #expect(LedgerError.message { try journal.record(fourth) } == expected)
            // The kernel now says that all is well; it is not tried again.
            DiskFault.sync.store(false, ordering: .relaxed)
            #expect(LedgerError.message { try journal.record(fourth) } == expected)
            #expect(
                LedgerError.message {
                    try journal.finish(.failed, jobs: [], errors: [], seconds: 1)
                } == expected
            )
            #expect(try store.run("r1")?.jobs[0].chunks == 3 * CrashTests.chunks)
        }
        try confirmIntact(directory)
    }

    @Test("on a full disk has kept the last checkpoint, and may still say why it failed")
    func fullDisk() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            DiskFault.install()
            let store = try LedgerStore(directory: path, access: .writer(command: "unglue"))
            let journal = try store.begin(Sample.run("r1"))
            for number in 1...3 {
                try journal.record(Sample.checkpoint(number, chunks: CrashTests.chunks))
            }
            DiskFault.space.store(true, ordering: .relaxed)
            let fourth = Sample.checkpoint(4, chunks: CrashTests.chunks)
            for _ in 0..<2 {
                #expect(
                    LedgerError.message { try journal.record(fourth) } == """
                        could not record a checkpoint in '\(path)/ledger.sqlite': the disk is \
                        full; make room and run the same command again: the last checkpoint is \
                        intact
                        """
                )
            }
            DiskFault.space.store(false, ordering: .relaxed)
            try journal.finish(.failed, jobs: [], errors: ["disk full"], seconds: 1)
        }
        try confirmIntact(directory)
    }

    private func confirmIntact(_ directory: TemporaryDirectory) throws {
        let point = try directory.store().resume("r1").point
        #expect(point.totals[0].requests == 3)
        #expect(point.chunks[0] == (0..<3 * Self.chunks).map { Sample.chunk($0) })
    }
}
