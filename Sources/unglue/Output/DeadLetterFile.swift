import Contract
import Glibc
import Pipeline
import Synchronization

/// Why dead letters cannot be kept.
struct DeadLetterFileError: Error, Sendable, Equatable, CustomStringConvertible {
    var path: String
    var reason: String

    var description: String {
        "cannot write the dead-letter file \(Neutral.quoted(path)): \(reason)"
    }
}

/// The dead-letter file of a run: `STATE/RUN/dead-letters.jsonl`, one JSON line a rejected row.
///
/// It is made with the first letter, so that a clean run leaves no file. It holds whole rows, so
/// only its owner may read it. A line is whole or not there: what a full disk cut off is taken back.
final class DeadLetterFile: DeadLetters {
    private struct State {
        var descriptor: Int32 = -1
        var bytesWritten = 0
        var count = 0
    }

    private let stateDirectory: String
    private let run: String
    private let state = Mutex(State())

    /// - Parameters:
    ///   - stateDirectory: `--state`.
    ///   - run: the run's name; names the directory in it.
    init(stateDirectory: String, run: String) {
        // With a slash behind it, even a name that is a symbolic link would be followed.
        var directory = stateDirectory
        while directory.count > 1, directory.last == "/" { directory.removeLast() }
        self.stateDirectory = directory
        self.run = run
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { _ = Glibc.close($0.descriptor) } }
    }

    /// Where the file is, or would be.
    var path: String { "\(stateDirectory)/\(run)/dead-letters.jsonl" }

    /// Letters written so far.
    var count: Int { state.withLock { $0.count } }

    func write(_ letter: DeadLetter, attempt: UInt32) throws {
        let line = Array((Neutral.json(Self.line(of: letter)) + "\n").utf8)
        // The lock is held across the write on purpose: it is what keeps lines whole.
        try state.withLock { state in
            if state.descriptor < 0 { state.descriptor = try open() }
            do throws(OutputError) {
                try Descriptor.write(line, to: state.descriptor)
            } catch {
                _ = ftruncate(state.descriptor, state.bytesWritten)
                throw failure(error.code)
            }
            state.bytesWritten += line.count
            state.count += 1
        }
    }

    func sync() throws {
        try state.withLock { state in
            if state.descriptor >= 0, fsync(state.descriptor) != 0 { throw failure(errno) }
        }
    }

    /// Ends the file: what was written is on the disk when this returns.
    ///
    /// Call it once, at the end.
    ///
    /// - Returns: the file's path; nil if there was no letter.
    func close() throws -> String? {
        try state.withLock { state in
            guard state.descriptor >= 0 else { return nil }
            defer { state.descriptor = -1 }
            let synced = fsync(state.descriptor)
            let syncFailure = errno
            let closed = Glibc.close(state.descriptor)
            if synced != 0 { throw failure(syncFailure) }
            if closed != 0 { throw failure(errno) }
            return path
        }
    }

    /// Key and row are JSON already and go in as they are.
    static func line(of letter: DeadLetter) -> String {
        let entity = letter.entity.map { JSONValue.string($0) } ?? .null
        return "{\"table\":\(JSONValue.string(letter.table).serialized())"
            + ",\"entity\":\(entity.serialized())"
            + ",\"key\":\(letter.key)"
            + ",\"reason\":\(JSONValue.string(letter.reason).serialized())"
            + ",\"row\":\(letter.row)}"
    }

    /// Makes the directories and the file.
    ///
    /// No symbolic link is followed at the state directory or below it: somebody else may have put
    /// it there.
    private func open() throws(DeadLetterFileError) -> Int32 {
        try makeParents()
        let directory = try enter(stateDirectory, in: AT_FDCWD)
        defer { _ = Glibc.close(directory) }
        let runDirectory = try enter(run, in: directory)
        defer { _ = Glibc.close(runDirectory) }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe openat(runDirectory, "dead-letters.jsonl", flags, 0o600)
        guard descriptor >= 0 else { throw failure(errno) }
        return descriptor
    }

    private func makeParents() throws(DeadLetterFileError) {
        let parts = stateDirectory.split(separator: "/", omittingEmptySubsequences: true)
        var parent = stateDirectory.hasPrefix("/") ? "/" : ""
        for part in parts.dropLast() {
            parent += part
            guard unsafe mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw failure(errno) }
            parent += "/"
        }
    }

    private func enter(_ name: String, in parent: Int32) throws(DeadLetterFileError) -> Int32 {
        guard unsafe mkdirat(parent, name, 0o700) == 0 || errno == EEXIST else {
            throw failure(errno)
        }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe openat(parent, name, flags)
        guard descriptor >= 0 else {
            let code = errno
            guard code == ELOOP || code == ENOTDIR else { throw failure(code) }
            throw DeadLetterFileError(
                path: path,
                reason: "\(Neutral.quoted(name)) is no directory (a symbolic link is not followed)"
            )
        }
        return descriptor
    }

    private func failure(_ code: Int32) -> DeadLetterFileError {
        DeadLetterFileError(path: path, reason: SystemError.text(code))
    }
}
