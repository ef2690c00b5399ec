import Synchronization

/// Records of any length, scattered over partitions, each of which is a stream in a scratch file
/// that is read back as a whole.
///
/// In memory are one block a partition and four bytes for each block on the disk.
final class SpillPartitions: Sendable {
    fileprivate struct Partition: Sendable {
        var open: [UInt8] = []
        var blocks: [UInt32] = []
        var records = 0
    }

    private struct State {
        var partitions: [Partition]
        var blockCount: UInt32 = 0
    }

    private let spill: any SpillFile
    private let blockBytes: Int
    private let state: Mutex<State>
    let count: Int

    /// - Parameters:
    ///   - spill: a file of its own.
    ///   - count: number of partitions.
    ///   - blockBytes: bytes that a partition gathers before they are written.
    init(spill: any SpillFile, count: Int = 256, blockBytes: Int = 16_384) {
        self.spill = spill
        self.count = count
        self.blockBytes = blockBytes
        state = Mutex(State(partitions: Array(repeating: Partition(), count: count)))
    }

    /// Records that a partition holds.
    func records(of partition: Int) -> Int { state.withLock { $0.partitions[partition].records } }

    /// Adds a record to a partition, framed by its length.
    ///
    /// - Throws: what the spill file throws; the records are then incomplete.
    func append(_ record: [UInt8], to partition: Int) throws {
        var full: [(block: UInt32, bytes: [UInt8])] = []
        state.withLock { state in
            state.partitions[partition].records += 1
            state.partitions[partition].open.append(UInt32(record.count))
            state.partitions[partition].open += record
            while state.partitions[partition].open.count >= blockBytes {
                full.append(
                    (state.blockCount, Array(state.partitions[partition].open[..<blockBytes]))
                )
                state.partitions[partition].open.removeFirst(blockBytes)
                state.partitions[partition].blocks.append(state.blockCount)
                state.blockCount += 1
            }
        }
        // The lock is not held across the write: the block's place is already its own.
        for (block, bytes) in full { try spill.write(bytes, at: Int(block) * blockBytes) }
    }

    /// Calls `body` with every record of a partition, in the order in which they came.
    ///
    /// Nothing may be added meanwhile.
    func forEach(
        of partition: Int,
        _ body: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        let source = state.withLock { $0.partitions[partition] }
        var window: [UInt8] = []
        for block in source.blocks {
            window += try spill.read(count: blockBytes, at: Int(block) * blockBytes)
            try Self.take(from: &window, body)
        }
        window += source.open
        try Self.take(from: &window, body)
        guard window.isEmpty else { throw DamagedSpill() }
    }

    /// Takes the whole records at the window's beginning.
    private static func take(
        from window: inout [UInt8],
        _ body: (ArraySlice<UInt8>) throws -> Void
    ) rethrows {
        var index = 0
        while index + 4 <= window.count {
            let end = index + 4 + Int(window[index...].number(UInt32.self, at: 0))
            guard end <= window.count else { break }
            try body(window[index + 4..<end])
            index = end
        }
        window.removeFirst(index)
    }
}

/// A scratch file does not hold what was written to it.
struct DamagedSpill: Error, CustomStringConvertible {
    var description: String { "a scratch file gives back something else than was written to it" }
}

extension [UInt8] {
    /// Appends a number's bytes, the least first.
    mutating func append<Number: FixedWidthInteger>(_ number: Number)
    where Number: UnsignedInteger {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }
}

extension ArraySlice<UInt8> {
    /// The number whose bytes, the least first, begin `offset` bytes behind the slice's first.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number
    where Number: UnsignedInteger {
        var number: Number = 0
        for index in 0..<Number.bitWidth / 8 {
            number |= Number(self[startIndex + offset + index]) << Number(index * 8)
        }
        return number
    }
}
