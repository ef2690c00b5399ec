internal import Glibc

/// The process that writes to a ledger.
public struct LockHolder: Sendable, Equatable, CustomStringConvertible {
    public var processID: Int32
    public var host: String
    /// When it took the lock, as in `2024-02-29T23:59:59Z`.
    public var since: String
    /// What it was started as: `unglue run store.json`.
    public var command: String

    public init(processID: Int32, host: String, since: String, command: String) {
        self.processID = processID
        self.host = host
        self.since = since
        self.command = command
    }

    public var description: String {
        "process \(processID) on \(host) since \(since) (\(command))"
    }

    /// The line that it writes into the lock's file.
    var line: String { "\(processID) \(host) \(since) \(command)\n" }

    /// nil where the text is no such line.
    init?(line: String) {
        let parts = Self.printable(line).split(
            separator: " ",
            maxSplits: 3,
            omittingEmptySubsequences: false
        )
        guard parts.count == 4, let processID = Int32(parts[0]), processID > 0 else { return nil }
        self.init(
            processID: processID,
            host: String(parts[1]),
            since: String(parts[2]),
            command: String(parts[3])
        )
    }

    /// The first line, without anything that would do something to a terminal.
    private static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(400) {
            if scalar == "\n" { break }
            result.unicodeScalars.append((0x20..<0x7F).contains(scalar.value) ? scalar : "?")
        }
        return result
    }
}

/// The exclusive lock on a state directory: `DIR/lock`, locked with flock(2).
///
/// The kernel gives it up with the process, however that ends, so there is no stale lock: the file
/// stays, and what it says of its last holder means nothing once nobody holds the lock.
final class LedgerLock: Sendable {
    /// A reader that looks whether somebody holds the lock has it for an instant, so whoever wants
    /// it tries several times, so many milliseconds apart.
    private static let triesMax = 10
    private static let pauseMilliseconds: UInt32 = 20

    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = close(descriptor) }

    /// Takes the lock or throws who holds it.
    ///
    /// `file` is the lock's file, no part of whose directory is a symbolic link, and `path` what
    /// errors call it.
    static func take(
        file: String,
        path: String,
        command: String,
        now: Int
    ) throws(LedgerError) -> LedgerLock {
        // The file may be taken away between its opening and its locking.
        for _ in 0..<triesMax {
            let descriptor = try open(file, path, O_RDWR | O_CREAT)
            let lock = LedgerLock(descriptor: descriptor)
            try lock.acquire(path)
            guard try isSame(descriptor, file, path) else { continue }
            try lock.write(
                LockHolder(
                    processID: getpid(),
                    host: hostName,
                    since: LedgerTime.text(milliseconds: now),
                    command: command
                ).line,
                path
            )
            return lock
        }
        throw LedgerError(
            .locked,
            operation: "lock",
            path: path,
            message: "somebody keeps taking the file away",
            hint: "leave the state directory to Unglue"
        )
    }

    /// Whether somebody holds the lock now, and who, as far as the file tells.
    enum Standing: Equatable {
        case free
        case held(LockHolder?)
    }

    static func standing(file: String, path: String) throws(LedgerError) -> Standing {
        let descriptor: Int32
        do {
            descriptor = try open(file, path, O_RDONLY)
        } catch {
            if error.code == ENOENT { return .free }
            throw error
        }
        defer { _ = close(descriptor) }
        while flock(descriptor, LOCK_SH | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK else { throw unlockable(code, path) }
            return .held(holder(descriptor))
        }
        return .free
    }

    private func acquire(_ path: String) throws(LedgerError) {
        for attempt in 1... {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK else { throw Self.unlockable(code, path) }
            guard attempt < Self.triesMax else { break }
            usleep(Self.pauseMilliseconds * 1000)
        }
        let holder = Self.holder(descriptor)
        throw LedgerError(
            .locked,
            code: EWOULDBLOCK,
            operation: "lock",
            path: path,
            message: "another Unglue is working here: "
                + (holder.map { "\($0)" } ?? "its name is not in the file yet"),
            hint: "wait for it or stop it; `unglue status` shows how far it is"
        )
    }

    private static func open(
        _ file: String,
        _ path: String,
        _ flags: Int32
    ) throws(LedgerError) -> Int32 {
        let descriptor = unsafe Glibc.open(
            file,
            flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
            0o600
        )
        guard descriptor >= 0 else {
            if errno == ELOOP { throw StatePlace.symbolicLink(path) }
            throw .system(errno, "lock", path, hint: StatePlace.otherDirectoryHint)
        }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            _ = close(descriptor)
            throw StatePlace.notAFile(path)
        }
        return descriptor
    }

    private static func unlockable(_ code: Int32, _ path: String) -> LedgerError {
        .system(
            code,
            "lock",
            path,
            hint: "give --state a directory on a file system that can lock files"
        )
    }

    /// Whether the open file is still the one at its path.
    private static func isSame(
        _ descriptor: Int32,
        _ file: String,
        _ path: String
    ) throws(LedgerError) -> Bool {
        var held = stat()
        var present = stat()
        guard unsafe fstat(descriptor, &held) == 0 else {
            throw .system(errno, "lock", path, hint: StatePlace.otherDirectoryHint)
        }
        guard unsafe lstat(file, &present) == 0 else { return false }
        return held.st_dev == present.st_dev && held.st_ino == present.st_ino
    }

    private func write(_ text: String, _ path: String) throws(LedgerError) {
        var text = text
        let isWritten = text.withUTF8 { bytes in
            guard ftruncate(descriptor, 0) == 0 else { return false }
            let count = unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
            return count == bytes.count
        }
        guard isWritten else {
            throw .system(errno, "lock", path, hint: StatePlace.otherDirectoryHint)
        }
    }

    private static func holder(_ descriptor: Int32) -> LockHolder? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe pread(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        guard count > 0 else { return nil }
        return LockHolder(line: String(decoding: bytes.prefix(count), as: UTF8.self))
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "unknown-host" }
        let text = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return text.isEmpty ? "unknown-host" : text
    }
}
