import Contract

/// Small helpers for the JSON of answers.
enum JSONText {
    static func quoted(_ text: String) -> String { JSONValue.string(text).serialized() }

    /// Appends text in quotes, all at once where nothing of it must be escaped.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        let isPlain = text.withUTF8 { utf8 in
            for index in 0..<utf8.count {
                let byte = unsafe utf8[index]
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    return false
                }
            }
            return true
        }
        if isPlain {
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: "\""))
        } else {
            bytes += JSONValue.string(text).serializedBytes()
        }
    }
}

extension JSONValue {
    /// An object of these members.
    static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { JSONMember(name: $0.key, value: $0.value) })
    }

    /// A number; whole ones without a fraction, as the service prints capacity units with one.
    static func number(_ value: Double) -> JSONValue { .number("\(value)") }

    static func number(_ value: Int) -> JSONValue { .number("\(value)") }
}

/// The checksum of answers, by table: the other side uses zlib.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { checksum, _ in
            checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1
        }
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        unsafe table.withUnsafeBufferPointer { table in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                var checksum = UInt32.max
                for index in 0..<bytes.count {
                    let place = UInt8(truncatingIfNeeded: checksum) ^ (unsafe bytes[index])
                    checksum = (checksum >> 8) ^ (unsafe table[Int(place)])
                }
                return ~checksum
            }
        }
    }
}

/// gzip without compression: whole, valid, and not a byte shorter.
enum StoredGzip {
    static func of(_ bytes: [UInt8]) -> [UInt8] {
        // RFC 1952: deflate, no flags, no time, no extra, unknown system.
        var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = bytes[...]
        repeat {
            let piece = rest.prefix(65_535)
            rest = rest.dropFirst(piece.count)
            let length = UInt16(piece.count)
            result.append(rest.isEmpty ? 1 : 0)
            for half in [length, ~length] { result += [UInt8(half & 0xFF), UInt8(half >> 8)] }
            result += piece
        } while !rest.isEmpty
        for word in [CRC32.of(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
            result += (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        return result
    }
}
