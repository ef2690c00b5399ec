/// Text to JSON string content: validated and escaped in one pass, eight bytes at a time.
///
/// Escaped are `"`, `\` and the control characters below U+0020 (short forms where JSON has them,
/// else `\u00XX`); everything else is copied as it is.
enum UTF8Text {
    /// Bytes that a text of `count` bytes may need at most; room that `escape` relies on.
    @inline(__always)
    static func escapedBytesMax(_ count: Int) -> Int { count * 6 + 8 }

    /// Appends the escaped text.
    @inline(__always)
    static func append(escaped text: Bytes, to out: ByteBuffer) throws(ValueFault) {
        if text.count <= 512 {
            out.reserve(escapedBytesMax(text.count))
            let written = unsafe escape(text.base, 0, text.count, text.count, to: out.end).written
            guard written >= 0 else { throw .notUTF8 }
            out.advance(written)
        } else {
            try appendLong(escaped: text, to: out)
        }
    }

    @inline(never)
    private static func appendLong(escaped text: Bytes, to out: ByteBuffer) throws(ValueFault) {
        var position = 0
        while position < text.count {
            let limit = min(position + 4096, text.count)
            out.reserve(escapedBytesMax(limit - position + 4))
            let step = unsafe escape(text.base, position, limit, text.count, to: out.end)
            guard step.written >= 0 else { throw .notUTF8 }
            out.advance(step.written)
            position = step.position
        }
    }

    /// Escapes from `start` to `limit`, and to the end of the character that lies across it, but
    /// never past `end`.
    ///
    /// `written` is -1 where the text is not UTF-8.
    @inline(__always)
    private static func escape(
        _ text: UnsafePointer<UInt8>,
        _ start: Int,
        _ limit: Int,
        _ end: Int,
        to out: UnsafeMutablePointer<UInt8>
    ) -> (written: Int, position: Int) {
        var position = start
        var target = unsafe out
        while position < limit {
            let word = unsafe Bytes.load(text + position)
            unsafe Bytes.store(word, target)
            let left = limit - position
            var marks = specialBytes(UInt64(littleEndian: word))
            if left < 8 { marks &= (1 << UInt64(left * 8)) - 1 }
            if marks == 0 {
                let step = min(left, 8)
                position += step
                unsafe target += step
                continue
            }
            let plain = marks.trailingZeroBitCount >> 3
            position += plain
            unsafe target += plain
            let byte = unsafe text[position]
            if byte < 0x80 {
                unsafe target += escapeByte(byte, to: target)
                position += 1
                continue
            }
            repeat {
                let count = unsafe sequenceCount(text + position, end - position)
                if count == 0 { return (-1, position) }
                for index in 0..<count { unsafe target[index] = unsafe text[position + index] }
                position += count
                unsafe target += count
            } while unsafe position < limit && text[position] >= 0x80
        }
        return unsafe (target - out, position)
    }

    /// The high bit of each byte that is a control character, `"`, `\` or not ASCII.
    ///
    /// Only the lowest mark is exact: borrows may set marks above it.
    @inline(__always)
    static func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = (word ^ (ones &* 0x22)) &- ones
        let backslashes = (word ^ (ones &* 0x5c)) &- ones
        let controls = word &- (ones &* 0x20)
        return (quotes | backslashes | controls | word) & (ones &* 0x80)
    }

    /// Writes the escape of one ASCII byte that needs it; room for eight bytes is needed.
    /// - Returns: the bytes written.
    @inline(__always)
    static func escapeByte(_ byte: UInt8, to out: UnsafeMutablePointer<UInt8>) -> Int {
        unsafe out[0] = 0x5c
        switch byte {
        case 0x22, 0x5c: unsafe out[1] = byte
        case 0x08: unsafe out[1] = 0x62
        case 0x09: unsafe out[1] = 0x74
        case 0x0a: unsafe out[1] = 0x6e
        case 0x0c: unsafe out[1] = 0x66
        case 0x0d: unsafe out[1] = 0x72
        default:
            unsafe out[1] = 0x75
            unsafe out[2] = 0x30
            unsafe out[3] = 0x30
            unsafe out[4] = 0x30 + (byte >> 4)
            let low = byte & 15
            unsafe out[5] = low < 10 ? 0x30 + low : 0x57 + low
            return 6
        }
        return 2
    }

    /// Bytes of the well-formed sequence (Unicode 16, table 3-7) that starts here with a byte of
    /// 0x80 or more; 0 if there is none within `available`.
    @inline(__always)
    static func sequenceCount(_ text: UnsafePointer<UInt8>, _ available: Int) -> Int {
        let first = unsafe text[0]
        guard available >= 2 else { return 0 }
        let second = unsafe text[1]
        if first < 0xe0 { return first >= 0xc2 && second & 0xc0 == 0x80 ? 2 : 0 }
        guard available >= 3, unsafe text[2] & 0xc0 == 0x80 else { return 0 }
        if first < 0xf0 {
            let lower: UInt8 = first == 0xe0 ? 0xa0 : 0x80
            let upper: UInt8 = first == 0xed ? 0x9f : 0xbf
            return second >= lower && second <= upper ? 3 : 0
        }
        guard available >= 4, unsafe text[3] & 0xc0 == 0x80, first <= 0xf4 else { return 0 }
        let lower: UInt8 = first == 0xf0 ? 0x90 : 0x80
        let upper: UInt8 = first == 0xf4 ? 0x8f : 0xbf
        return second >= lower && second <= upper ? 4 : 0
    }

    /// Whether the bytes are well-formed UTF-8.
    static func isValid(_ text: Bytes) -> Bool {
        var position = 0
        while position < text.count {
            if text[position] < 0x80 {
                position += 1
                continue
            }
            let count = unsafe sequenceCount(text.base + position, text.count - position)
            if count == 0 { return false }
            position += count
        }
        return true
    }
}
