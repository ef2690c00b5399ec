import Glibc

/// The lines of a dead-letter file, one after another, in bounded memory but for a line.
///
/// A last line without an end, which a process left that was killed while it wrote, is no line.
struct DeadLetterLines {
    private static let blockBytes = 1 << 16

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Where the next line begins in `buffer`.
    private var start = 0

    /// - Parameter descriptor: an open file; it stays its owner's.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The next line with its end; nil at the end of the file.
    mutating func next() throws(OutputError) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start...end])
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            guard try fill() else { return nil }
        }
    }

    private mutating func fill() throws(OutputError) -> Bool {
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        while true {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw OutputError(code: errno) }
            buffer += block.prefix(count)
            return count > 0
        }
    }

    /// The chunk attempt that a letter's row was read in; nil where the line does not say.
    static func attempt(of line: [UInt8]) -> UInt32? {
        let prefix = Array("{\"attempt\":".utf8)
        guard line.starts(with: prefix) else { return nil }
        let digits = line[prefix.count...].prefix { (0x30...0x39).contains($0) }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }
}
