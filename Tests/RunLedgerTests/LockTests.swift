import Foundation
import Pipeline
import Testing

@testable import RunLedger

@Suite("the ledger's lock")
struct LockTests {
    @Test("keeps a second writer out, and names the first")
    func exclusive() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let host = ProcessInfo.processInfo.hostName
        let holder = LockHolder(
            processID: getpid(),
            host: host,
            since: "2026-11-23T00:03:19Z",
            command: "unglue run shop.json"
        )
        let error = #expect(throws: LedgerError.self) { _ = try directory.store() }
        #expect(
            error?.description == """
                could not lock '\(directory.path)/lock': another Unglue is working here: process \
                \(getpid()) on \(host) since 2026-11-23T00:03:19Z (unglue run shop.json); wait for \
                it or stop it; `unglue status` shows how far it is
                """
        )
        #expect(error?.kind == .locked)
        let reader = try directory.store(.reader)
        #expect(try reader.writer == holder)
        #expect(try reader.isBeingWritten)
        withExtendedLifetime(store) {}
    }

    @Test("lasts as long as a journal does, and no longer")
    func lifetime() throws {
        let directory = try TemporaryDirectory()
        let reader = try directory.store(.reader)
        do {
            let journal = try directory.store().begin(Sample.run("r1"))
            #expect(try reader.isBeingWritten)
            withExtendedLifetime(journal) {}
        }
        #expect(try !reader.isBeingWritten)
        #expect(try reader.writer == nil)
        _ = try directory.store()
    }

    @Test("is taken whatever its file says of a process that is gone")
    func stale() throws {
        let directory = try TemporaryDirectory()
        try directory.write(
            Array("1 elsewhere 2020-01-01T00:00:00Z unglue run other.json\n".utf8),
            to: "lock"
        )
        #expect(try !directory.store(.reader).isBeingWritten)
        let store = try directory.store(.writer(command: "c"))
        let host = ProcessInfo.processInfo.hostName
        let line = "\(getpid()) \(host) 2026-11-23T00:03:19Z c\n"
        #expect(try directory.bytes("lock") == Array(line.utf8))
        withExtendedLifetime(store) {}
    }

    @Test("waits for a reader that looks whether it is held")
    func readersLook() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.store()
        let path = directory.path
        let readers = Task.detached {
            let reader = try LedgerStore(directory: path, access: .reader)
            while !Task.isCancelled { _ = try reader.isBeingWritten }
        }
        for _ in 0..<50 { _ = try directory.store() }
        readers.cancel()
        try await readers.value
    }

    static let lines: [(line: String, holder: LockHolder?)] = [
        (
            "12 h t unglue run a b\n",
            LockHolder(processID: 12, host: "h", since: "t", command: "unglue run a b")
        ),
        ("12 h t \n", LockHolder(processID: 12, host: "h", since: "t", command: "")),
        (
            "12 h t \u{1B}[31mé\nmore",
            LockHolder(processID: 12, host: "h", since: "t", command: "?[31m?")
        ),
        ("", nil), ("12 h t", nil), ("-1 h t c", nil), ("x h t c", nil),
    ]

    @Test("says who holds it in one line, which is harmless on a terminal", arguments: lines)
    func holder(_ row: (line: String, holder: LockHolder?)) {
        #expect(LockHolder(line: row.line) == row.holder)
    }

    @Test("still names nobody where the holder has not written its name yet")
    func noName() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        try directory.write([], to: "lock.empty")
        let handle = try #require(FileHandle(forWritingAtPath: "\(directory.path)/lock"))
        try handle.truncate(atOffset: 0)
        #expect(
            LedgerError.message { _ = try directory.store() } == """
                could not lock '\(directory.path)/lock': another Unglue is working here: its name \
                is not in the file yet; wait for it or stop it; `unglue status` shows how far it is
                """
        )
        #expect(try directory.store(.reader).isBeingWritten)
        withExtendedLifetime(store) {}
    }

    @Test("of a file that was taken away and made anew is the new file's")
    func replaced() throws {
        let directory = try TemporaryDirectory()
        let first = try directory.store()
        try FileManager.default.removeItem(atPath: "\(directory.path)/lock")
        // Whoever removes the lock has two writers: SQLite still keeps them apart, and the second
        // has the lock that readers see.
        let second = try directory.store(.writer(command: "second"))
        #expect(try directory.store(.reader).writer?.command == "second")
        withExtendedLifetime((first, second)) {}
    }

    @Test(
        "bears the time to the second",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_709_251_199_999, "2024-02-29T23:59:59Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00Z"),
        ]
    )
    func times(_ row: (Int, String)) {
        #expect(LedgerTime.text(milliseconds: row.0) == row.1)
    }
}
