import Mapping
import Synchronization

/// The second pass: what both sides hold in the buckets that differ, as records in scratch files.
final class VerificationRecords: Sendable {
    /// One row's or one item's record.
    struct Record {
        /// nil: it is an item of the target.
        var attempt: UInt32?
        /// Index of the row within its chunk, in key order.
        var row: UInt64
        var fingerprint: ItemFingerprint
        /// The key as DynamoDB JSON.
        var key: [UInt8]

        private static let ofTarget = UInt32.max

        var encoded: [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(44 + key.count)
            bytes.append(attempt ?? Self.ofTarget)
            bytes.append(row)
            bytes.append(fingerprint.key)
            bytes.append(fingerprint.item)
            return bytes + key
        }

        init(attempt: UInt32?, row: UInt64, fingerprint: ItemFingerprint, key: [UInt8]) {
            self.attempt = attempt
            self.row = row
            self.fingerprint = fingerprint
            self.key = key
        }

        /// Without the key, which `key(of:)` reads.
        init(_ bytes: ArraySlice<UInt8>) {
            let attempt = bytes.number(UInt32.self, at: 0)
            self.attempt = attempt == Self.ofTarget ? nil : attempt
            row = bytes.number(UInt64.self, at: 4)
            fingerprint = ItemFingerprint(
                key: bytes.number(UInt128.self, at: 12),
                item: bytes.number(UInt128.self, at: 28)
            )
            key = []
        }

        static func key(of bytes: ArraySlice<UInt8>) -> [UInt8] { Array(bytes.dropFirst(44)) }
    }

    /// One reading of a chunk; what a broken one has recorded does not count.
    struct Attempt: Sendable {
        var chunk: VerifiedChunk
        var isComplete: Bool
    }

    /// What was read, whatever its bucket.
    struct Seen: Sendable {
        var items = 0
        var rows = 0
        var rejected = 0
    }

    let partitions: SpillPartitions
    let buckets: BucketSet
    let quotedNames: [String]
    private let state = Mutex<[Attempt]>([])
    private let seen = Mutex(Seen())

    init(partitions: SpillPartitions, buckets: BucketSet, quotedNames: [String]) {
        self.partitions = partitions
        self.buckets = buckets
        self.quotedNames = quotedNames
    }

    var attempts: [Attempt] { state.withLock { $0 } }

    func begin(_ chunk: VerifiedChunk) -> UInt32 {
        state.withLock { attempts in
            attempts.append(Attempt(chunk: chunk, isComplete: false))
            return UInt32(attempts.count - 1)
        }
    }

    func complete(_ attempt: UInt32, rows: Int, rejected: Int) {
        state.withLock { $0[Int(attempt)].isComplete = true }
        seen.withLock { seen in
            seen.rows += rows
            seen.rejected += rejected
        }
    }

    func saw(items: Int) { seen.withLock { $0.items += items } }

    /// What was read in all.
    var total: Seen { seen.withLock { $0 } }

    func append(_ record: Record) throws {
        // The lowest bits are the bucket's, of which only some are here.
        let partition = Int(truncatingIfNeeded: record.fingerprint.key >> 16)
        try partitions.append(record.encoded, to: partition & (partitions.count - 1))
    }
}

/// Records a reader's chunks.
final class RecordingRows: ChunkVisitor {
    private let records: VerificationRecords
    private let watch: VerificationWatch
    private let rows: RowHasher
    private let key = ByteBuffer(capacity: 256)
    private var attempt: UInt32 = 0
    private var rowCount = 0
    private var rejected = 0

    init(
        _ records: VerificationRecords,
        watch: VerificationWatch,
        hasher: ItemHasher,
        mappers: [Int: ItemMapper]
    ) {
        self.records = records
        self.watch = watch
        rows = RowHasher(mappers: mappers, hasher: hasher)
    }

    func begin(_ chunk: VerifiedChunk) {
        attempt = records.begin(chunk)
        rowCount = 0
        rejected = 0
    }

    func take(_ slab: RowSlab) throws {
        rowCount += slab.rowCount
        rejected += try rows.forEachItem(of: slab) { row, fingerprint, _ in
            guard records.buckets.contains(fingerprint.key) else { return }
            key.truncate(to: 0)
            rows.hasher.appendKey(
                of: rows.buffer,
                quotedNames: records.quotedNames,
                to: key
            )
            try records.append(
                VerificationRecords.Record(
                    attempt: attempt,
                    row: UInt64(row),
                    fingerprint: fingerprint,
                    key: key.array()
                )
            )
        }
        watch.saw(rows: slab.rowCount)
    }

    func complete() { records.complete(attempt, rows: rowCount, rejected: rejected) }

    func abandon() {}
}

/// Records a segment's pages.
final class RecordingPages: PageVisitor {
    private let records: VerificationRecords
    private let watch: VerificationWatch
    private let hasher: ItemHasher
    private let key = ByteBuffer(capacity: 256)
    private var page: [VerificationRecords.Record] = []

    init(_ records: VerificationRecords, watch: VerificationWatch, hasher: ItemHasher) {
        self.records = records
        self.watch = watch
        self.hasher = hasher
    }

    func take(_ page: ItemPage) throws {
        self.page.removeAll(keepingCapacity: true)
        for range in page.items {
            let fingerprint = try hasher.fingerprint(page.text, range)
            guard records.buckets.contains(fingerprint.key) else { continue }
            key.truncate(to: 0)
            hasher.appendKey(of: page.text, quotedNames: records.quotedNames, to: key)
            self.page.append(
                VerificationRecords.Record(
                    attempt: nil,
                    row: 0,
                    fingerprint: fingerprint,
                    key: key.array()
                )
            )
        }
        for record in self.page { try records.append(record) }
        records.saw(items: page.items.count)
        watch.saw(items: page.items.count)
    }
}
