/// The escapes of JSON strings, decoded whatever they are.
enum JSONEscapes {
    /// Appends the bytes that the content of a JSON string stands for.
    ///
    /// What no JSON has (a lone surrogate, an unknown escape) stays distinguishable: the service
    /// may hold items that no writer of ours would make, and they are different, not an error.
    static func append(decoded text: Bytes, to out: ByteBuffer) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            guard byte == 0x5c, index + 1 < text.count else {
                out.append(byte)
                index += 1
                continue
            }
            let symbol = text[index + 1]
            index += 2
            switch symbol {
            case 0x62: out.append(0x08)
            case 0x66: out.append(0x0c)
            case 0x6e: out.append(0x0a)
            case 0x72: out.append(0x0d)
            case 0x74: out.append(0x09)
            case 0x75: index = appendUnit(text, index, to: out)
            case 0x22, 0x5c, 0x2f: out.append(symbol)
            default:
                out.append(0x5c)
                out.append(symbol)
            }
        }
    }

    /// Appends the scalar of `\uXXXX`, whose digits are at `start`; takes the other half of a pair.
    ///
    /// - Returns: the index of what follows.
    private static func appendUnit(_ text: Bytes, _ start: Int, to out: ByteBuffer) -> Int {
        guard let first = hexadecimal(text, start) else {
            out.append(0x5c)
            out.append(0x75)
            return start
        }
        var scalar = first
        var end = start + 4
        if first & 0xfc00 == 0xd800, end + 1 < text.count, text[end] == 0x5c,
            text[end + 1] == 0x75, let second = hexadecimal(text, end + 2),
            second & 0xfc00 == 0xdc00
        {
            scalar = 0x10000 + (first & 0x3ff) << 10 + (second & 0x3ff)
            end += 6
        }
        switch scalar {
        case 0..<0x80: out.append(UInt8(scalar))
        case 0x80..<0x800:
            out.append(UInt8(0xc0 | scalar >> 6))
            out.append(UInt8(0x80 | scalar & 0x3f))
        case 0x800..<0x10000:
            out.append(UInt8(0xe0 | scalar >> 12))
            out.append(UInt8(0x80 | scalar >> 6 & 0x3f))
            out.append(UInt8(0x80 | scalar & 0x3f))
        default:
            out.append(UInt8(0xf0 | scalar >> 18))
            out.append(UInt8(0x80 | scalar >> 12 & 0x3f))
            out.append(UInt8(0x80 | scalar >> 6 & 0x3f))
            out.append(UInt8(0x80 | scalar & 0x3f))
        }
        return end
    }

    private static func hexadecimal(_ text: Bytes, _ start: Int) -> UInt32? {
        guard start + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + 4 {
            switch text[index] {
            case 0x30...0x39: value = value << 4 | UInt32(text[index] - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(text[index] - 0x37)
            case 0x61...0x66: value = value << 4 | UInt32(text[index] - 0x57)
            default: return nil
            }
        }
        return value
    }
}
