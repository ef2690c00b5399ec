import Dispatch
import Mapping
import Synchronization

/// A chunk of the source, as a verification reads it, maybe several times.
struct VerifiedChunk: Sendable {
    /// Number among all chunks of the table.
    var number: Int
    var entity: Int
    /// Position within its entity, in key order.
    var ordinal: Int
    var range: ChunkRange
}

/// Hands out the chunks of a table to its readers: from the planners the first time, and from what
/// these have given after that.
final class ChunkFeed: Sendable {
    private struct State {
        /// Entities with their planners that may have chunks left, the next to be asked first.
        var open: [(entity: Int, planner: any ChunkPlanner, ordinal: Int)] = []
        var given: [VerifiedChunk] = []
        /// How many of `given` were handed out.
        var handedOut = 0
    }

    private let state: Mutex<State>
    /// Who holds it asks a planner, which may ask the server.
    private let turn = DispatchSemaphore(value: 1)

    init(planners: [(entity: Int, planner: any ChunkPlanner)]) {
        state = Mutex(State(open: planners.map { ($0.entity, $0.planner, 0) }))
    }

    init(chunks: [VerifiedChunk]) {
        state = Mutex(State(given: chunks))
    }

    /// All chunks that there are, once every one was handed out.
    var chunks: [VerifiedChunk] { state.withLock { $0.given } }

    /// The next chunk; nil when there is none left.
    func next(on reader: any RowReader) throws -> VerifiedChunk? {
        turn.wait()
        defer { turn.signal() }
        let known = state.withLock { state -> VerifiedChunk? in
            guard state.handedOut < state.given.count else { return nil }
            defer { state.handedOut += 1 }
            return state.given[state.handedOut]
        }
        if let known { return known }
        while let (entity, planner, ordinal) = state.withLock({ $0.open.first }) {
            let range = try planner.next(on: reader)
            state.withLock { _ = $0.open.removeFirst() }
            guard let range else { continue }
            return state.withLock { state in
                let chunk = VerifiedChunk(
                    number: state.given.count,
                    entity: entity,
                    ordinal: ordinal,
                    range: range
                )
                state.open.append((entity, planner, ordinal + 1))
                state.given.append(chunk)
                state.handedOut += 1
                return chunk
            }
        }
        return nil
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

/// Reads chunks on several connections at once, each with its own visitor, and waits for the end.
struct SourceSweep {
    let source: any RowSource
    let options: VerificationOptions
    let stopping: StopFlag
    let feed: ChunkFeed
    /// Whether a chunk's rows come in key order.
    let isOrdered: Bool

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
            while !stopping.isStopped,
                let chunk = try retrying(on: &reader, { try feed.next(on: $0) })
            {
                try retrying(on: &reader) { try read(chunk, visitor, on: $0) }
            }
            if !stopping.isStopped { try visitor.finish() }
        } catch is ReadingStopped {
            return
        } catch {
            stopping.stop(because: error)
        }
    }

    private func read(
        _ chunk: VerifiedChunk,
        _ visitor: any ChunkVisitor,
        on reader: any RowReader
    ) throws {
        visitor.begin(chunk)
        var failure: (any Error)?
        do {
            _ = try reader.read(
                entity: chunk.entity,
                range: chunk.range,
                isOrdered: isOrdered,
                chunk: ChunkID(entity: UInt32(chunk.entity), attempt: 0),
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
        } catch is ReadingStopped {
            visitor.abandon()
            throw failure ?? ReadingStopped()
        } catch {
            visitor.abandon()
            throw error
        }
        // The last slab's answer is not asked for.
        if let failure {
            visitor.abandon()
            throw failure
        }
        guard !stopping.isStopped else {
            visitor.abandon()
            throw ReadingStopped()
        }
        try visitor.complete()
    }

    /// Does `action` again on a new connection, a little later each time, while the source says
    /// that this may help.
    func retrying<Result>(
        on reader: inout any RowReader,
        _ action: (any RowReader) throws -> Result
    ) throws -> Result {
        var tries = 1
        while true {
            do {
                return try action(reader)
            } catch let error as any SourceError where error.isRetryable {
                tries += 1
                guard tries <= options.readTriesMax else { throw error }
                try pause(beforeTry: tries)
                reader = try connect()
            }
        }
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
        let seconds = min(0.05 * Double(1 << min(number, 10)), 5)
        if stopping.wait(seconds: seconds) { throw ReadingStopped() }
    }
}
