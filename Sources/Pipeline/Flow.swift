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
        wait(for: readers)
        full.close()
        workers.wait()
    }
}

extension Flow {
    /// Waits until all readers are done.
    ///
    /// Once the run is stopped, a reader whose server does not answer is waited for no longer than
    /// `Limits.stoppedReaderWait`: what it might still read would not be counted any more, and its
    /// slab finds the queue closed.
    private func wait(for readers: DispatchGroup) {
        var stopped: ContinuousClock.Instant?
        while readers.wait(timeout: .now() + 0.1) == .timedOut {
            guard migration.stopping.isStopped else { continue }
            let since = stopped ?? .now
            stopped = since
            if ContinuousClock.now - since > Limits.stoppedReaderWait { return }
        }
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
            var reader = try connect()
            while !migration.stopping.isStopped,
                let work = try retrying(on: &reader, { try scheduler.next(on: $0) })
            {
                try retrying(on: &reader) { try read(work, on: $0) }
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
                isOrdered: false,
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
        } catch let error as any SourceError where error.isRetryable {
            accounts.abandon(attempt: attempt, rowsSeen: rowsSeen)
            throw error
        }
    }

    /// Does `action` again on a new connection, a little later each time, while the source says
    /// that this may help.
    private func retrying<Result>(
        on reader: inout any RowReader,
        _ action: (any RowReader) throws -> Result
    ) throws -> Result {
        var tries = 1
        while true {
            do {
                return try action(reader)
            } catch let error as any SourceError where error.isRetryable {
                tries += 1
                guard tries <= migration.options.readTriesMax else { throw error }
                try pause(beforeTry: tries)
                reader = try connect()
            }
        }
    }

    /// A new connection.
    ///
    /// A server that restarts, or has too many of them, is waited for.
    private func connect() throws -> any RowReader {
        let started = ContinuousClock.now
        var tries = 1
        while true {
            do {
                return try migration.source.connect()
            } catch let error as any SourceError where error.isRetryable {
                let seconds = (ContinuousClock.now - started).inSeconds
                guard seconds < migration.options.connectFor else { throw error }
                tries += 1
                try pause(beforeTry: tries)
            }
        }
    }

    private func pause(beforeTry number: Int) throws {
        let seconds = min(0.05 * Double(1 << min(number, 10)), 5)
        if migration.stopping.wait(seconds: seconds) { throw ReadingStopped() }
    }
}
