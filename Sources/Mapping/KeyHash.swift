public import Contract

/// The 64-bit hash of an item's primary key: equal keys have equal hashes, on every machine and in
/// every run of one version; different keys have different ones but for one pair in 2^64.
///
/// Hashed are, for the partition key and then for the sort key, the type, the length and the bytes:
/// UTF-8 of an S, the normalised digits of an N, the bytes of a B. Sixteen bytes at a time are
/// multiplied into the state with a 64 by 64 to 128 bit product whose halves are combined, which is
/// the construction of wyhash (https://github.com/wangyi-fudan/wyhash, public domain). It keeps no
/// secret: keys chosen to collide are possible, and who counts duplicates must compare the keys.
public struct KeyHash: Sendable {
    private var state: UInt64 = 0x243f_6a88_85a3_08d3

    @inline(__always)
    init() {}

    /// A part of a key: its type and its bytes (for an N the digits, in any spelling).
    public struct Part: Sendable, Equatable {
        public var type: AttributeType
        public var bytes: [UInt8]

        public init(type: AttributeType, bytes: [UInt8]) {
            self.type = type
            self.bytes = bytes
        }
    }

    /// The hash of a key that comes from elsewhere, such as an unprocessed item.
    ///
    /// An N is normalised first; one that is no number is hashed as it stands.
    public static func hash(partition: Part, sort: Part?) -> UInt64 {
        var hash = KeyHash()
        hash.combine(partition)
        if let sort { hash.combine(sort) }
        return hash.value
    }

    private mutating func combine(_ part: Part) {
        let buffer = ByteBuffer(capacity: part.bytes.count + 192)
        buffer.append(part.bytes)
        if part.type == .number, let number = try? DecimalText(buffer.bytes) {
            let digits = ByteBuffer(capacity: 192)
            if (try? number.appendNormalised(to: digits)) != nil {
                return combine(.number, digits.bytes)
            }
        }
        combine(part.type, buffer.bytes)
    }

    @inline(__always)
    mutating func combine(_ type: AttributeType, _ bytes: Bytes) {
        let tag: UInt64 =
            switch type {
            case .number: 2
            case .binary: 3
            default: 1
            }
        state = Self.mix(
            state ^ 0x1319_8a2e_0370_7344,
            UInt64(bytes.count) << 2 ^ tag ^ 0xa409_3822_299f_31d0
        )
        var index = 0
        while index < bytes.count {
            let low = unsafe Self.word(bytes.base + index, bytes.count - index)
            let high =
                bytes.count - index > 8
                ? unsafe Self.word(bytes.base + index + 8, bytes.count - index - 8) : 0
            state = Self.mix(low ^ 0x082e_fa98_ec4e_6c89, high ^ state)
            index += 16
        }
    }

    @inline(__always)
    var value: UInt64 { Self.mix(state ^ 0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c) }

    /// Up to eight bytes as a number; bytes past `available` count as zero.
    @inline(__always)
    private static func word(_ bytes: UnsafePointer<UInt8>, _ available: Int) -> UInt64 {
        let word = unsafe UInt64(littleEndian: Bytes.load(bytes))
        return available >= 8 ? word : word & ((1 << UInt64(available * 8)) - 1)
    }

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
