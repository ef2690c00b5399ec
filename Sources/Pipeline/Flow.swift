import Dispatch
import Mapping

/// The flow of one run: readers fill slabs, workers map them into batches, the sink takes those.
///
/// Slabs go round: from the free queue to a reader, full to a worker, empty back. Their number
/// bounds the memory between source and sink.
struct Flow: Sendable {
    private let migration: Migration
    private let scheduler: ChunkScheduler
    private let free: BoundedQueue<RowSlab>
    private let full: BoundedQueue<RowSlab>

    init(migration: Migration, scheduler: ChunkScheduler) {
        self.migration = migration
        self.scheduler = scheduler
        let options = migration.options
        let count = (options.readers + options.workers) * options.slabsPerWorker
        free = BoundedQueue(capacity: count)
        full = BoundedQueue(capacity: count)
        for _ in 0..<count { free.push(RowSlab(columnCount: 0)) }
    }

    /// Blocks until every row that was read is in a batch that the sink has.
    func run() {
        let free = free
        migration.stopping.whenStopped { free.closeAndDiscard() }
        let readers = DispatchGroup()
        for number in 0..<migration.options.readers {
            DispatchQueue(label: "unglue.reader.\(number)").async(group: readers) {
                ReaderLoop(migration: migration, scheduler: scheduler, free: free, full: full).run()
            }
        }
        let workers = DispatchGroup()
        for number in 0..<migration.options.workers {
            DispatchQueue(label: "unglue.worker.\(number)").async(group: workers) {
                let worker = MappingWorker(migration: migration)
                while let slab = full.pop() {
                    worker.map(slab)
                    free.push(slab)
                }
                worker.flush()
            }
        }
        readers.wait()
        full.close()
        workers.wait()
    }
}

/// What one reader does: chunk after chunk on one connection, with a new one where it broke.
private struct ReaderLoop {
    let migration: Migration
    let scheduler: ChunkScheduler
    let free: BoundedQueue<RowSlab>
    let full: BoundedQueue<RowSlab>

    func run() {
        readChunks()
        migration.source.readerThreadWillEnd()
    }

    private func readChunks() {
        do {
            var reader = try retrying { try migration.source.connect() }
            while !migration.stopping.isStopped,
                let work = try retrying(
                    { try scheduler.next(on: reader) },
                    recover: { reader = try migration.source.connect() }
                )
            {
                try retrying(
                    { try read(work, on: reader) },
                    recover: { reader = try migration.source.connect() }
                )
            }
        } catch is ReadingStopped {
            return
        } catch {
            migration.stopping.stop(because: error)
        }
    }

    private func read(_ work: ChunkScheduler.Work, on reader: any RowReader) throws {
        guard let slab = free.pop() else { throw ReadingStopped() }
        // What the reader holds: goes back when it is done, however that is.
        var held: RowSlab? = slab
        defer { if let held { free.push(held) } }
        let accounts = migration.accounts
        let attempt = accounts.begin(
            entity: work.entity,
            table: migration.plan.entities[work.entity].table,
            ordinal: work.ordinal,
            range: work.range
        )
        let chunk = ChunkID(entity: UInt32(work.entity), attempt: attempt)
        var rowsSeen = 0
        do {
            let rows = try reader.read(
                entity: work.entity,
                range: work.range,
                chunk: chunk,
                first: slab
            ) { slab in
                rowsSeen += slab.rowCount
                accounts.saw(rows: slab.rowCount, attempt: attempt)
                full.push(slab)
                held = free.pop()
                return held
            }
            accounts.complete(attempt: attempt, rows: rows)
        } catch {
            accounts.abandon(attempt: attempt, rowsSeen: rowsSeen)
            throw error
        }
    }

    /// Does `action` again, a little later each time, while the source says that this may help.
    private func retrying<Result>(
        _ action: () throws -> Result,
        recover: () throws -> Void = {}
    ) throws -> Result {
        var tries = 1
        var mustRecover = false
        while true {
            do {
                if mustRecover { try recover() }
                mustRecover = false
                return try action()
            } catch let error as any SourceError where error.isRetryable {
                tries += 1
                guard tries <= migration.options.readTriesMax else { throw error }
                mustRecover = true
                let pause = min(0.05 * Double(1 << tries), 5)
                if migration.stopping.wait(seconds: pause) { throw ReadingStopped() }
            }
        }
    }
}
