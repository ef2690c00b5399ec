import Glibc
import Pipeline
import Synchronization

/// The files of a run in its directory: scratch files, and the key logs, which are kept.
///
/// Scratch files are unlinked as soon as they are open: nothing is left behind, however the process
/// ends.
struct SpillDirectory: SpillSpace {
    private static let files = Atomic<Int>(0)

    let directory: String

    static func keyLogPath(_ directory: String, _ table: Int) -> String {
        "\(directory)/keys-\(table).log"
    }

    /// `keys-0.log`, by the table's index in the run; it is made where it is not there.
    func keyLog(table: Int) throws -> any DurableFile {
        let path = Self.keyLogPath(directory, table)
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw SpillError(operation: "open the key log \(path)", code: errno)
        }
        return OpenFile(descriptor: descriptor)
    }

    func makeFile() throws -> any SpillFile {
        // A name that nobody else has: the process's own, and a number within it.
        let number = Self.files.add(1, ordering: .relaxed).newValue
        let path = "\(directory)/spill-\(getpid())-\(number)"
        // Left by a process of the same number that died between its open and its unlink.
        _ = unsafe unlink(path)
        let descriptor = unsafe open(
            path,
            O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
            0o600
        )
        guard descriptor >= 0 else {
            throw SpillError(operation: "make the scratch file \(path)", code: errno)
        }
        _ = unsafe unlink(path)
        return OpenFile(descriptor: descriptor)
    }
}

/// A failure of scratch space.
///
/// The run cannot go on without it: see `KeyIndex`.
struct SpillError: Error, CustomStringConvertible {
    var operation: String
    var code: Int32

    var description: String {
        """
        could not \(operation): \(unsafe String(cString: strerror(code))); the keys of a run are \
        kept there to find duplicates: give the state directory 12 bytes a row and start again
        """
    }
}

private final class OpenFile: DurableFile {
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func sync() throws {
        guard fdatasync(descriptor) == 0 else {
            throw SpillError(operation: "bring the key log to the disk", code: errno)
        }
    }

    func truncate(to count: Int) throws {
        guard ftruncate(descriptor, count) == 0 else {
            throw SpillError(operation: "cut the key log to what counts", code: errno)
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(
                    descriptor,
                    $0.baseAddress?.advanced(by: done),
                    bytes.count - done,
                    offset + done
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SpillError(operation: "write scratch data", code: errno) }
            done += count
        }
    }

    func read(count: Int, at offset: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { space, filled in
            while filled < count {
                let received = unsafe pread(
                    descriptor,
                    space.baseAddress?.advanced(by: filled),
                    count - filled,
                    offset + filled
                )
                if received < 0, errno == EINTR { continue }
                guard received > 0 else {
                    failure = received < 0 ? errno : EIO
                    return
                }
                filled += received
            }
        }
        guard failure == 0 else {
            throw SpillError(operation: "read scratch data back", code: failure)
        }
        return bytes
    }
}
