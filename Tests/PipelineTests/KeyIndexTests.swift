import Mapping
import TestSupport
import Testing

@testable import Pipeline

@Suite("KeyIndex")
struct KeyIndexTests {
    private func item(_ keyHash: UInt64, attempt: UInt32 = 0) -> Batch.Item {
        Batch.Item(
            range: 0..<0,
            size: 0,
            keyHash: keyHash,
            chunk: ChunkID(entity: 0, attempt: attempt),
            row: 0
        )
    }

    private func duplicates(
        in index: KeyIndex,
        isCounted: (KeyIndex.Entry) -> Bool = { _ in true }
    ) throws -> [UInt64: [UInt32]] {
        var found: [UInt64: [UInt32]] = [:]
        try index.forEachDuplicate(isCounted: isCounted) { keyHash, entries in
            found[keyHash] = entries.map(\.attempt).sorted()
        }
        return found
    }

    @Test("hashes that were recorded once are no duplicates")
    func unique() throws {
        let index = KeyIndex(spill: MemorySpillFile())
        try index.record((0..<10_000).map { item($0) })
        #expect(try duplicates(in: index).isEmpty)
    }

    @Test(
        "a hash that was recorded twice is found, however far apart",
        arguments: [0, 1, 341, 342, 100_000]
    )
    func twice(distance: Int) throws {
        let index = KeyIndex(spill: MemorySpillFile())
        let keyHash: UInt64 = 0xFEDC_BA98_7654_3210
        try index.record([item(keyHash, attempt: 1)])
        // All in the same partition, so that blocks are spilled between the two.
        let step = UInt64(Limits.keyPartitions)
        try index.record((0..<distance).map { item(UInt64($0) * step + (keyHash & 0xFF)) })
        try index.record([item(keyHash, attempt: 7)])
        #expect(try duplicates(in: index) == [keyHash: [1, 7]])
    }

    @Test("entries of attempts that do not count are left out")
    func uncounted() throws {
        let index = KeyIndex(spill: MemorySpillFile())
        try index.record([item(5, attempt: 1), item(5, attempt: 2), item(5, attempt: 3)])
        #expect(try duplicates(in: index) { $0.attempt != 2 } == [5: [1, 3]])
        #expect(try duplicates(in: index) { $0.attempt == 2 }.isEmpty)
    }

    @Test("an index too large for one pass finds the same")
    func severalPasses() throws {
        let index = KeyIndex(spill: MemorySpillFile())
        // One partition gets everything, so the expected size is far exceeded.
        let step = UInt64(Limits.keyPartitions)
        let count = UInt64(Limits.keySortEntriesMax + 1000)
        try index.record((0..<count).map { item($0 * step) })
        try index.record([item(0, attempt: 9), item((count - 1) * step, attempt: 9)])
        #expect(try duplicates(in: index) == [0: [0, 9], (count - 1) * step: [0, 9]])
    }
}
