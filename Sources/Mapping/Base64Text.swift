/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
enum Base64Text {
    /// Appends the base64 text of the bytes.
    static func append(encoded bytes: Bytes, to out: ByteBuffer) {
        out.reserve((bytes.count + 2) / 3 * 4)
        var target = unsafe out.end
        var index = 0
        while index + 3 <= bytes.count {
            let group =
                unsafe UInt32(bytes.base[index]) << 16 | UInt32(bytes.base[index + 1]) << 8
                | UInt32(bytes.base[index + 2])
            unsafe target[0] = symbol(group >> 18)
            unsafe target[1] = symbol(group >> 12)
            unsafe target[2] = symbol(group >> 6)
            unsafe target[3] = symbol(group)
            unsafe target += 4
            index += 3
        }
        let left = bytes.count - index
        if left > 0 {
            let group =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
            unsafe target[0] = symbol(group >> 18)
            unsafe target[1] = symbol(group >> 12)
            unsafe target[2] = left > 1 ? symbol(group >> 6) : 0x3d
            unsafe target[3] = 0x3d
            unsafe target += 4
        }
        unsafe out.advance(target - out.end)
    }

    /// Appends the bytes that a base64 text stands for.
    ///
    /// Line ends between the groups are passed over, because `TO_BASE64` breaks its lines; anything
    /// else that is not canonical base64 fails.
    static func append(decoded text: Bytes, to out: ByteBuffer) throws(ValueFault) {
        out.reserve(text.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var symbols = 0
        var padding = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte == 0x0a || byte == 0x0d { continue }
            if byte == 0x3d {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(byte) else { throw .notBase64 }
            group = group << 6 | value
            symbols += 1
            if symbols & 3 == 0 {
                out.append(UInt8(truncatingIfNeeded: group >> 16))
                out.append(UInt8(truncatingIfNeeded: group >> 8))
                out.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        switch symbols & 3 {
        case 0:
            guard padding == 0 else { throw .notBase64 }
        case 2:
            guard padding == 2, group & 0xf == 0 else { throw .notBase64 }
            out.append(UInt8(truncatingIfNeeded: group >> 4))
        case 3:
            guard padding == 1, group & 3 == 0 else { throw .notBase64 }
            out.append(UInt8(truncatingIfNeeded: group >> 10))
            out.append(UInt8(truncatingIfNeeded: group >> 2))
        default: throw .notBase64
        }
    }

    @inline(__always)
    private static func symbol(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 63)
        if value < 26 { return 0x41 + value }
        if value < 52 { return 0x61 + value - 26 }
        if value < 62 { return 0x30 + value - 52 }
        return value == 62 ? 0x2b : 0x2f
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5a: UInt32(byte - 0x41)
        case 0x61...0x7a: UInt32(byte - 0x61) + 26
        case 0x30...0x39: UInt32(byte - 0x30) + 52
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }
}
