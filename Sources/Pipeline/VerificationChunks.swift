import Dispatch
import Mapping
import Synchronization

/// A chunk of the source, as a verification reads it, maybe several times.
struct VerifiedChunk: Sendable {
    /// Number among the table's chunks of the first reading; 0 during that.
    ///
    /// Both halves of one that was cut later have its number.
    var number: Int
    var work: ChunkScheduler.Work

    /// Where it lies in source order.
    var place: (Int, Int64) { (work.entity, work.places.lowerBound) }
}

/// The chunks of one table: found by the first reading, and the same in every later one.
struct VerifiedChunks: Sendable {
    /// In source order; a chunk's number is its index.
    let all: [VerifiedChunk]

    init(_ works: [ChunkScheduler.Work]) {
        all = works.sorted {
            ($0.entity, $0.places.lowerBound) < ($1.entity, $1.places.lowerBound)
        }.enumerated().map { VerifiedChunk(number: $0.offset, work: $0.element) }
    }

    subscript(number: Int) -> VerifiedChunk { all[number] }

    /// The number of the chunk that holds a chunk's places.
    func number(of work: ChunkScheduler.Work) -> Int {
        var (start, end) = (0, all.count)
        while start < end {
            let middle = (start + end) / 2
            if (work.entity, work.places.lowerBound) < all[middle].place {
                end = middle
            } else {
                start = middle + 1
            }
        }
        return max(start - 1, 0)
    }
}

/// A planner that only cuts: its chunks are known already.
private final class KnownChunksPlanner: ChunkPlanner {
    /// nil: of an entity of another table.
    private let planner: (any ChunkPlanner)?

    init(_ planner: (any ChunkPlanner)?) {
        self.planner = planner
    }

    func next(on reader: any RowReader) -> ChunkRange? { nil }

    func middle(of range: ChunkRange, on reader: any RowReader) throws -> [[UInt8]]? {
        try planner?.middle(of: range, on: reader)
    }
}

extension TableVerification {
    /// Hands out the chunks of this table, as the source's planners give them.
    func newChunks() throws -> ChunkScheduler {
        ChunkScheduler(
            planners: try plan.entities.indices.map { entity in
                plan.entities[entity].table == table
                    ? try verification.source.planner(entity: entity, after: nil)
                    : KnownChunksPlanner(nil)
            }
        )
    }

    /// Hands out chunks that are known.
    func known(_ chunks: [VerifiedChunk]) throws -> ChunkScheduler {
        ChunkScheduler(
            planners: try plan.entities.indices.map { entity in
                KnownChunksPlanner(
                    plan.entities[entity].table == table
                        ? try verification.source.planner(entity: entity, after: nil) : nil
                )
            },
            waiting: chunks.map(\.work)
        )
    }
}

/// What is done with the rows of chunks, on one reader's thread.
///
/// `begin`, then `take` for each slab, then `complete`, or `abandon` where the chunk broke off and
/// will be read again.
protocol ChunkVisitor: AnyObject {
    func begin(_ chunk: VerifiedChunk)
    func take(_ slab: RowSlab) throws
    func complete() throws
    func abandon()
    /// No chunk follows.
    func finish() throws
}

extension ChunkVisitor {
    func finish() throws {}
}

/// Reads chunks on several connections at once, each with its own visitor.
struct SourceSweep {
    let source: any RowSource
    let options: VerificationOptions
    let stopping: StopFlag
    let scheduler: ChunkScheduler
    /// Whether a chunk's rows come in key order.
    let isOrdered: Bool
    /// nil while the chunks are still being found.
    let chunks: VerifiedChunks?
    /// The chunks that were read to their end.
    let finished = FinishedChunks()

    /// Starts the readers; each leaves `group` when it is done.
    func start(
        readers: Int,
        in group: DispatchGroup,
        visitor: @escaping @Sendable () -> any ChunkVisitor
    ) {
        for number in 0..<readers {
            DispatchQueue(label: "unglue.verify.reader.\(number)").async(group: group) {
                readChunks(visitor())
                source.readerThreadWillEnd()
            }
        }
    }

    private func readChunks(_ visitor: any ChunkVisitor) {
        do {
            var reader = try connect()
            while let work = try next(on: &reader) { try read(work, visitor, on: &reader) }
            if !stopping.isStopped { try visitor.finish() }
        } catch is ReadingStopped {
            return
        } catch {
            stopping.stop(because: error)
        }
    }

    /// The next chunk; nil once there is none left, and none in another reader's hands that it may
    /// cut.
    func next(on reader: inout any RowReader) throws -> ChunkScheduler.Work? {
        var tries = 1
        while !stopping.isStopped {
            do {
                if let work = try scheduler.next(on: reader) { return work }
                guard scheduler.mayHaveMore else { return nil }
                if stopping.wait(seconds: 0.02) { return nil }
            } catch let error as any SourceError where error.isRetryable {
                try prepare(after: error, tries: &tries, reader: &reader)
            }
        }
        return nil
    }

    /// Reads a chunk, again on a new connection where one breaks, in halves where it is too slow.
    private func read(
        _ work: ChunkScheduler.Work,
        _ visitor: any ChunkVisitor,
        on reader: inout any RowReader
    ) throws {
        var work = work
        try scheduler.read(
            &work,
            on: &reader,
            once: { try readOnce($0, visitor, on: $1) },
            prepare: prepare
        )
        finished.append(work)
        scheduler.finished()
    }

    private func readOnce(
        _ work: ChunkScheduler.Work,
        _ visitor: any ChunkVisitor,
        on reader: any RowReader
    ) throws {
        visitor.begin(VerifiedChunk(number: chunks?.number(of: work) ?? 0, work: work))
        var failure: (any Error)?
        do {
            _ = try reader.read(
                entity: work.entity,
                range: work.range,
                isOrdered: isOrdered,
                chunk: ChunkID(entity: UInt32(work.entity), attempt: 0),
                first: RowSlab(columnCount: 0)
            ) { slab in
                do {
                    try visitor.take(slab)
                } catch {
                    failure = error
                    return nil
                }
                return stopping.isStopped ? nil : slab
            }
            // The last slab's answer is not asked for.
            if let failure { throw failure }
            if stopping.isStopped { throw ReadingStopped() }
        } catch {
            visitor.abandon()
            throw failure ?? error
        }
        try visitor.complete()
    }

    /// After an error that may pass: waits a little longer each time, then makes a new connection.
    private func prepare(
        after error: any SourceError,
        tries: inout Int,
        reader: inout any RowReader
    ) throws {
        tries += 1
        guard tries <= options.readTriesMax else { throw error }
        try pause(beforeTry: tries)
        reader = try connect()
    }

    /// A new connection.
    ///
    /// A server that restarts, or has too many of them, is waited for.
    func connect() throws -> any RowReader {
        let started = ContinuousClock.now
        var tries = 1
        while true {
            do {
                return try source.connect()
            } catch let error as any SourceError where error.isRetryable {
                let seconds = (ContinuousClock.now - started).inSeconds
                guard seconds < options.connectFor else { throw error }
                tries += 1
                try pause(beforeTry: tries)
            }
        }
    }

    private func pause(beforeTry number: Int) throws {
        let seconds = Limits.readPause(beforeTry: number)
        if stopping.wait(seconds: seconds) { throw ReadingStopped() }
    }
}

/// Chunks that were read to their end, by any reader.
final class FinishedChunks: Sendable {
    private let works = Mutex<[ChunkScheduler.Work]>([])

    var all: [ChunkScheduler.Work] { works.withLock { $0 } }

    func append(_ work: ChunkScheduler.Work) { works.withLock { $0.append(work) } }
}
