import Mapping
import Synchronization

/// The first pass: both sides counted into one set of buckets, the source's rows added, the
/// target's items taken away.
final class Comparison: Sendable {
    struct Total: Sendable {
        var buckets = BucketTable()
        var rows = 0
        var rejected = 0
        var items = 0
    }

    private let state = Mutex(Total())

    var total: Total { state.withLock { $0 } }

    func add(_ chunk: StagedChunk) {
        state.withLock { total in
            chunk.merge(into: &total.buckets)
            total.rows += chunk.rows
            total.rejected += chunk.rejected
        }
    }

    func subtract(_ page: [ItemFingerprint]) {
        state.withLock { total in
            for fingerprint in page { total.buckets.subtract(fingerprint) }
            total.items += page.count
        }
    }
}

/// Maps the rows of a slab, and hands each item to whoever compares it.
final class RowHasher {
    let mappers: [Int: ItemMapper]
    let hasher: ItemHasher
    let buffer = ByteBuffer()

    init(mappers: [Int: ItemMapper], hasher: ItemHasher) {
        self.mappers = mappers
        self.hasher = hasher
    }

    /// Calls `item` with the index of each row within its chunk and its item's fingerprint, while
    /// `buffer` holds the item and nothing else.
    ///
    /// - Returns: the number of rows that the mapper rejects.
    func forEachItem(
        of slab: RowSlab,
        _ item: (Int, ItemFingerprint, MappedItem) throws -> Void
    ) throws -> Int {
        guard let mapper = mappers[Int(slab.chunk.entity)] else {
            preconditionFailure("a chunk is of another table than its reader")
        }
        var rejected = 0
        for row in 0..<slab.rowCount {
            buffer.truncate(to: 0, bytesKeptMax: 1 << 20)
            switch mapper.map(row: row, of: slab, into: buffer) {
            case .rejected: rejected += 1
            case .item(let mapped):
                let fingerprint = try hasher.fingerprint(buffer, 0..<buffer.count)
                try item(slab.firstRow + row, fingerprint, mapped)
            }
        }
        return rejected
    }
}

/// Counts a reader's chunks.
final class CountingRows: ChunkVisitor {
    private let comparison: Comparison
    private let watch: VerificationWatch
    private let rows: RowHasher
    private var staged = StagedChunk()

    init(
        _ comparison: Comparison,
        watch: VerificationWatch,
        hasher: ItemHasher,
        mappers: [Int: ItemMapper]
    ) {
        self.comparison = comparison
        self.watch = watch
        rows = RowHasher(mappers: mappers, hasher: hasher)
    }

    func begin(_ chunk: VerifiedChunk) { staged.removeAll() }

    func take(_ slab: RowSlab) throws {
        staged.rows += slab.rowCount
        staged.rejected += try rows.forEachItem(of: slab) { _, fingerprint, _ in
            staged.add(fingerprint)
        }
        watch.saw(rows: slab.rowCount)
    }

    func complete() {
        comparison.add(staged)
        staged.removeAll()
    }

    func abandon() {
        watch.saw(rows: -staged.rows)
        staged.removeAll()
    }
}

/// Counts a segment's pages.
final class CountingPages: PageVisitor {
    private let comparison: Comparison
    private let watch: VerificationWatch
    private let hasher: ItemHasher
    private var fingerprints: [ItemFingerprint] = []

    init(_ comparison: Comparison, watch: VerificationWatch, hasher: ItemHasher) {
        self.comparison = comparison
        self.watch = watch
        self.hasher = hasher
    }

    func take(_ page: ItemPage) throws {
        fingerprints.removeAll(keepingCapacity: true)
        for range in page.items {
            fingerprints.append(try hasher.fingerprint(page.text, range))
        }
        comparison.subtract(fingerprints)
        watch.saw(items: page.items.count)
    }
}
