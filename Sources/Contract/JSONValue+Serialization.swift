extension JSONValue {
    /// The value as JSON text: compact, or with each member and element on a line of its own,
    /// indented by two spaces.
    ///
    /// Strings escape only what JSON makes them escape; numbers are printed as they were read.
    public func serialized(pretty: Bool = false) -> String {
        String(decoding: serializedBytes(pretty: pretty), as: UTF8.self)
    }

    /// The same as `serialized`, as UTF-8 bytes: a request's body.
    public func serializedBytes(pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(isPretty: pretty)
        writer.write(self, depth: 0)
        return writer.bytes
    }
}

private struct JSONWriter {
    let isPretty: Bool
    var bytes: [UInt8] = []

    init(isPretty: Bool) {
        self.isPretty = isPretty
    }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .number(let text): append(text)
        case .string(let text): write(text)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                separate(index, depth + 1)
                write(element, depth: depth + 1)
            }
            close("]", isEmpty: elements.isEmpty, depth)
        case .object(let members):
            append("{")
            for (index, member) in members.enumerated() {
                separate(index, depth + 1)
                write(member.name)
                append(isPretty ? ": " : ":")
                write(member.value, depth: depth + 1)
            }
            close("}", isEmpty: members.isEmpty, depth)
        }
    }

    private mutating func separate(_ index: Int, _ depth: Int) {
        if index > 0 { append(",") }
        breakLine(depth)
    }

    private mutating func close(_ bracket: String, isEmpty: Bool, _ depth: Int) {
        if !isEmpty { breakLine(depth) }
        append(bracket)
    }

    private mutating func breakLine(_ depth: Int) {
        guard isPretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                append("\\u00" + (byte < 0x10 ? "0" : "") + digits)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
