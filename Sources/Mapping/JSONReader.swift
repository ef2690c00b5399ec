/// Reads JSON text (RFC 8259) token by token, from where it lies to where it goes.
///
/// What a value means is decided by its callers; here are the grammar, the escapes and UTF-8.
struct JSONReader {
    /// How a string is written.
    enum StringForm {
        /// As the content of a JSON string, escaped in the one canonical way.
        case escaped
        /// As its own UTF-8 bytes.
        case raw
    }

    let text: Bytes
    private(set) var position: Int

    init(_ text: Bytes) {
        self.text = text
        position = 0
    }

    /// The next byte that is no white space, not yet taken; fails at the end of the text.
    @inline(__always)
    mutating func peek() throws(ValueFault) -> UInt8 {
        while position < text.count {
            let byte = text[position]
            if byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09 { return byte }
            position += 1
        }
        throw .notJSON
    }

    /// Takes the next byte that is no white space, which must be `byte`.
    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(ValueFault) {
        guard try peek() == byte else { throw .notJSON }
        position += 1
    }

    /// Takes the next byte that is no white space if it is `byte`.
    @inline(__always)
    mutating func take(_ byte: UInt8) throws(ValueFault) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    /// After an element or a member: takes the comma and answers true, or the closing `bracket`
    /// and answers false.
    @inline(__always)
    mutating func takesComma(before bracket: UInt8) throws(ValueFault) -> Bool {
        let byte = try peek()
        guard byte == 0x2c || byte == bracket else { throw .notJSON }
        position += 1
        return byte == 0x2c
    }

    /// Fails if anything but white space follows.
    mutating func end() throws(ValueFault) {
        while position < text.count {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else {
                throw .notJSON
            }
            position += 1
        }
    }

    /// Takes `true`, `false` or `null`.
    mutating func literal(_ word: StaticString) throws(ValueFault) {
        let count = word.utf8CodeUnitCount
        guard text.count - position >= count else { throw .notJSON }
        for index in 0..<count {
            guard unsafe text[position + index] == word.utf8Start[index] else { throw .notJSON }
        }
        position += count
    }

    /// Takes a number by JSON's grammar and answers with its text.
    mutating func number() throws(ValueFault) -> Bytes {
        let start = position
        if byte(0x2d) { position += 1 }
        if byte(0x30) { position += 1 } else { try digits() }
        if byte(0x2e) {
            position += 1
            try digits()
        }
        if byte(0x65) || byte(0x45) {
            position += 1
            if byte(0x2b) || byte(0x2d) { position += 1 }
            try digits()
        }
        return text.slice(start, position)
    }

    @inline(__always)
    private func byte(_ byte: UInt8) -> Bool { position < text.count && text[position] == byte }

    private mutating func digits() throws(ValueFault) {
        let start = position
        while position < text.count, text[position] >= 0x30, text[position] <= 0x39 {
            position += 1
        }
        guard position > start else { throw .notJSON }
    }

    /// Takes the string whose opening quote is next if its content is `plain`, which must have
    /// nothing in it that JSON text may have to escape.
    @inline(__always)
    mutating func take(plain: Bytes) -> Bool {
        let end = position + 1 + plain.count
        guard end < text.count, text[end] == 0x22, text.slice(position + 1, end).equals(plain)
        else { return false }
        position = end + 1
        return true
    }

    /// Takes a string, whose opening quote is next, and appends its content.
    /// - Returns: the bytes of the string's own UTF-8.
    mutating func string(_ form: StringForm, to out: ByteBuffer) throws(ValueFault) -> Int {
        position += 1
        var size = 0
        while true {
            out.reserve(64)
            guard position < text.count else { throw .notJSON }
            let word = unsafe Bytes.load(text.base + position)
            unsafe Bytes.store(word, out.end)
            let marks = UTF8Text.specialBytes(UInt64(littleEndian: word))
            // What is read behind the text is not part of it, whatever it is.
            let plain = min(
                marks == 0 ? 8 : marks.trailingZeroBitCount >> 3,
                text.count - position
            )
            out.advance(plain)
            position += plain
            size += plain
            if marks == 0 || position == text.count { continue }
            let byte = text[position]
            if byte == 0x22 {
                position += 1
                return size
            }
            if byte == 0x5c {
                size += try escape(form, to: out)
            } else if byte >= 0x80 {
                size += try sequence(to: out)
            } else {
                throw .notJSON
            }
        }
    }

    private mutating func sequence(to out: ByteBuffer) throws(ValueFault) -> Int {
        let count = unsafe UTF8Text.sequenceCount(text.base + position, text.count - position)
        guard count > 0 else { throw .notUTF8 }
        for index in 0..<count { out.append(text[position + index]) }
        position += count
        return count
    }

    /// Takes an escape sequence and appends what it stands for.
    private mutating func escape(_ form: StringForm, to out: ByteBuffer) throws(ValueFault) -> Int {
        guard position + 1 < text.count else { throw .notJSON }
        let symbol = text[position + 1]
        position += 2
        let byte: UInt8
        switch symbol {
        case 0x22, 0x5c, 0x2f: byte = symbol
        case 0x62: byte = 0x08
        case 0x66: byte = 0x0c
        case 0x6e: byte = 0x0a
        case 0x72: byte = 0x0d
        case 0x74: byte = 0x09
        case 0x75: return appendScalar(try scalar(), form, to: out)
        default: throw .notJSON
        }
        append(ascii: byte, form, to: out)
        return 1
    }

    /// The scalar of `\uXXXX`, or of two of them that are a surrogate pair.
    private mutating func scalar() throws(ValueFault) -> UInt32 {
        let first = try hexadecimal()
        guard first & 0xf800 == 0xd800 else { return first }
        guard first < 0xdc00 else { throw .jsonLoneSurrogate }
        guard byte(0x5c), position + 1 < text.count, text[position + 1] == 0x75 else {
            throw .jsonLoneSurrogate
        }
        position += 2
        let second = try hexadecimal()
        guard second & 0xfc00 == 0xdc00 else { throw .jsonLoneSurrogate }
        return 0x10000 + (first & 0x3ff) << 10 + (second & 0x3ff)
    }

    private mutating func hexadecimal() throws(ValueFault) -> UInt32 {
        guard text.count - position >= 4 else { throw .notJSON }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = text[position]
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
            case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
            default: throw .notJSON
            }
            position += 1
        }
        return value
    }

    private func append(ascii byte: UInt8, _ form: StringForm, to out: ByteBuffer) {
        if form == .escaped, byte < 0x20 || byte == 0x22 || byte == 0x5c {
            out.reserve(8)
            out.advance(unsafe UTF8Text.escapeByte(byte, to: out.end))
        } else {
            out.append(byte)
        }
    }

    private func appendScalar(_ scalar: UInt32, _ form: StringForm, to out: ByteBuffer) -> Int {
        if scalar < 0x80 {
            append(ascii: UInt8(scalar), form, to: out)
            return 1
        }
        if scalar < 0x800 {
            out.append(UInt8(0xc0 | scalar >> 6))
            out.append(UInt8(0x80 | scalar & 0x3f))
            return 2
        }
        if scalar < 0x10000 {
            out.append(UInt8(0xe0 | scalar >> 12))
            out.append(UInt8(0x80 | scalar >> 6 & 0x3f))
            out.append(UInt8(0x80 | scalar & 0x3f))
            return 3
        }
        out.append(UInt8(0xf0 | scalar >> 18))
        out.append(UInt8(0x80 | scalar >> 12 & 0x3f))
        out.append(UInt8(0x80 | scalar >> 6 & 0x3f))
        out.append(UInt8(0x80 | scalar & 0x3f))
        return 4
    }
}
