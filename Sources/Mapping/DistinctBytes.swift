import Contract

/// Tells runs of bytes in one buffer apart: the members of sets, the names of an object's members.
///
/// Memory is kept between rows. Small collections are searched one by one; from `tableMin` entries
/// on, by an open-addressing table, so that a hostile row costs no quadratic time.
@safe
final class DistinctBytes {
    fileprivate struct Entry {
        var hash: UInt64
        var lower: Int
        var upper: Int
    }

    fileprivate struct State {
        var entries: [Entry] = []
        /// Indexes into `entries` plus one; 0 is free.
        ///
        /// Twice as many slots as entries, at least.
        var slots: [UInt32] = []
        var isTableUsed = false
    }

    // Behind a pointer for the same reason as in `ByteBuffer`.
    private let state: UnsafeMutablePointer<State>

    init() {
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: State())
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
    }

    /// Number of entries, for `areDistinct(from:in:)`.
    @inline(__always)
    var count: Int { unsafe state.pointee.entries.count }

    /// Forgets everything.
    @inline(__always)
    func removeAll() {
        if count > 0 { unsafe state.pointee.removeAll() }
    }

    /// Adds a run of `buffer`, unless an equal one is there.
    /// - Returns: whether it was added.
    func insert(_ range: Range<Int>, of buffer: ByteBuffer) -> Bool {
        unsafe state.pointee.insert(range, of: buffer)
    }

    /// Adds a run without looking for equal ones.
    func push(_ range: Range<Int>, of buffer: ByteBuffer) {
        unsafe state.pointee.push(range, of: buffer)
    }

    /// Whether no two of the entries from number `start` on are equal; forgets these entries.
    func areDistinct(from start: Int, in buffer: ByteBuffer) -> Bool {
        unsafe state.pointee.areDistinct(from: start, in: buffer)
    }
}

extension DistinctBytes.State {
    private static let tableMin = 32

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: entries.capacity <= 4096)
        isTableUsed = false
    }

    mutating func insert(_ range: Range<Int>, of buffer: ByteBuffer) -> Bool {
        let hash = Self.hash(buffer.bytes(range))
        let new = DistinctBytes.Entry(
            hash: hash,
            lower: range.lowerBound,
            upper: range.upperBound
        )
        if entries.count < Self.tableMin {
            for entry in entries where entry.hash == hash {
                if Self.areEqual(entry, new, buffer) { return false }
            }
            entries.append(new)
            return true
        }
        if !isTableUsed || slots.count < entries.count * 2 + 2 { rebuildTable() }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, Self.areEqual(entry, new, buffer) { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        entries.append(new)
        slots[slot] = UInt32(entries.count)
        return true
    }

    mutating func push(_ range: Range<Int>, of buffer: ByteBuffer) {
        entries.append(
            DistinctBytes.Entry(
                hash: Self.hash(buffer.bytes(range)),
                lower: range.lowerBound,
                upper: range.upperBound
            )
        )
    }

    mutating func areDistinct(from start: Int, in buffer: ByteBuffer) -> Bool {
        defer { entries.removeLast(entries.count - start) }
        // Of one, or none, there is no equal.
        if entries.count - start < 2 { return true }
        if entries.count - start > Self.tableMin {
            entries[start...].sort { $0.hash < $1.hash }
            for index in (start + 1)..<entries.count {
                var other = index - 1
                while other >= start, entries[other].hash == entries[index].hash {
                    if Self.areEqual(entries[other], entries[index], buffer) { return false }
                    other -= 1
                }
            }
            return true
        }
        for index in start..<entries.count {
            for other in start..<index where entries[other].hash == entries[index].hash {
                if Self.areEqual(entries[other], entries[index], buffer) { return false }
            }
        }
        return true
    }

    private static func areEqual(
        _ left: DistinctBytes.Entry,
        _ right: DistinctBytes.Entry,
        _ buffer: ByteBuffer
    ) -> Bool {
        buffer.bytes(left.lower..<left.upper).equals(buffer.bytes(right.lower..<right.upper))
    }

    private mutating func rebuildTable() {
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
