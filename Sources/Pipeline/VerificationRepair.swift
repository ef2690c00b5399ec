import Dispatch
import Mapping
import Synchronization

extension TableVerification {
    /// Keys that are put by one pass over their chunks: some 10 MiB.
    private static let keysPerPass = 1 << 18
    /// Deletes a request.
    private static let keysPerDelete = Limits.batchItemsMax

    /// Puts what is missing or different, and deletes what is extra, as far as the options ask.
    ///
    /// What is put comes from the source as it is now.
    func mend(_ finding: Finding) throws {
        watch.begin(.repairing)
        if let toPut = finding.toPut { try put(toPut, except: finding.settled) }
        if let toDelete = finding.toDelete { try delete(toDelete, except: finding.settled) }
    }

    private func put(_ toPut: SpillPartitions, except settled: Set<UInt128>) throws {
        var wanted: [Int: Set<UInt128>] = [:]
        var count = 0
        for partition in 0..<toPut.count {
            try toPut.forEach(of: partition) { record in
                let key = record.number(UInt128.self, at: 4)
                guard !settled.contains(key) else { return }
                wanted[Int(record.number(UInt32.self, at: 0)), default: []].insert(key)
                count += 1
            }
            guard count >= Self.keysPerPass else { continue }
            try put(wanted)
            wanted = [:]
            count = 0
        }
        if !wanted.isEmpty { try put(wanted) }
    }

    /// `wanted`: keys by the number of the chunk that has their first rows.
    private func put(_ wanted: [Int: Set<UInt128>]) throws {
        guard let sink = verification.sink else { return }
        let repair = Repair(
            wanted: wanted,
            pool: BatchPool(table: table, tableName: names.targetName),
            sink: sink,
            stopping: stopping,
            watch: watch
        )
        let group = DispatchGroup()
        try sourceSweep(wanted.keys.sorted().map { chunks[$0] }).start(
            readers: min(options.readers, wanted.count),
            in: group
        ) { [makeHasher, makeMappers] in
            RepairingRows(repair, RowHasher(mappers: makeMappers(), hasher: makeHasher()))
        }
        var wasStopped = false
        do {
            try wait(for: group)
        } catch is ReadingStopped {
            wasStopped = true
        }
        // What was sent counts, however the readers ended.
        sink.drain()
        let total = repair.total
        verdict.repaired += total.put - total.refused
        verdict.refused += total.refused
        verdict.writeUnits += total.writeUnits
        if wasStopped { throw ReadingStopped() }
        try confirmGoing()
    }

    private func delete(_ toDelete: SpillPartitions, except settled: Set<UInt128>) throws {
        let reader = try connectTarget()
        var keys: [[UInt8]] = []
        func send() throws {
            try confirmGoing()
            verdict.writeUnits += try reader.delete(table: names.targetName, keys: keys)
            verdict.deleted += keys.count
            keys = []
        }
        try toDelete.forEach(of: 0) { record in
            guard !settled.contains(record.number(UInt128.self, at: 0)) else { return }
            keys.append(Array(record.dropFirst(16)))
            if keys.count == Self.keysPerDelete { try send() }
        }
        if !keys.isEmpty { try send() }
    }
}

/// What the readers of a repair share.
private final class Repair: Sendable {
    struct Total: Sendable {
        var put = 0
        var refused = 0
        var writeUnits = 0.0
    }

    let wanted: [Int: Set<UInt128>]
    let pool: BatchPool
    let watch: VerificationWatch
    private let sink: any ItemSink
    private let stopping: StopFlag
    private let state = Mutex(Total())

    init(
        wanted: [Int: Set<UInt128>],
        pool: BatchPool,
        sink: any ItemSink,
        stopping: StopFlag,
        watch: VerificationWatch
    ) {
        self.wanted = wanted
        self.pool = pool
        self.sink = sink
        self.stopping = stopping
        self.watch = watch
    }

    var total: Total { state.withLock { $0 } }

    /// A chunk was read to its end, and so many of its rows were sent.
    func put(_ count: Int) { state.withLock { $0.put += count } }

    func send(_ batch: Batch) {
        sink.submit(batch) { [self] batch, outcome in
            state.withLock { total in
                total.refused += outcome.refused.count
                total.writeUnits += outcome.writeUnits
            }
            if let fatal = outcome.fatal { stopping.stop(because: fatal) }
            pool.recycle(batch)
        }
    }
}

/// Puts the rows of a reader's chunks that are wanted, the first of each key.
private final class RepairingRows: ChunkVisitor {
    private let repair: Repair
    private let rows: RowHasher
    private var batcher: Batcher
    private var wanted: Set<UInt128> = []
    private var count = 0

    init(_ repair: Repair, _ rows: RowHasher) {
        self.repair = repair
        self.rows = rows
        batcher = Batcher(pool: repair.pool)
    }

    func begin(_ chunk: VerifiedChunk) {
        wanted = repair.wanted[chunk.number] ?? []
        count = 0
    }

    func take(_ slab: RowSlab) throws {
        _ = try rows.forEachItem(of: slab) { row, fingerprint, mapped in
            guard wanted.remove(fingerprint.key) != nil else { return }
            batcher.open().append(rows.buffer, 0..<rows.buffer.count)
            if let batch = batcher.commit(mapped, chunk: slab.chunk, row: row) {
                repair.send(batch)
            }
            count += 1
        }
        repair.watch.saw(rows: slab.rowCount)
    }

    func complete() { repair.put(count) }

    func abandon() {}

    func finish() {
        if let batch = batcher.flush() { repair.send(batch) }
    }
}
