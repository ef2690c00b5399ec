import Testing

@testable import Mapping

@Suite("Escaping text")
struct UTF8TextTests {
    /// The same, one scalar after another, with Swift's own decoder.
    private static func slow(_ bytes: [UInt8]) -> [UInt8]? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var out: [UInt8] = []
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += Array("\\\"".utf8)
            case "\\": out += Array("\\\\".utf8)
            case "\u{8}": out += Array("\\b".utf8)
            case "\t": out += Array("\\t".utf8)
            case "\n": out += Array("\\n".utf8)
            case "\u{c}": out += Array("\\f".utf8)
            case "\r": out += Array("\\r".utf8)
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                out += Array(
                    ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
                )
            default: out += Array(String(scalar).utf8)
            }
        }
        return out
    }

    private static func fast(_ bytes: [UInt8]) -> [UInt8]? {
        let source = ByteBuffer(capacity: 64)
        // What lies behind the text must not matter.
        source.append(bytes + [0x22, 0xff, 0x5c, 0x00])
        let out = ByteBuffer(capacity: 64)
        out.append("kept")
        do throws(ValueFault) {
            try UTF8Text.append(escaped: source.bytes(0..<bytes.count), to: out)
        } catch {
            return nil
        }
        return out.array(4..<out.count)
    }

    private static let insertions: [[UInt8]] = [
        [0x22], [0x5c], [0x00], [0x1f], [0x20], [0x7f], [0x0a], [0xc3, 0xa9], [0xe2, 0x82, 0xac],
        [0xf0, 0x9f, 0x98, 0x80], [0x80], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98],
        [0x22, 0x5c, 0xc3, 0xa9, 0x00],
        [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0x22],
    ]

    @Test("every kind of byte is found at every place, with any text before and behind")
    func everyPlace() {
        for insertion in Self.insertions {
            for before in 0...40 {
                for behind in [0, 1, 6, 7, 8, 9, 15, 16, 17, 33] {
                    let text =
                        [UInt8](repeating: 0x61, count: before) + insertion
                        + [UInt8](repeating: 0x7a, count: behind)
                    #expect(
                        Self.fast(text) == Self.slow(text),
                        "\(before), \(insertion), \(behind)"
                    )
                }
            }
        }
    }

    @Test("every first byte that is not ASCII with every second, alone and before good ones")
    func everyPair() {
        for first in UInt8(0x7e)...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let pair = [first, second]
                if Self.fast(pair) != Self.slow(pair) { Issue.record("\(pair)") }
                let four = pair + [0x80, 0xbf]
                if Self.fast(four) != Self.slow(four) { Issue.record("\(four)") }
            }
        }
    }

    @Test("random text and random bytes are as the simple escaper has them")
    func random() {
        var random = SeededRandom(seed: 20_240_229)
        let pieces = Self.insertions.prefix(10) + [[0x61], [0x62, 0x63, 0x64], [0x39]]
        for round in 0..<1000 {
            var bytes: [UInt8] = []
            let count =
                round % 10 == 0
                ? Int.random(in: 0...6000, using: &random)
                : Int.random(in: 0...80, using: &random)
            let isClean = round % 3 != 0
            while bytes.count < count {
                if isClean {
                    bytes += pieces.randomElement(using: &random) ?? []
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &random))
                }
            }
            #expect(Self.fast(bytes) == Self.slow(bytes), "round \(round)")
        }
    }

    @Test("a character that lies across the pieces in which long text is taken")
    func longText() {
        for before in 4091...4097 {
            for insertion in Self.insertions {
                let text =
                    [UInt8](repeating: 0x61, count: before) + insertion
                    + [UInt8](repeating: 0x01, count: 20)
                #expect(Self.fast(text) == Self.slow(text))
            }
        }
    }
}

/// A small generator with a seed, so that a failure can be met again (splitmix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
