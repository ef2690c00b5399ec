import Glibc

/// Why a file could not be read: the file, the reason, and what to do.
struct InputFileError: Error, Sendable, Equatable, CustomStringConvertible {
    var path: String
    var reason: String

    var description: String { "cannot read \(Neutral.quoted(path)): \(reason)" }
}

/// Reads whole files that people name: contracts, settings, passwords.
enum InputFile {
    /// Bytes; the largest sensible contract is a hundredth of it.
    static let contractBytesMax = 16 << 20
    static let settingsBytesMax = 1 << 20

    /// What a file says, and who else may read it.
    struct Contents: Sendable, Equatable {
        var bytes: [UInt8]
        /// Whether others than its owner may read it.
        var isSharedWithOthers: Bool
    }

    static func read(_ path: String, bytesMax: Int) throws(InputFileError) -> Contents {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputFileError(path: path, reason: reason(errno)) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw InputFileError(path: path, reason: reason(errno))
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw InputFileError(path: path, reason: "it is a directory, not a file")
        }
        let tooLarge = InputFileError(
            path: path,
            reason: "it is larger than \(bytesMax >> 20) MiB, the most that is read"
        )
        guard status.st_mode & S_IFMT != S_IFREG || status.st_size <= bytesMax else {
            throw tooLarge
        }
        var bytes: [UInt8] = []
        let block = 64 * 1024
        while true {
            let before = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: block))
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress.map { unsafe $0 + before }, block)
            }
            let failure = errno
            bytes.removeLast(block - max(count, 0))
            if count == 0 { break }
            if count < 0, failure == EINTR { continue }
            if count < 0 { throw InputFileError(path: path, reason: reason(failure)) }
            guard bytes.count <= bytesMax else { throw tooLarge }
        }
        return Contents(
            bytes: bytes,
            isSharedWithOthers: status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o077 != 0
        )
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "there is no such file"
        case EACCES, EPERM: "permission denied; this account may not read it"
        case EISDIR: "it is a directory, not a file"
        case ENOTDIR: "a part of the path is a file, not a directory"
        case ELOOP: "its symbolic links lead in a circle"
        default: SystemError.text(code)
        }
    }
}

/// What the system says of an error number.
enum SystemError {
    static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "error \(code)" : String(decoding: bytes, as: UTF8.self)
    }
}
