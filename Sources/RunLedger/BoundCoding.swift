/// How a chunk's bound lies in the ledger: the number of values, then each one's length and bytes.
///
/// Numbers are 32 bits, little endian. nil is NULL and not coded here.
enum BoundCoding {
    static func encode(_ bound: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(bound.reduce(4) { $0 + 4 + $1.count })
        append(bound.count, to: &bytes)
        for value in bound {
            append(value.count, to: &bytes)
            bytes += value
        }
        return bytes
    }

    /// The bound; nil where the bytes are none, to the last of them.
    static func decode(_ bytes: [UInt8]) -> [[UInt8]]? {
        var rest = bytes[...]
        guard let count = takeNumber(&rest), count <= rest.count / 4 else { return nil }
        var bound: [[UInt8]] = []
        bound.reserveCapacity(count)
        for _ in 0..<count {
            guard let length = takeNumber(&rest), length <= rest.count else { return nil }
            bound.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return rest.isEmpty ? bound : nil
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        let number = UInt32(number)
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= 4 else { return nil }
        let number = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        rest = rest.dropFirst(4)
        return Int(number)
    }
}
