import TestSupport
import Testing

@testable import Pipeline

@Suite("KeyIndex")
struct KeyIndexTests {
    private func index(_ entries: [KeyIndex.Entry]) throws -> KeyIndex {
        var index = KeyIndex(spill: MemorySpillFile())
        for entry in entries { try index.add(entry) }
        return index
    }

    private func groups(_ index: KeyIndex) throws -> [UInt64: [UInt32]] {
        var found: [UInt64: [UInt32]] = [:]
        try index.forEachGroup { keyHash, entries in
            found[keyHash] = entries.map(\.attempt).sorted()
        }
        return found
    }

    private func entry(_ keyHash: UInt64, attempt: UInt32 = 0) -> KeyIndex.Entry {
        KeyIndex.Entry(keyHash: keyHash, attempt: attempt)
    }

    @Test("hashes that were added once make no group")
    func unique() throws {
        #expect(try groups(index((0..<10_000).map { entry($0) })).isEmpty)
    }

    @Test(
        "a hash that was added twice is found, however far apart",
        arguments: [0, 1, 341, 342, 100_000]
    )
    func twice(distance: Int) throws {
        let keyHash: UInt64 = 0xFEDC_BA98_7654_3210
        // All in the same partition, so that blocks are spilled between the two.
        let step = UInt64(Limits.keyPartitions)
        let between = (0..<distance).map { entry(UInt64($0) * step + (keyHash & 0xFF)) }
        let whole = [entry(keyHash, attempt: 1)] + between + [entry(keyHash, attempt: 7)]
        #expect(try groups(index(whole)) == [keyHash: [1, 7]])
    }

    @Test("hashes that meet in one place are told apart", arguments: [1, 10, 3000])
    func collisions(count: UInt64) throws {
        // The bits that choose partition and place are those of 5, or all 0.
        for low: UInt64 in [5, 0] {
            let distinct = (1...count).map { entry($0 << 40 | low) }
            #expect(try groups(index(distinct)).isEmpty)
            let twice = distinct + [entry(count << 40 | low, attempt: 3)]
            #expect(try groups(index(twice)) == [count << 40 | low: [0, 3]])
        }
        #expect(try groups(index([entry(0), entry(0, attempt: 2)])) == [0: [0, 2]])
        #expect(try groups(index([entry(0), entry(256)])).isEmpty)
    }

    @Test("an index too large for one pass finds the same")
    func severalPasses() throws {
        // One partition gets everything, so the expected size is far exceeded.
        let step = UInt64(Limits.keyPartitions)
        let count = UInt64(Limits.keySortEntriesMax + 1000)
        let whole =
            (0..<count).map { entry($0 * step) }
            + [entry(0, attempt: 9), entry((count - 1) * step, attempt: 9)]
        #expect(try groups(index(whole)) == [0: [0, 9], (count - 1) * step: [0, 9]])
    }
}
