import Foundation
import Glibc
import Pipeline
import Synchronization
import Testing

@testable import unglue

@Suite("being asked to stop")
struct StopSignalTests {
    @Test("tells everybody at the first signal, and ends the process at the second")
    func twoSignals() {
        let stop = StopSignal()
        let heard = Mutex<[Int32]>([])
        stop.onStop { signal in heard.withLock { $0.append(signal) } }
        stop.onStop { signal in heard.withLock { $0.append(-signal) } }
        #expect(stop.signal == nil)
        #expect(stop.receive(SIGTERM) == .stopping)
        #expect(stop.signal == SIGTERM)
        #expect(stop.receive(SIGINT) == .exit)
        #expect(heard.withLock { $0 } == [SIGTERM, -SIGTERM])
        #expect(stop.signal == SIGTERM)
    }

    @Test("ends the process at the first signal if nobody can be told")
    func nobody() {
        #expect(StopSignal().receive(SIGINT) == .exit)
    }

    @Test("tells at once who asks late")
    func late() {
        let stop = StopSignal()
        stop.onStop { _ in }
        _ = stop.receive(SIGINT)
        let heard = Mutex<Int32>(0)
        stop.onStop { signal in heard.withLock { $0 = signal } }
        #expect(heard.withLock { $0 } == SIGINT)
    }
}

@Suite("the dead-letter file")
struct DeadLetterFileTests {
    private func letter(_ reason: String = "too large") -> DeadLetter {
        DeadLetter(
            table: "Users",
            entity: "ORDER",
            key: #"{"PK":{"S":"a"}}"#,
            reason: reason,
            row: #"{"id":"1","note":null}"#
        )
    }

    @Test("is not there until a row is rejected")
    func isLazy() throws {
        let directory = try TemporaryDirectory()
        let file = DeadLetterFile(stateDirectory: "\(directory.path)/state", run: "r")
        #expect(try file.close() == nil)
        #expect(!FileManager.default.fileExists(atPath: "\(directory.path)/state"))
    }

    @Test("has one JSON line a row, for its owner's eyes only")
    func isWritten() throws {
        let directory = try TemporaryDirectory()
        let file = DeadLetterFile(stateDirectory: "\(directory.path)/a/state/", run: "r")
        try file.write(letter(), attempt: 4)
        var other = letter("the \"name\"\nis empty")
        other.entity = nil
        try file.write(other, attempt: 0)
        #expect(file.count == 2)
        #expect(try file.close() == "\(directory.path)/a/state/r/dead-letters.jsonl")
        #expect(
            try directory.read("a/state/r/dead-letters.jsonl") == #"""
                {"attempt":4,"table":"Users","entity":"ORDER","key":{"PK":{"S":"a"}},"reason":"too large","row":{"id":"1","note":null}}
                {"attempt":0,"table":"Users","entity":null,"key":{"PK":{"S":"a"}},"reason":"the \"name\"\nis empty","row":{"id":"1","note":null}}

                """#
        )
        for (name, mode) in [
            ("a/state", 0o700), ("a/state/r", 0o700), ("a/state/r/dead-letters.jsonl", 0o600),
        ] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: "\(directory.path)/\(name)"
            )
            #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
        }
    }

    @Test("drops the letters of attempts that do not count, at its end and when it is gone on with")
    func dropsLetters() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/r/dead-letters.jsonl"
        let first = DeadLetterFile(stateDirectory: directory.path, run: "r")
        for attempt: UInt32 in [1, 2, 12, 1] {
            try first.write(letter("attempt \(attempt)"), attempt: attempt)
        }
        #expect(try first.close(dropping: [2]) == path)
        #expect(first.count == 3)
        // What a process leaves that is killed while it writes.
        let torn = try directory.read("r/dead-letters.jsonl") + #"{"attempt":1,"table":"Us"#
        _ = try directory.write(torn, to: "r/dead-letters.jsonl")
        let second = DeadLetterFile(stateDirectory: directory.path, run: "r")
        try second.resume { $0 == 12 }
        try second.write(letter("attempt 13"), attempt: 13)
        #expect(try second.close() == path)
        #expect(
            try directory.read("r/dead-letters.jsonl")
                == [12, 13].map { number in
                    DeadLetterFile.line(of: letter("attempt \(number)"), attempt: number) + "\n"
                }.joined()
        )
        let third = DeadLetterFile(stateDirectory: directory.path, run: "r")
        try third.resume { _ in false }
        #expect(try third.close() == nil)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("keeps lines whole when many threads write at once")
    func isThreadSafe() async throws {
        let directory = try TemporaryDirectory()
        let file = DeadLetterFile(stateDirectory: directory.path, run: "r")
        let letter = letter(String(repeating: "x", count: 5000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { try file.write(letter, attempt: 0) } }
            try await group.waitForAll()
        }
        _ = try file.close()
        let line = DeadLetterFile.line(of: letter, attempt: 0)
        let lines = try directory.read("r/dead-letters.jsonl").split(separator: "\n")
        #expect(lines.count == 200)
        #expect(lines.allSatisfy { $0 == line })
    }

    @Test("never follows a symbolic link", arguments: ["state", "state/r", "state/"])
    func refusesLinks(_ name: String) throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: "\(directory.path)/elsewhere",
            withIntermediateDirectories: false
        )
        if name == "state/r" {
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/state",
                withIntermediateDirectories: false
            )
        }
        let link = name.hasSuffix("/") ? String(name.dropLast()) : name
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/\(link)",
            withDestinationPath: "\(directory.path)/elsewhere"
        )
        let state = name.hasSuffix("/") ? "\(directory.path)/state/" : "\(directory.path)/state"
        let file = DeadLetterFile(stateDirectory: state, run: "r")
        #expect(throws: DeadLetterFileError.self) { try file.write(letter(), attempt: 0) }
        let made = try FileManager.default.contentsOfDirectory(
            atPath: "\(directory.path)/elsewhere"
        )
        #expect(made == [])
    }

    @Test("says where and why it cannot be written")
    func refusal() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("", to: "state")
        let file = DeadLetterFile(stateDirectory: "\(directory.path)/state", run: "r")
        let error = #expect(throws: DeadLetterFileError.self) {
            try file.write(letter(), attempt: 0)
        }
        #expect(
            error?.description
                == "cannot write the dead-letter file '\(directory.path)/state/r/dead-letters.jsonl'"
                + ": '\(directory.path)/state' is no directory (a symbolic link is not followed)"
        )
    }
}

@Suite("files that people name")
struct InputFileTests {
    @Test("are read to their end")
    func isRead() throws {
        let directory = try TemporaryDirectory()
        let text = String(repeating: "0123456789", count: 20_000)
        let path = try directory.write(text, to: "file")
        let contents = try InputFile.read(path, bytesMax: 200_000)
        #expect(contents.bytes == Array(text.utf8))
        #expect(!contents.isSharedWithOthers)
    }

    @Test("are refused with the reason")
    func isRefused() throws {
        let directory = try TemporaryDirectory()
        let large = try directory.write(String(repeating: "x", count: (1 << 20) + 1), to: "large")
        for (path, reason) in [
            ("\(directory.path)/none", "there is no such file"),
            (directory.path, "it is a directory, not a file"),
            ("\(large)/below", "a part of the path is a file, not a directory"),
            (large, "it is larger than 1 MiB, the most that is read"),
            ("/dev/zero", "it is larger than 1 MiB, the most that is read"),
        ] {
            let error = #expect(throws: InputFileError.self) {
                try InputFile.read(path, bytesMax: 1 << 20)
            }
            #expect(error == InputFileError(path: path, reason: reason))
        }
    }
}
