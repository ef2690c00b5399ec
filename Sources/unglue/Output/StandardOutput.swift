import Contract
import Glibc

/// What went wrong while writing to a descriptor.
struct OutputError: Error, Sendable, Equatable, CustomStringConvertible {
    var code: Int32
    var description: String { "cannot write the output: \(SystemError.text(code))" }
}

/// Writes to file descriptors, whole or with an error.
///
/// SIGPIPE is ignored by the process, so a closed pipe is the error EPIPE here.
enum Descriptor {
    static func write(_ bytes: [UInt8], to descriptor: Int32) throws(OutputError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + written },
                    bytes.count - written
                )
            }
            let failure = errno
            if count > 0 {
                written += count
            } else if failure == EAGAIN {
                // The terminal or pipe was made non-blocking by somebody who shares it: wait for it.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe Glibc.poll(&poll, 1, 1000)
            } else if failure != EINTR {
                throw OutputError(code: failure)
            }
        }
    }
}

/// Standard output: the result of a command and nothing else.
struct StandardOutput: Sendable {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes a JSON document, harmless on a terminal whatever its strings hold.
    func write(_ document: JSONValue) throws(OutputError) {
        try write(json: document.serialized(pretty: true))
    }

    /// Writes JSON text in the same way.
    func write(json text: String) throws(OutputError) {
        try write(Neutral.json(text))
    }

    /// Writes text, with a line end behind it if it has none.
    func write(_ text: String) throws(OutputError) {
        var bytes = Array(text.utf8)
        if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        try Descriptor.write(bytes, to: STDOUT_FILENO)
    }
}
