import Contract

/// An item that keeps the rules, with what a table must know of it.
struct CheckedItem: Sendable {
    /// The canonical text of its key; see `FakeTable.Schema.key(of:)`.
    var key: String
    /// DynamoDB JSON: numbers normalised, members and sets sorted.
    var bytes: [UInt8]
    /// By the service's rules, in bytes.
    var size: Int
    var digest: UInt64
    /// Its entry in each of the table's indexes; nil where it has none.
    var indexEntries: [IndexEntry?]
}

/// What an index holds of an item.
struct IndexEntry: Sendable, Equatable {
    /// Canonical text of the index's key and the table's.
    var key: String
    var size: Int
    /// Of the projected attributes.
    var digest: UInt64
}

/// The items of a table in the order in which a scan hands them out: that of a hash of their keys,
/// which, as in the service, has nothing to do with the order of the keys.
struct ItemStore: Sendable {
    private struct Stored: Sendable {
        let hash: UInt64
        var item: CheckedItem

        func precedes(_ other: UInt64, _ key: String) -> Bool {
            hash != other ? hash < other : item.key < key
        }
    }

    private static let bucketBits: UInt64 = 12
    /// By the first bits of the hash; each in the order of the scan.
    private var buckets = [[Stored]](repeating: [], count: 1 << bucketBits)
    private(set) var count = 0

    subscript(key: String) -> CheckedItem? {
        let hash = Self.hash(key)
        let bucket = Int(hash >> (64 - Self.bucketBits))
        let place = place(of: hash, key, in: bucket)
        guard place < buckets[bucket].count, buckets[bucket][place].item.key == key else {
            return nil
        }
        return buckets[bucket][place].item
    }

    /// - Returns: the item that was in its place.
    @discardableResult
    mutating func put(_ item: CheckedItem) -> CheckedItem? {
        let hash = Self.hash(item.key)
        let bucket = Int(hash >> (64 - Self.bucketBits))
        let place = place(of: hash, item.key, in: bucket)
        if place < buckets[bucket].count, buckets[bucket][place].item.key == item.key {
            let old = buckets[bucket][place].item
            buckets[bucket][place].item = item
            return old
        }
        buckets[bucket].insert(Stored(hash: hash, item: item), at: place)
        count += 1
        return nil
    }

    @discardableResult
    mutating func remove(_ key: String) -> CheckedItem? {
        let hash = Self.hash(key)
        let bucket = Int(hash >> (64 - Self.bucketBits))
        let place = place(of: hash, key, in: bucket)
        guard place < buckets[bucket].count, buckets[bucket][place].item.key == key else {
            return nil
        }
        count -= 1
        return buckets[bucket].remove(at: place).item
    }

    func forEach(_ body: (CheckedItem) -> Void) {
        for bucket in buckets { for stored in bucket { body(stored.item) } }
    }

    /// One page of a scan: the items after `start` whose hash lies within `hashes`, up to `limit`
    /// of them and until `bytesMax` bytes are reached.
    ///
    /// - Returns: `isCut`: whether a limit ended it, so that there may be more.
    func page(
        after start: String?,
        hashes: ClosedRange<UInt64>,
        limit: Int,
        bytesMax: Int
    ) -> (items: [CheckedItem], isCut: Bool) {
        let first = start.map(Self.hash).map { max($0, hashes.lowerBound) } ?? hashes.lowerBound
        var items: [CheckedItem] = []
        var bytes = 0
        for bucket in Int(first >> (64 - Self.bucketBits))..<buckets.count {
            for stored in buckets[bucket] where stored.hash >= first {
                if let start, !isAfter(stored, start) { continue }
                guard stored.hash <= hashes.upperBound else { return (items, false) }
                items.append(stored.item)
                bytes += stored.item.size
                if items.count >= limit || bytes >= bytesMax { return (items, true) }
            }
        }
        return (items, false)
    }

    private func isAfter(_ stored: Stored, _ start: String) -> Bool {
        let hash = Self.hash(start)
        return stored.hash != hash ? stored.hash > hash : stored.item.key > start
    }

    /// Where the key lies in the bucket, or would.
    private func place(of hash: UInt64, _ key: String, in bucket: Int) -> Int {
        var (low, high) = (0, buckets[bucket].count)
        while low < high {
            let middle = (low + high) / 2
            if buckets[bucket][middle].precedes(hash, key) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The hashes of one of `total` segments.
    static func hashes(segment: Int, of total: Int) -> ClosedRange<UInt64> {
        func lower(_ segment: Int) -> UInt64 {
            UInt64(total).dividingFullWidth((high: UInt64(segment), low: 0)).quotient
        }
        if total == 1 { return 0 ... .max }
        return lower(segment)...(segment + 1 == total ? .max : lower(segment + 1) - 1)
    }

    static func hash(_ key: String) -> UInt64 {
        var key = key
        var hash = key.withUTF8 { unsafe Digest64.of($0) }
        // Spreads what differs in the last bytes only.
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }
}

/// A digest of 64 bits: FNV-1a.
enum Digest64 {
    static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // An index is quicker than an iterator in a debug build.
        for index in 0..<bytes.count {
            hash = (hash ^ UInt64(unsafe bytes[index])) &* 0x100_0000_01B3
        }
        return hash
    }

    static func of(_ bytes: [UInt8]) -> UInt64 {
        unsafe bytes.withUnsafeBufferPointer { unsafe of($0) }
    }
}
