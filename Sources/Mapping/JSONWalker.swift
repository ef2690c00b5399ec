/// The bytes are not the JSON that they should be.
public struct MalformedJSON: Error, Sendable, Equatable {
    public init() {}
}

/// Walks over JSON in a buffer without building anything: for pages of items, of which a scan has
/// thousands.
///
/// Checks that brackets and strings match and that separators are where they belong; what a string
/// holds is not looked at. The buffer must not change while it is walked over.
public struct JSONWalker {
    /// How deep arrays and objects may lie in one another: an item has 64 levels at most.
    private static let depthMax = 128

    private let buffer: ByteBuffer
    let text: Bytes
    public internal(set) var position: Int

    public init(_ buffer: ByteBuffer, at position: Int = 0) {
        self.buffer = buffer
        text = buffer.bytes
        self.position = position
    }

    /// Calls `visit` with the name of each member (the range of its bytes, as written) of the object
    /// that comes next; `visit` must pass over the value.
    public mutating func members(
        _ visit: (inout JSONWalker, Range<Int>) throws(MalformedJSON) -> Void
    ) throws(MalformedJSON) {
        try expect(0x7b)
        if try take(0x7d) { return }
        repeat {
            guard try peek() == 0x22 else { throw MalformedJSON() }
            let name = try string().range
            try expect(0x3a)
            try visit(&self, name)
        } while try takesComma(before: 0x7d)
    }

    /// Calls `visit` at each element of the array that comes next; `visit` must pass over it.
    public mutating func elements(
        _ visit: (inout JSONWalker) throws(MalformedJSON) -> Void
    ) throws(MalformedJSON) {
        try expect(0x5b)
        if try take(0x5d) { return }
        repeat { try visit(&self) } while try takesComma(before: 0x5d)
    }

    /// Passes over the value that comes next, whatever it is.
    ///
    /// - Returns: where it lies.
    @discardableResult
    public mutating func skip() throws(MalformedJSON) -> Range<Int> {
        _ = try peek()
        let start = position
        // One bit a level: set for an object.
        var levels: UInt128 = 0
        var depth = 0
        repeat {
            let byte = try peek()
            switch byte {
            case 0x7b, 0x5b:
                guard depth < Self.depthMax else { throw MalformedJSON() }
                levels = levels << 1 | (byte == 0x7b ? 1 : 0)
                depth += 1
                position += 1
            case 0x7d, 0x5d:
                guard depth > 0, (levels & 1 == 1) == (byte == 0x7d) else { throw MalformedJSON() }
                levels >>= 1
                depth -= 1
                position += 1
            case 0x22: _ = try string()
            case 0x2c, 0x3a:
                guard depth > 0 else { throw MalformedJSON() }
                position += 1
            default: try skipWord()
            }
        } while depth > 0
        return start..<position
    }

    /// The number that comes next; 0 for one that no `Double` holds.
    public mutating func number() throws(MalformedJSON) -> Double {
        let range = try skip()
        guard let number = Double(string(range)) else { throw MalformedJSON() }
        return number.isFinite ? number : 0
    }

    /// Fails if anything but white space is left.
    public mutating func end() throws(MalformedJSON) {
        while position < text.count {
            guard Self.isSpace(text[position]) else { throw MalformedJSON() }
            position += 1
        }
    }

    /// Whether `null` comes next.
    public var isNull: Bool {
        var copy = self
        do throws(MalformedJSON) {
            return try copy.peek() == 0x6e
        } catch {
            return false
        }
    }

    /// Whether the bytes of a range are `word`.
    public func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        let bytes = text.slice(range.lowerBound, range.upperBound)
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            if unsafe bytes[index] != word.utf8Start[index] { return false }
        }
        return true
    }

    private func string(_ range: Range<Int>) -> String {
        String(decoding: buffer.array(range), as: UTF8.self)
    }

    // MARK: Tokens

    /// The next byte that is no white space, not yet taken; fails at the end of the text.
    @inline(__always)
    mutating func peek() throws(MalformedJSON) -> UInt8 {
        while position < text.count {
            let byte = text[position]
            if !Self.isSpace(byte) { return byte }
            position += 1
        }
        throw MalformedJSON()
    }

    /// Takes the next byte that is no white space, which must be `byte`.
    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(MalformedJSON) {
        guard try peek() == byte else { throw MalformedJSON() }
        position += 1
    }

    /// Takes the next byte that is no white space if it is `byte`.
    @inline(__always)
    mutating func take(_ byte: UInt8) throws(MalformedJSON) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    /// After an element or a member: takes the comma and answers true, or the closing `bracket`
    /// and answers false.
    @inline(__always)
    mutating func takesComma(before bracket: UInt8) throws(MalformedJSON) -> Bool {
        let byte = try peek()
        guard byte == 0x2c || byte == bracket else { throw MalformedJSON() }
        position += 1
        return byte == 0x2c
    }

    /// Takes a string, whose opening quote is next.
    ///
    /// - Returns: where the bytes between the quotes lie, and whether there is an escape among them.
    @inline(__always)
    mutating func string() throws(MalformedJSON) -> (range: Range<Int>, hasEscape: Bool) {
        position += 1
        let start = position
        var hasEscape = false
        while position < text.count {
            // What is read behind the text is not part of it, whatever it is.
            let word = unsafe UInt64(littleEndian: Bytes.load(text.base + position))
            let marks =
                Self.zeroBytes(word ^ 0x2222_2222_2222_2222)
                | Self.zeroBytes(word ^ 0x5c5c_5c5c_5c5c_5c5c)
            guard marks != 0 else {
                position += 8
                continue
            }
            position += marks.trailingZeroBitCount >> 3
            guard position < text.count else { break }
            if text[position] == 0x22 {
                position += 1
                return (start..<position - 1, hasEscape)
            }
            hasEscape = true
            position += 2
        }
        throw MalformedJSON()
    }

    /// Takes `true`, `false`, `null` or a number, unseen.
    private mutating func skipWord() throws(MalformedJSON) {
        let start = position
        while position < text.count {
            switch text[position] {
            case 0x30...0x39, 0x61...0x7a, 0x41...0x5a, 0x2b, 0x2d, 0x2e: position += 1
            default:
                guard position > start else { throw MalformedJSON() }
                return
            }
        }
        guard position > start else { throw MalformedJSON() }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    /// The high bit of each byte that is zero, exact up to the first of them.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}
