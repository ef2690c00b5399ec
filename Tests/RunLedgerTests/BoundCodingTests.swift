import TestSupport
import Testing

@testable import RunLedger

@Suite("the coding of a chunk's bounds")
struct BoundCodingTests {
    static let known: [(bound: [[UInt8]], bytes: [UInt8])] = [
        ([], [0, 0, 0, 0]),
        ([[]], [1, 0, 0, 0, 0, 0, 0, 0]),
        ([Array("42".utf8)], [1, 0, 0, 0, 2, 0, 0, 0, 0x34, 0x32]),
        ([[0], [0xFF, 0]], [2, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0xFF, 0]),
    ]

    @Test("is the number of values, then each one's length and bytes", arguments: known)
    func knownBytes(_ row: (bound: [[UInt8]], bytes: [UInt8])) {
        #expect(BoundCoding.encode(row.bound) == row.bytes)
        #expect(BoundCoding.decode(row.bytes) == row.bound)
    }

    @Test("gives back what it was given, whatever the bytes", arguments: 0..<200)
    func roundTrip(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bound = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            (0..<Int.random(in: 0...70, using: &random)).map { _ in
                UInt8.random(in: 0 ... .max, using: &random)
            }
        }
        #expect(BoundCoding.decode(BoundCoding.encode(bound)) == bound)
    }

    @Test("takes no bytes that it would not write", arguments: 0..<200)
    func refusesOthers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...4, using: &random)
        let bound = (0..<count).map { _ in
            (0..<Int.random(in: 0...9, using: &random)).map { _ in
                UInt8.random(in: 0 ... .max, using: &random)
            }
        }
        let bytes = BoundCoding.encode(bound)
        #expect(BoundCoding.decode(bytes + [0]) == nil)
        for length in 0..<bytes.count {
            #expect(BoundCoding.decode(Array(bytes.prefix(length))) == nil)
        }
        // A flipped bit makes other values or none, and never the same.
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let decoded = BoundCoding.decode(changed)
            #expect(decoded != bound)
            #expect(decoded.map(BoundCoding.encode) ?? changed == changed)
        }
    }
}
