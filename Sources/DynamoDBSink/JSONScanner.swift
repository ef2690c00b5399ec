/// Walks over JSON without building anything: for the answers of the write path, of which only a
/// number or two is wanted, once every 25 items.
///
/// Checks the grammar of what it passes. Strings are passed over, not decoded; their UTF-8 is not
/// checked.
struct JSONScanner {
    struct Malformed: Error {}

    private static let depthMax = 64

    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Calls `visit` with each member's name (its raw bytes) of the object that comes next; `visit`
    /// must pass over the value.
    mutating func object(
        _ visit: (inout JSONScanner, ArraySlice<UInt8>) throws(Malformed) -> Void
    ) throws(Malformed) {
        try take(UInt8(ascii: "{"))
        if takeIfNext(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            let name = try string()
            try take(UInt8(ascii: ":"))
            try visit(&self, name)
        } while takeIfNext(UInt8(ascii: ","))
        try take(UInt8(ascii: "}"))
    }

    /// Calls `visit` at each element of the array that comes next.
    mutating func array(
        _ visit: (inout JSONScanner) throws(Malformed) -> Void
    ) throws(Malformed) {
        try take(UInt8(ascii: "["))
        if takeIfNext(UInt8(ascii: "]")) { return }
        repeat { try visit(&self) } while takeIfNext(UInt8(ascii: ","))
        try take(UInt8(ascii: "]"))
    }

    /// The string that comes next, without its quotes, as written.
    mutating func string() throws(Malformed) -> ArraySlice<UInt8> {
        try take(UInt8(ascii: "\""))
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return bytes[start..<position - 1]
            }
            if byte < 0x20 { throw Malformed() }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw Malformed()
    }

    mutating func number() throws(Malformed) -> Double {
        skipSpace()
        let start = position
        var digits = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]), digits < 1 << 40 {
            digits = digits * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        // Nearly all capacities are whole: `25` or `25.0`.
        let isWhole = position > start && !isNumberByte(at: position)
        if isWhole { return Double(digits) }
        if isNumberByte(at: position, UInt8(ascii: ".")), isNumberByte(at: position + 1, 0x30),
            position > start, !isNumberByte(at: position + 2)
        {
            position += 2
            return Double(digits)
        }
        while isNumberByte(at: position) { position += 1 }
        guard position > start,
            let value = Double(String(decoding: bytes[start..<position], as: UTF8.self))
        else { throw Malformed() }
        return value
    }

    private func isNumberByte(at index: Int, _ wanted: UInt8? = nil) -> Bool {
        guard index < bytes.count else { return false }
        if let wanted { return bytes[index] == wanted }
        return Self.isNumberByte(bytes[index])
    }

    mutating func skipValue(depth: Int = 0) throws(Malformed) {
        guard depth < Self.depthMax else { throw Malformed() }
        skipSpace()
        guard position < bytes.count else { throw Malformed() }
        switch bytes[position] {
        case UInt8(ascii: "{"):
            try object { (scanner, _) throws(Malformed) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            try array { (scanner) throws(Malformed) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try number()
        }
    }

    /// Nothing but space may be left.
    mutating func end() throws(Malformed) {
        skipSpace()
        guard position == bytes.count else { throw Malformed() }
    }

    private mutating func word(_ text: StaticString) throws(Malformed) {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count,
            text.withUTF8Buffer({ unsafe $0.elementsEqual(bytes[position..<end]) })
        else { throw Malformed() }
        position = end
    }

    private mutating func take(_ byte: UInt8) throws(Malformed) {
        guard takeIfNext(byte) else { throw Malformed() }
    }

    private mutating func takeIfNext(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
