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
/// An index of n entries holds n / 341 block numbers and 1.4 MiB of open blocks in memory. Used on
/// one thread.
struct KeyIndex {
    typealias Entry = KeyLog.Entry

    static let entryBytes = KeyLog.entryBytes
    static let entriesPerBlock = Limits.keyBlockBytes / entryBytes

    private static let stepsMax = 64

    private struct Partition {
        var open: [Entry] = []
        var blocks: [UInt32] = []

        var entryCount: Int { blocks.count * KeyIndex.entriesPerBlock + open.count }
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
        partitions[index].open.append(entry)
        guard partitions[index].open.count == Self.entriesPerBlock else { return }
        let bytes = KeyLog.encode(partitions[index].open)
        try spill.write(bytes, at: Int(blockCount) * Limits.keyBlockBytes)
        partitions[index].blocks.append(blockCount)
        partitions[index].open.removeAll(keepingCapacity: true)
        blockCount += 1
    }

    /// Calls `body` with every group of two or more entries of one hash.
    func forEachGroup(_ body: (UInt64, [Entry]) throws -> Void) throws {
        var places: [UInt64] = []
        for partition in 0..<Limits.keyPartitions {
            // Each pass keeps the hashes of one residue, so that a pass fits into memory.
            let entryCount = partitions[partition].entryCount
            let passes = UInt64(entryCount / Limits.keySortEntriesMax + 1)
            for pass in 0..<passes {
                var entries: [Entry] = []
                entries.reserveCapacity(entryCount / Int(passes))
                try forEachEntry(of: partition) { entry in
                    if passes == 1 || (entry.keyHash >> 8) % passes == pass {
                        entries.append(entry)
                    }
                }
                if Self.areDistinct(entries, places: &places) { continue }
                try Self.forEachGroup(in: &entries, body)
            }
        }
    }

    /// Whether no two entries have one hash, which is the rule and is seen sooner than by sorting.
    ///
    /// `places` is a hash table whose memory is used again.
    private static func areDistinct(_ entries: [Entry], places: inout [UInt64]) -> Bool {
        let capacity = max(entries.count * 2, 64)
        let mask = (1 << (Int.bitWidth - (capacity - 1).leadingZeroBitCount)) - 1
        places.removeAll(keepingCapacity: true)
        places.append(contentsOf: repeatElement(0, count: mask + 1))
        for entry in entries {
            // 0 is an empty place. A hash that is 0 is left to sorting.
            guard entry.keyHash != 0 else { return false }
            // The lowest bits are those of the partition.
            var place = Int(truncatingIfNeeded: entry.keyHash >> 8) & mask
            var steps = 0
            while places[place] != 0 {
                // Hashes made to meet in one place would take for ever; sorting does not mind.
                guard places[place] != entry.keyHash, steps < Self.stepsMax else { return false }
                place = (place + 1) & mask
                steps += 1
            }
            places[place] = entry.keyHash
        }
        return true
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
        partitions[partition].open.forEach(body)
    }
}
