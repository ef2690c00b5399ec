import Mapping
import Synchronization

/// A table's items by buckets of their key's hash: how many more one side has than the other, and
/// the difference of the sums of their hashes.
///
/// Of fixed size, whatever the table's. A bucket in which both sides agree has zero in both; that
/// items which differ sum up to zero happens once in 2^128, and nobody can bring it about without
/// the seed.
struct BucketTable: Sendable {
    static let count = 1 << 16

    private var sums = [UInt128](repeating: 0, count: count)
    private var counts = [Int](repeating: 0, count: count)

    @inline(__always)
    static func bucket(of key: UInt128) -> Int { Int(truncatingIfNeeded: key) & (count - 1) }

    mutating func add(_ fingerprint: ItemFingerprint) {
        let bucket = Self.bucket(of: fingerprint.key)
        sums[bucket] &+= fingerprint.item
        counts[bucket] += 1
    }

    mutating func subtract(_ fingerprint: ItemFingerprint) {
        let bucket = Self.bucket(of: fingerprint.key)
        sums[bucket] &-= fingerprint.item
        counts[bucket] -= 1
    }

    mutating func add(_ other: BucketTable) {
        for bucket in 0..<Self.count {
            sums[bucket] &+= other.sums[bucket]
            counts[bucket] += other.counts[bucket]
        }
    }

    /// Which buckets differ; nil where none does.
    var differing: BucketSet? {
        let isIn = (0..<Self.count).map { sums[$0] != 0 || counts[$0] != 0 }
        return isIn.contains(true) ? BucketSet(isIn: isIn) : nil
    }
}

/// Some of the buckets.
struct BucketSet: Sendable {
    fileprivate let isIn: [Bool]

    @inline(__always)
    func contains(_ key: UInt128) -> Bool { isIn[BucketTable.bucket(of: key)] }
}

/// What one chunk adds to the buckets, kept apart until it was read to its end: a chunk that breaks
/// off is read again.
struct StagedChunk {
    /// Rows after which a chunk is counted in buckets of its own, so that a view that is read in
    /// one pass takes no more memory than others.
    private static let listMax = 16_384

    private var list: [ItemFingerprint] = []
    private var buckets: BucketTable?
    var rows = 0
    var rejected = 0

    mutating func add(_ fingerprint: ItemFingerprint) {
        list.append(fingerprint)
        guard list.count == Self.listMax else { return }
        var buckets = self.buckets ?? BucketTable()
        self.buckets = nil
        for fingerprint in list { buckets.add(fingerprint) }
        self.buckets = buckets
        list.removeAll(keepingCapacity: true)
    }

    mutating func removeAll() {
        list.removeAll(keepingCapacity: true)
        buckets = nil
        rows = 0
        rejected = 0
    }

    func merge(into total: inout BucketTable) {
        for fingerprint in list { total.add(fingerprint) }
        if let buckets { total.add(buckets) }
    }
}
