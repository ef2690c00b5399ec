import Contract

/// Tells runs of bytes in one buffer apart: the members of sets, the names of an object's members.
///
/// Memory is kept between rows. Small collections are searched one by one; from `tableMin` entries
/// on, by an open-addressing table, so that a hostile row costs no quadratic time.
final class DistinctBytes {
    private struct Entry {
        var hash: UInt64
        var lower: Int
        var upper: Int
    }

    private static let tableMin = 32
    private var entries: [Entry] = []
    /// Indexes into `entries` plus one; 0 is free.
    ///
    /// Twice as many slots as entries, at least.
    private var slots: [UInt32] = []
    private var isTableUsed = false

    /// Forgets everything.
    func removeAll() {
        if entries.isEmpty { return }
        entries.removeAll(keepingCapacity: entries.capacity <= 4096)
        isTableUsed = false
    }

    /// Number of entries, for `removeLast(to:)` and `areDistinct(from:in:)`.
    var count: Int { entries.count }

    /// Adds a run of `buffer`, unless an equal one is there.
    /// - Returns: whether it was added.
    func insert(_ range: Range<Int>, of buffer: ByteBuffer) -> Bool {
        let hash = Self.hash(buffer.bytes(range))
        if entries.count < Self.tableMin {
            for entry in entries where entry.hash == hash {
                if isEqual(entry, range, buffer) { return false }
            }
            entries.append(Entry(hash: hash, lower: range.lowerBound, upper: range.upperBound))
            return true
        }
        if !isTableUsed || slots.count < entries.count * 2 + 2 { rebuildTable() }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, isEqual(entry, range, buffer) { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        entries.append(Entry(hash: hash, lower: range.lowerBound, upper: range.upperBound))
        slots[slot] = UInt32(entries.count)
        return true
    }

    /// Adds a run without looking for equal ones.
    func push(_ range: Range<Int>, of buffer: ByteBuffer) {
        entries.append(
            Entry(
                hash: Self.hash(buffer.bytes(range)),
                lower: range.lowerBound,
                upper: range.upperBound
            )
        )
    }

    /// Whether no two of the entries from number `start` on are equal; forgets these entries.
    func areDistinct(from start: Int, in buffer: ByteBuffer) -> Bool {
        // Of one, or none, there is no equal.
        if entries.count - start < 2 {
            entries.removeLast(entries.count - start)
            return true
        }
        defer { entries.removeLast(entries.count - start) }
        if entries.count - start > Self.tableMin {
            entries[start...].sort { $0.hash < $1.hash }
            for index in (start + 1)..<entries.count {
                var other = index - 1
                while other >= start, entries[other].hash == entries[index].hash {
                    if isEqual(entries[other], range(entries[index]), buffer) { return false }
                    other -= 1
                }
            }
            return true
        }
        for index in start..<entries.count {
            for other in start..<index where entries[other].hash == entries[index].hash {
                if isEqual(entries[other], range(entries[index]), buffer) { return false }
            }
        }
        return true
    }

    private func range(_ entry: Entry) -> Range<Int> { entry.lower..<entry.upper }

    private func isEqual(_ entry: Entry, _ range: Range<Int>, _ buffer: ByteBuffer) -> Bool {
        buffer.bytes(self.range(entry)).equals(buffer.bytes(range))
    }

    private func rebuildTable() {
        var capacity = 128
        while capacity < entries.count * 4 { capacity *= 2 }
        slots = [UInt32](repeating: 0, count: capacity)
        for (index, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.hash) & (capacity - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = UInt32(index + 1)
        }
        isTableUsed = true
    }

    private static func hash(_ bytes: Bytes) -> UInt64 {
        var hash = KeyHash()
        hash.combine(.string, bytes)
        return hash.value
    }
}
