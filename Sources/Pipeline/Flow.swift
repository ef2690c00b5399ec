import Dispatch
import Mapping
import Synchronization

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
        let loss = ReaderLoss()
        for number in 0..<migration.options.readers {
            DispatchQueue(label: "unglue.reader.\(number)").async(group: readers) {
                ReaderLoop(
                    migration: migration,
                    scheduler: scheduler,
                    free: free,
                    full: full,
                    loss: loss
                ).run()
            }
        }
        let workers = DispatchGroup()
        for number in 0..<migration.options.workers {
            DispatchQueue(label: "unglue.worker.\(number)").async(group: workers) { work() }
        }
        wait(for: readers)
        // Chunks that were handed back by readers that are over, with nobody left to read them.
        if scheduler.hasWaiting, let error = loss.error { migration.stopping.stop(because: error) }
        full.close()
        workers.wait()
    }

    private func work() {
        let worker = MappingWorker(migration: migration)
        while true {
            switch full.pop(within: Limits.workerWait) {
            case .element(let slab):
                let begun = ContinuousClock.now
                worker.map(slab)
                migration.times.worked(ContinuousClock.now - begun)
                free.push(slab)
            case .nothing: worker.flushAged()
            case .closed: return worker.flush()
            }
        }
    }

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

/// Why readers have ended although the run goes on.
private final class ReaderLoss: Sendable {
    private let last = Mutex<(any Error)?>(nil)

    var error: (any Error)? { last.withLock { $0 } }

    func note(_ error: any Error) {
        last.withLock { $0 = error }
    }
}

/// What one reader does: chunk after chunk on one connection, with a new one where it broke.
private struct ReaderLoop {
    let migration: Migration
    let scheduler: ChunkScheduler
    let free: BoundedQueue<RowSlab>
    let full: BoundedQueue<RowSlab>
    let loss: ReaderLoss

    func run() {
        readChunks()
        migration.source.readerThreadWillEnd()
    }

    private func readChunks() {
        do {
            var reader = try connect()
            while let work = try next(on: &reader) { try read(work, on: &reader) }
        } catch is ReadingStopped {
            return
        } catch let error as any SourceError where error.endsReader {
            loss.note(error)
        } catch {
            migration.stopping.stop(because: error)
        }
    }

    /// The next chunk; nil once there is none left, and none in another reader's hands that it may
    /// cut or hand back.
    private func next(on reader: inout any RowReader) throws -> ChunkScheduler.Work? {
        var tries = 1
        while !migration.stopping.isStopped {
            do {
                if let work = try scheduler.next(on: reader) { return work }
                guard scheduler.mayHaveMore else { return nil }
                if migration.stopping.wait(seconds: 0.02) { return nil }
            } catch let error as any SourceError where error.isRetryable {
                try prepare(after: error, tries: &tries, reader: &reader)
            }
        }
        return nil
    }

    /// Reads a chunk, again on a new connection where one breaks, in halves where it is too slow.
    private func read(_ work: ChunkScheduler.Work, on reader: inout any RowReader) throws {
        var work = work
        do {
            try scheduler.read(&work, on: &reader, once: readOnce, prepare: prepare)
            scheduler.finished()
        } catch let error as any SourceError where error.endsReader {
            scheduler.handBack(work)
            throw error
        }
    }

    private func readOnce(_ work: ChunkScheduler.Work, on reader: any RowReader) throws {
        guard let slab = free.pop() else { throw ReadingStopped() }
        // What the reader holds: goes back when it is done, however that is.
        var held: RowSlab? = slab
        defer { if let held { free.push(held) } }
        let accounts = migration.accounts
        let attempt = try accounts.begin(
            entity: work.entity,
            table: migration.plan.entities[work.entity].table,
            places: work.places,
            range: work.range
        )
        let chunk = ChunkID(
            entity: UInt32(work.entity),
            attempt: attempt,
            isReplay: work.isReplay
        )
        let begun = (wall: ContinuousClock.now, processor: FlowTimes.processorTime())
        var blocked = Duration.zero
        do {
            defer {
                migration.times.read(
                    total: ContinuousClock.now - begun.wall,
                    blocked: blocked,
                    computing: FlowTimes.processorTime() - begun.processor
                )
            }
            let rows = try reader.read(
                entity: work.entity,
                range: work.range,
                isOrdered: false,
                chunk: chunk,
                first: slab
            ) { slab in
                accounts.delivered(rows: slab.rowCount, attempt: attempt)
                full.push(slab)
                let waiting = ContinuousClock.now
                held = free.pop()
                blocked += ContinuousClock.now - waiting
                return held
            }
            accounts.complete(attempt: attempt, rows: rows)
        } catch let error as any SourceError where error.isRetryable || error.endsReader {
            accounts.abandon(attempt: attempt)
            try waitForAnswers(attempt)
            throw error
        }
    }

    /// Waits until it is known what became of every row of a broken attempt.
    ///
    /// The rows may have changed when they are read again, and a late write of the old ones must not
    /// come after that of the new ones.
    private func waitForAnswers(_ attempt: UInt32) throws {
        while !migration.accounts.isAnswered(attempt: attempt) {
            if migration.stopping.wait(seconds: 0.01) { throw ReadingStopped() }
        }
    }

    /// After an error that may pass: waits a little longer each time, then makes a new connection.
    private func prepare(
        after error: any SourceError,
        tries: inout Int,
        reader: inout any RowReader
    ) throws {
        tries += 1
        guard tries <= migration.options.readTriesMax else { throw error }
        try pause(beforeTry: tries)
        reader = try connect()
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
        let seconds = Limits.readPause(beforeTry: number)
        if migration.stopping.wait(seconds: seconds) { throw ReadingStopped() }
    }
}
