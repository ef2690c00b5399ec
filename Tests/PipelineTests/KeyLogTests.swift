import Mapping
import TestSupport
import Testing

@testable import Pipeline

@Suite("KeyLog")
struct KeyLogTests {
    private func item(_ keyHash: UInt64, attempt: UInt32) -> Batch.Item {
        Batch.Item(
            range: 0..<0,
            size: 0,
            keyHash: keyHash,
            chunk: ChunkID(entity: 0, attempt: attempt),
            row: 0
        )
    }

    private func entries(_ log: KeyLog) throws -> [KeyLog.Entry] {
        var entries: [KeyLog.Entry] = []
        try log.forEachEntry { entries.append($0) }
        return entries
    }

    @Test("gives back what was recorded, in order, marks included")
    func order() throws {
        let log = try KeyLog(file: MemorySpillFile(), length: 0)
        try log.record([item(.max, attempt: 1), item(2, attempt: KeyLog.attemptMax - 1)])
        try log.note(.refused, item(2, attempt: 7))
        try log.note(.kept, item(3, attempt: KeyLog.attemptMax - 1))
        #expect(
            try entries(log) == [
                KeyLog.Entry(keyHash: .max, attempt: 1),
                KeyLog.Entry(keyHash: 2, attempt: KeyLog.attemptMax - 1),
                KeyLog.Entry(keyHash: 2, attempt: 7, mark: .refused),
                KeyLog.Entry(keyHash: 3, attempt: KeyLog.attemptMax - 1, mark: .kept),
            ]
        )
    }

    @Test("holds more than its buffer")
    func large() throws {
        let log = try KeyLog(file: MemorySpillFile(), length: 0)
        for number in 0..<20_000 { try log.record([item(UInt64(number), attempt: 5)]) }
        #expect(try entries(log).map(\.keyHash) == (0..<20_000).map(UInt64.init))
        #expect(try log.sync() == 240_000)
    }

    @Test("forgets what was written after the last sync that counts")
    func resumed() throws {
        let file = MemorySpillFile()
        let first = try KeyLog(file: file, length: 0)
        try first.record([item(1, attempt: 0), item(2, attempt: 0)])
        let length = try first.sync()
        try first.record([item(3, attempt: 1)])
        _ = try first.sync()
        let second = try KeyLog(file: file, length: length)
        try second.record([item(4, attempt: 2)])
        #expect(try entries(second).map(\.keyHash) == [1, 2, 4])
    }
}
