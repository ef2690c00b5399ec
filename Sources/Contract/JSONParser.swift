/// Reads JSON as RFC 8259 has it, and nothing more: no comments, no trailing commas, no byte order
/// mark, no lone surrogates, no invalid UTF-8.
///
/// Numbers keep their text and objects keep every member in order, a repeated name included, so
/// that the caller can tell. Nothing recurses while reading, so that no input can overflow the
/// stack.
public enum JSONParser {
    /// The deepest nesting that any caller can ask for: what comes after the parser (comparing,
    /// printing, freeing a value) does recurse, and must be safe on a worker's small stack.
    public static let depthMax = 512

    /// Parses one document.
    ///
    /// - Parameters:
    ///   - bytes: the document, in UTF-8.
    ///   - depthMax: how many arrays and objects may lie in each other, up to
    ///     `JSONParser.depthMax`.
    ///   - bytesMax: how long the document may be, in bytes.
    /// - Returns: the document's value.
    /// - Throws: `JSONError` at the first thing that is wrong, with its line and column.
    public static func parse(
        _ bytes: [UInt8],
        depthMax: Int = 128,
        bytesMax: Int = .max
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= bytesMax else {
            throw JSONError(
                message: "the document has \(bytes.count) bytes; at most \(bytesMax) are read",
                line: 1,
                column: 1
            )
        }
        var scanner = JSONScanner(bytes: bytes, depthMax: min(depthMax, Self.depthMax))
        return try scanner.document()
    }
}

/// Where and why a document is not JSON.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence without a full stop.
    public var message: String
    /// From 1.
    public var line: Int
    /// In characters (Unicode scalars), from 1.
    public var column: Int

    public init(message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }

    public var description: String { "line \(line), column \(column): \(message)" }
}

private struct JSONScanner {
    /// An array or object whose end has not been read yet.
    ///
    /// Filled in place, so that no element is copied again for the next.
    private struct Container {
        var isObject: Bool
        var elements: [JSONValue] = []
        var members: [JSONMember] = []
        /// The name of the member whose value is being read.
        var name = ""
    }

    private let bytes: [UInt8]
    private let depthMax: Int
    private var position = 0

    init(bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw error("a byte order mark stands before the JSON; save the file as plain UTF-8")
        }
        skipSpace()
        guard position < bytes.count else { throw error("there is no JSON value, only space") }
        var open: [Container] = []
        document: while true {
            guard var value = try start(&open) else { continue }
            // Each pass closes what this value completes, from the inside out.
            while !open.isEmpty {
                guard let closed = try add(value, to: &open[open.count - 1]) else {
                    continue document
                }
                open.removeLast()
                value = closed
            }
            try end()
            return value
        }
    }

    /// Reads a scalar, an empty array or an empty object; nil where a container was opened and its
    /// first value is next.
    private mutating func start(_ open: inout [Container]) throws(JSONError) -> JSONValue? {
        skipSpace()
        guard position < bytes.count else { throw error("the document ends where a value is due") }
        switch bytes[position] {
        case UInt8(ascii: "{"):
            try checkDepth(open.count)
            position += 1
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object([]) }
            open.append(Container(isObject: true, name: try memberName()))
            return nil
        case UInt8(ascii: "["):
            try checkDepth(open.count)
            position += 1
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array([]) }
            open.append(Container(isObject: false))
            return nil
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: return try literal()
        }
    }

    /// Adds the value to its container: the container if that ends it, nil if more is to come.
    private mutating func add(
        _ value: JSONValue,
        to container: inout Container
    ) throws(JSONError) -> JSONValue? {
        skipSpace()
        let closing = UInt8(ascii: container.isObject ? "}" : "]")
        if container.isObject {
            container.members.append(JSONMember(name: container.name, value: value))
        } else {
            container.elements.append(value)
        }
        if take(closing) {
            return container.isObject ? .object(container.members) : .array(container.elements)
        }
        let bracket = Unicode.Scalar(closing)
        guard take(UInt8(ascii: ",")) else { throw unexpected("`,` or `\(bracket)`") }
        skipSpace()
        if position < bytes.count, bytes[position] == closing {
            throw error("a comma stands before the `\(bracket)`")
        }
        if container.isObject { container.name = try memberName() }
        return nil
    }

    private mutating func memberName() throws(JSONError) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw unexpected("a member's name in double quotes")
        }
        let name = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unexpected("`:` after the member's name") }
        return name
    }

    private mutating func literal() throws(JSONError) -> JSONValue {
        let words: [(String, JSONValue)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
        ]
        for (word, value) in words where bytes[position...].starts(with: word.utf8) {
            let next = position + word.utf8.count
            if next < bytes.count, isWordByte(bytes[next]) { break }
            position = next
            return value
        }
        throw unexpected("a value")
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private mutating func number() throws(JSONError) -> String {
        let first = position
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if position < bytes.count, isDigit(bytes[position]) {
                throw error("a number has a zero before its first digit")
            }
        } else {
            try digits("a digit")
        }
        if take(UInt8(ascii: ".")) { try digits("a digit after the point") }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits("a digit of the exponent")
        }
        if position < bytes.count, isWordByte(bytes[position]) || bytes[position] == 0x2E {
            throw error("a number is followed by something that does not belong to it")
        }
        return String(decoding: bytes[first..<position], as: UTF8.self)
    }

    private mutating func digits(_ wanted: String) throws(JSONError) {
        guard position < bytes.count, isDigit(bytes[position]) else { throw unexpected(wanted) }
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private mutating func string() throws(JSONError) -> String {
        let opening = position
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            case 0..<0x20:
                throw error("a control character stands in a string; write it as an escape")
            case 0x20..<0x80:
                text.append(byte)
                position += 1
            default:
                guard let length = UTF8Sequence.length(at: position, of: bytes) else {
                    throw error("a string is not valid UTF-8")
                }
                text.append(contentsOf: bytes[position..<position + length])
                position += length
            }
        }
        position = opening
        throw error("a string is not closed")
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let first = position
        position += 1
        guard position < bytes.count else {
            position = first
            throw error("the document ends within an escape")
        }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default:
            position = first
            throw error("an escape is none of JSON's")
        }
        guard let unit = codeUnit() else {
            position = first
            throw error("an escape needs four hexadecimal digits after \\u")
        }
        if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
        if unit < 0xDC00, bytes[position...].starts(with: "\\u".utf8) {
            position += 2
            if let low = codeUnit(), (0xDC00...0xDFFF).contains(low) {
                let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
                if let scalar = Unicode.Scalar(value) { return scalar }
            }
        }
        position = first
        throw error("an escape is half of a surrogate pair")
    }

    private mutating func codeUnit() -> UInt16? {
        guard position + 4 <= bytes.count else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        position += 4
        return unit
    }

    private mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw error("something follows the document's end") }
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func checkDepth(_ open: Int) throws(JSONError) {
        guard open < depthMax else {
            throw error("arrays and objects lie more than \(depthMax) deep in each other")
        }
    }

    private func unexpected(_ wanted: String) -> JSONError {
        guard position < bytes.count else {
            return error("the document ends where \(wanted) is due")
        }
        let byte = bytes[position]
        let found = byte > 0x20 && byte < 0x7F ? "`\(Unicode.Scalar(byte))`" : "another byte"
        return error("\(wanted) is due, but \(found) stands here")
    }

    private func error(_ message: String) -> JSONError {
        var line = 1
        var column = 1
        for byte in bytes[..<min(position, bytes.count)] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONError(message: message, line: line, column: column)
    }
}
