@unsafe @preconcurrency import Glibc

/// Whole files, and the two streams.
enum Files {
    static func read(_ path: String) throws -> [UInt8] {
        guard let file = unsafe fopen(path, "rb") else { throw failure("read", path) }
        defer { unsafe fclose(file) }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe fread(&block, 1, block.count, file)
            if count == 0 { break }
            content += block[..<count]
        }
        if unsafe ferror(file) != 0 { throw failure("read", path) }
        return content
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "wb") else { throw failure("write", path) }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        let isClosed = unsafe fclose(file) == 0
        guard written == bytes.count, isClosed else { throw failure("write", path) }
    }

    /// One line on standard error, beside what others may read from standard output.
    static func complain(_ text: String) {
        unsafe fputs("benchmarks: \(text)\n", stderr)
    }

    private static func failure(_ verb: String, _ path: String) -> UsageError {
        UsageError("cannot \(verb) \(path): \(unsafe String(cString: strerror(errno)))")
    }
}
