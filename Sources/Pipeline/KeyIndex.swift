import Mapping
import Synchronization

/// A scratch file for what does not fit into memory.
///
/// Offsets never overlap, so calls may come from any thread.
public protocol SpillFile: Sendable {
    func write(_ bytes: [UInt8], at offset: Int) throws
    func read(count: Int, at offset: Int) throws -> [UInt8]
}

/// A file that outlives the process.
public protocol DurableFile: SpillFile {
    /// Makes sure that what was written is on the disk.
    func sync() throws
    /// Forgets all bytes behind `count`.
    func truncate(to count: Int) throws
}

/// Remembers the key hash of every item that was made, wherever in the run, in bounded memory:
/// what finds two rows with one key.
///
/// Entries are scattered over partitions by hash; a partition's full block goes to the spill file.
/// An index of n entries holds n / 341 block numbers and 1 MiB of open blocks in memory.
public final class KeyIndex: Sendable {
    /// An item's key hash and the chunk attempt that made it.
    struct Entry: Sendable, Equatable {
        var keyHash: UInt64
        var attempt: UInt32
    }

    static let entryBytes = 12
    static let entriesPerBlock = Limits.keyBlockBytes / entryBytes

    fileprivate struct Partition {
        var open: [UInt8] = []
        var blocks: [UInt32] = []

        var entryCount: Int {
            blocks.count * KeyIndex.entriesPerBlock + open.count / KeyIndex.entryBytes
        }
    }

    fileprivate struct State {
        var partitions = Array(repeating: Partition(), count: Limits.keyPartitions)
        var blockCount: UInt32 = 0
        var spare: [[UInt8]] = []
    }

    private let spill: any SpillFile
    private let state = Mutex(State())

    public init(spill: any SpillFile) {
        self.spill = spill
    }

    /// Records the items of a batch.
    ///
    /// - Throws: what the spill file throws; the index is then incomplete and the run must stop.
    func record(_ items: [Batch.Item]) throws {
        var full: [(block: UInt32, bytes: [UInt8])] = []
        state.withLock { state in
            for item in items {
                if let block = state.add(
                    Entry(keyHash: item.keyHash, attempt: item.chunk.attempt)
                ) {
                    full.append(block)
                }
            }
        }
        // The lock is not held across the write: the block's place is already its own.
        for (block, bytes) in full {
            try spill.write(bytes, at: Int(block) * Limits.keyBlockBytes)
            state.withLock { state in
                guard state.spare.count < 8 else { return }
                var bytes = bytes
                bytes.removeAll(keepingCapacity: true)
                state.spare.append(bytes)
            }
        }
    }

    /// Calls `body` with every group of two or more entries of one hash.
    ///
    /// Entries that `isCounted` denies are left out. Nothing may be recorded meanwhile.
    func forEachDuplicate(
        isCounted: (Entry) -> Bool,
        _ body: (UInt64, [Entry]) throws -> Void
    ) throws {
        for partition in 0..<Limits.keyPartitions {
            // Each pass keeps the hashes of one residue, so that a pass fits into memory.
            let entryCount = state.withLock { $0.partitions[partition].entryCount }
            let passes = UInt64(entryCount / Limits.keySortEntriesMax + 1)
            for pass in 0..<passes {
                var entries: [Entry] = []
                try forEachEntry(of: partition) { entry in
                    let isOfPass = passes == 1 || (entry.keyHash >> 8) % passes == pass
                    if isOfPass, isCounted(entry) { entries.append(entry) }
                }
                try Self.forEachGroup(in: &entries, body)
            }
        }
    }

    private static func forEachGroup(
        in entries: inout [Entry],
        _ body: (UInt64, [Entry]) throws -> Void
    ) rethrows {
        entries.sort { $0.keyHash < $1.keyHash }
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].keyHash == entries[start].keyHash { end += 1 }
            if end - start > 1 { try body(entries[start].keyHash, Array(entries[start..<end])) }
            start = end
        }
    }

    private func forEachEntry(of partition: Int, _ body: (Entry) -> Void) throws {
        let (blocks, open) = state.withLock { state in
            (state.partitions[partition].blocks, state.partitions[partition].open)
        }
        let blockBytes = Self.entriesPerBlock * Self.entryBytes
        for block in blocks {
            let bytes = try spill.read(
                count: blockBytes,
                at: Int(block) * Limits.keyBlockBytes
            )
            Self.decode(bytes, body)
        }
        Self.decode(open, body)
    }

    private static func decode(_ bytes: [UInt8], _ body: (Entry) -> Void) {
        var index = 0
        while index + entryBytes <= bytes.count {
            var keyHash: UInt64 = 0
            for offset in 0..<8 { keyHash |= UInt64(bytes[index + offset]) << (offset * 8) }
            var attempt: UInt32 = 0
            for offset in 0..<4 { attempt |= UInt32(bytes[index + 8 + offset]) << (offset * 8) }
            body(Entry(keyHash: keyHash, attempt: attempt))
            index += entryBytes
        }
    }
}

extension KeyIndex.State {
    /// Adds an entry; hands out its partition's block when that is full.
    fileprivate mutating func add(_ entry: KeyIndex.Entry) -> (block: UInt32, bytes: [UInt8])? {
        let index = Int(truncatingIfNeeded: entry.keyHash) & (Limits.keyPartitions - 1)
        for shift in 0..<8 {
            partitions[index].open.append(UInt8(truncatingIfNeeded: entry.keyHash >> (shift * 8)))
        }
        for shift in 0..<4 {
            partitions[index].open.append(UInt8(truncatingIfNeeded: entry.attempt >> (shift * 8)))
        }
        guard partitions[index].open.count == KeyIndex.entriesPerBlock * KeyIndex.entryBytes else {
            return nil
        }
        let block = blockCount
        blockCount += 1
        partitions[index].blocks.append(block)
        let bytes = partitions[index].open
        partitions[index].open = spare.popLast() ?? []
        return (block, bytes)
    }
}
