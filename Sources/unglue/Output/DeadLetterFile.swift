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
///
/// A line begins with the number of the chunk attempt that its row was read in. Letters of attempts
/// that broke off are dropped when the run ends or is resumed: their rows are read again.
final class DeadLetterFile: DeadLetters {
    private struct State {
        var descriptor: Int32 = -1
        var bytesWritten = 0
        var count = 0
    }

    static let name = "dead-letters.jsonl"
    static let newName = "dead-letters.jsonl.new"

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
    var path: String { "\(stateDirectory)/\(run)/\(Self.name)" }

    /// Letters written so far.
    var count: Int { state.withLock { $0.count } }

    func write(_ letter: DeadLetter, attempt: UInt32) throws {
        let line = Array((Neutral.json(Self.line(of: letter, attempt: attempt)) + "\n").utf8)
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

    /// Goes on with the file of an earlier process of the run.
    ///
    /// Call it before the first letter. Where there is no such file, nothing happens.
    ///
    /// - Parameter counts: whether the letters of an attempt count still.
    /// - Throws: `DeadLetterFileError`; the file is then as it was.
    func resume(keeping counts: (UInt32) -> Bool) throws {
        try state.withLock { state in
            let directory = try openDirectory()
            defer { _ = Glibc.close(directory) }
            let exists = unsafe faccessat(directory, Self.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
            guard exists else { return }
            try rewrite(in: directory, &state, keeping: counts)
        }
    }

    /// Ends the file: what was written is on the disk when this returns.
    ///
    /// Call it once, at the end.
    ///
    /// - Parameter broken: attempts whose letters do not count.
    /// - Returns: the file's path; nil if there is no letter.
    /// - Throws: `DeadLetterFileError`.
    func close(dropping broken: Set<UInt32> = []) throws -> String? {
        try state.withLock { state in
            guard state.descriptor >= 0 else { return nil }
            if !broken.isEmpty {
                let directory = try openDirectory()
                defer { _ = Glibc.close(directory) }
                try rewrite(in: directory, &state) { !broken.contains($0) }
            }
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
    static func line(of letter: DeadLetter, attempt: UInt32) -> String {
        let entity = letter.entity.map { JSONValue.string($0) } ?? .null
        return "{\"attempt\":\(attempt),\"table\":\(JSONValue.string(letter.table).serialized())"
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
        let runDirectory = try openDirectory()
        defer { _ = Glibc.close(runDirectory) }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe openat(runDirectory, Self.name, flags, 0o600)
        guard descriptor >= 0 else { throw failure(errno) }
        return descriptor
    }

    /// `STATE/RUN`, made where it is not there.
    private func openDirectory() throws(DeadLetterFileError) -> Int32 {
        try makeParents()
        let directory = try enter(stateDirectory, in: AT_FDCWD)
        defer { _ = Glibc.close(directory) }
        return try enter(run, in: directory)
    }

    /// Puts a file in the place of this one that has only the letters that count, and goes on with
    /// it; whatever happens meanwhile, one of the two is there, whole.
    private func rewrite(
        in directory: Int32,
        _ state: inout State,
        keeping counts: (UInt32) -> Bool
    ) throws {
        let old = unsafe openat(directory, Self.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard old >= 0 else { throw failure(errno) }
        defer { _ = Glibc.close(old) }
        _ = unsafe unlinkat(directory, Self.newName, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        let new = unsafe openat(directory, Self.newName, flags, 0o600)
        guard new >= 0 else { throw failure(errno) }
        var next = State(descriptor: new)
        do {
            var lines = DeadLetterLines(descriptor: old)
            while let line = try lines.next() {
                guard let attempt = DeadLetterLines.attempt(of: line), counts(attempt) else {
                    continue
                }
                try Descriptor.write(line, to: new)
                next.bytesWritten += line.count
                next.count += 1
            }
            guard fsync(new) == 0 else { throw failure(errno) }
        } catch let error as OutputError {
            _ = Glibc.close(new)
            throw failure(error.code)
        }
        if state.descriptor >= 0 { _ = Glibc.close(state.descriptor) }
        state = next
        if state.count == 0 {
            // A file without letters would say that a row was rejected.
            _ = unsafe unlinkat(directory, Self.newName, 0)
            _ = unsafe unlinkat(directory, Self.name, 0)
            _ = Glibc.close(new)
            state.descriptor = -1
            return
        }
        guard unsafe renameat(directory, Self.newName, directory, Self.name) == 0,
            fsync(directory) == 0
        else { throw failure(errno) }
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
