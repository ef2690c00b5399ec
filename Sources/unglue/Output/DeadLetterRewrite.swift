import Glibc
import Pipeline

/// A new dead-letter file that is to take the old one's place: read through the old, keep what
/// stays, then replace it.
///
/// Whatever ends the process, there is the old file or the new one, whole. No symbolic link is
/// followed at the state directory or below it. Used on one thread.
final class DeadLetterRewrite {
    /// Bytes that are written at once.
    private static let blockBytes = 1 << 16

    let path: String
    private let directory: Int32
    private let old: Int32
    private var new: Int32
    private var lines: DeadLetterLines
    private var waiting: [UInt8] = []
    /// Letters that stay.
    private(set) var keptCount = 0

    /// - Parameters:
    ///   - stateDirectory: `--state`.
    ///   - run: the run's name.
    /// - Returns: nil where the run has no dead-letter file.
    /// - Throws: `DeadLetterFileError`.
    static func open(stateDirectory: String, run: String) throws -> DeadLetterRewrite? {
        var parent = stateDirectory
        // With a slash behind it, even a name that is a symbolic link would be followed.
        while parent.count > 1, parent.last == "/" { parent.removeLast() }
        let path = "\(parent)/\(run)/\(DeadLetterFile.name)"
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC
        let state = unsafe Glibc.open(parent, flags | O_DIRECTORY)
        guard state >= 0 else { throw failure(path, errno) }
        defer { _ = Glibc.close(state) }
        let directory = unsafe openat(state, run, flags | O_DIRECTORY)
        if directory < 0, errno == ENOENT { return nil }
        guard directory >= 0 else { throw failure(path, errno) }
        let old = unsafe openat(directory, DeadLetterFile.name, flags)
        guard old >= 0 else {
            let code = errno
            _ = Glibc.close(directory)
            if code == ENOENT { return nil }
            throw failure(path, code)
        }
        return DeadLetterRewrite(path: path, directory: directory, old: old)
    }

    private init(path: String, directory: Int32, old: Int32) {
        self.path = path
        self.directory = directory
        self.old = old
        new = -1
        lines = DeadLetterLines(descriptor: old)
    }

    deinit {
        if new >= 0 {
            // It has not taken the old one's place: nobody needs it.
            _ = unsafe unlinkat(directory, DeadLetterFile.newName, 0)
            _ = Glibc.close(new)
        }
        _ = Glibc.close(old)
        _ = Glibc.close(directory)
    }

    /// The old file's next line with its end; nil behind the last.
    func next() throws -> [UInt8]? {
        do throws(OutputError) {
            return try lines.next()
        } catch {
            throw Self.failure(path, error.code)
        }
    }

    /// Adds a line, which has its end, to the new file.
    func keep(_ line: [UInt8]) throws {
        waiting += line
        keptCount += 1
        if waiting.count >= Self.blockBytes { try writeWaiting() }
    }

    /// Makes sure that the new file is on the disk, beside the old one.
    func sync() throws {
        guard keptCount > 0 else { return }
        try writeWaiting()
        guard fsync(new) == 0 else { throw Self.failure(path, errno) }
    }

    /// Puts the new file in the old one's place, or removes that where no letter is left.
    ///
    /// Call `sync` before it.
    func replace() throws {
        if keptCount == 0 {
            // Of a process that was killed.
            _ = unsafe unlinkat(directory, DeadLetterFile.newName, 0)
            guard unsafe unlinkat(directory, DeadLetterFile.name, 0) == 0 else {
                throw Self.failure(path, errno)
            }
        } else {
            let name = DeadLetterFile.name
            guard unsafe renameat(directory, DeadLetterFile.newName, directory, name) == 0 else {
                throw Self.failure(path, errno)
            }
            _ = Glibc.close(new)
            new = -1
        }
        guard fsync(directory) == 0 else { throw Self.failure(path, errno) }
    }

    private func writeWaiting() throws {
        if new < 0 {
            // Of a process that was killed.
            _ = unsafe unlinkat(directory, DeadLetterFile.newName, 0)
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC
            new = unsafe openat(directory, DeadLetterFile.newName, flags, 0o600)
            guard new >= 0 else { throw Self.failure(path, errno) }
        }
        do throws(OutputError) {
            try Descriptor.write(waiting, to: new)
        } catch {
            throw Self.failure(path, error.code)
        }
        waiting.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String, _ code: Int32) -> DeadLetterFileError {
        DeadLetterFileError(path: path, reason: SystemError.text(code))
    }
}
