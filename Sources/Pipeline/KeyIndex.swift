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

/// Finds equal key hashes among any number of entries, in bounded memory.
///
/// Entries are scattered over partitions by hash; a partition's full block goes to the spill file.
/// An index of n entries holds n / 341 block numbers and 1 MiB of open blocks in memory. Used on one
/// thread.
struct KeyIndex {
    typealias Entry = KeyLog.Entry

    static let entryBytes = KeyLog.entryBytes
    static let entriesPerBlock = Limits.keyBlockBytes / entryBytes

    private struct Partition {
        var open: [UInt8] = []
        var blocks: [UInt32] = []

        var entryCount: Int {
            blocks.count * KeyIndex.entriesPerBlock + open.count / KeyIndex.entryBytes
        }
    }

    private let spill: any SpillFile
    private var partitions = Array(repeating: Partition(), count: Limits.keyPartitions)
    private var blockCount: UInt32 = 0

    init(spill: any SpillFile) {
        self.spill = spill
    }

    /// Adds an entry.
    ///
    /// - Throws: what the spill file throws.
    mutating func add(_ entry: Entry) throws {
        let index = Int(truncatingIfNeeded: entry.keyHash) & (Limits.keyPartitions - 1)
        for shift in 0..<8 {
            partitions[index].open.append(UInt8(truncatingIfNeeded: entry.keyHash >> (shift * 8)))
        }
        for shift in 0..<4 {
            partitions[index].open.append(UInt8(truncatingIfNeeded: entry.word >> (shift * 8)))
        }
        guard partitions[index].open.count == Self.entriesPerBlock * Self.entryBytes else { return }
        try spill.write(partitions[index].open, at: Int(blockCount) * Limits.keyBlockBytes)
        partitions[index].blocks.append(blockCount)
        partitions[index].open.removeAll(keepingCapacity: true)
        blockCount += 1
    }

    /// Calls `body` with every group of two or more entries of one hash.
    func forEachGroup(_ body: (UInt64, [Entry]) throws -> Void) throws {
        for partition in 0..<Limits.keyPartitions {
            // Each pass keeps the hashes of one residue, so that a pass fits into memory.
            let entryCount = partitions[partition].entryCount
            let passes = UInt64(entryCount / Limits.keySortEntriesMax + 1)
            for pass in 0..<passes {
                var entries: [Entry] = []
                try forEachEntry(of: partition) { entry in
                    if passes == 1 || (entry.keyHash >> 8) % passes == pass {
                        entries.append(entry)
                    }
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
        let blockBytes = Self.entriesPerBlock * Self.entryBytes
        for block in partitions[partition].blocks {
            let bytes = try spill.read(count: blockBytes, at: Int(block) * Limits.keyBlockBytes)
            KeyLog.decode(bytes, body)
        }
        KeyLog.decode(partitions[partition].open, body)
    }
}
