import Contract
import Mapping
import Testing

@Suite("Key hashes")
struct KeyHashTests {
    private static func hash(_ type: AttributeType, _ text: String, sort: String? = nil) -> UInt64 {
        KeyHash.hash(
            partition: KeyHash.Part(type: type, bytes: Array(text.utf8)),
            sort: sort.map { KeyHash.Part(type: .string, bytes: Array($0.utf8)) }
        )
    }

    @Test("the hash is the same in every process and on every machine")
    func stable() {
        #expect(Self.hash(.string, "") == 9_656_898_274_238_594_656)
        #expect(Self.hash(.string, "user@example.com", sort: "#META") == 6_231_971_201_698_078_148)
    }

    @Test("type, length and the border between the keys count")
    func distinct() {
        let hashes = [
            Self.hash(.string, "1"), Self.hash(.number, "1"), Self.hash(.binary, "1"),
            Self.hash(.string, "1\0"), Self.hash(.string, "1", sort: ""),
            Self.hash(.string, "", sort: "1"), Self.hash(.string, "ab", sort: "c"),
            Self.hash(.string, "a", sort: "bc"), Self.hash(.string, "abc"),
        ]
        #expect(Set(hashes).count == hashes.count)
    }

    @Test("every bit of a key moves about half of the hash's bits")
    func avalanche() {
        for count in [1, 7, 8, 9, 16, 17, 40] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let before = KeyHash.hash(
                partition: KeyHash.Part(type: .binary, bytes: bytes),
                sort: nil
            )
            var flipped = 0
            for bit in 0..<(count * 8) {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                let after = KeyHash.hash(
                    partition: KeyHash.Part(type: .binary, bytes: changed),
                    sort: nil
                )
                flipped += (before ^ after).nonzeroBitCount
                #expect((before ^ after).nonzeroBitCount > 8)
            }
            let average = Double(flipped) / Double(count * 8)
            #expect(average > 28 && average < 36)
        }
    }
}
