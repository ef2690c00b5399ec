import Dispatch
import Mapping
import Synchronization

/// Decides which chunk a reader reads next: all entities in turn, so that all tables move at once,
/// and no reader idles while any entity has a chunk left.
final class ChunkScheduler: Sendable {
    struct Work: Sendable {
        var entity: Int
        var places: Range<Int64>
        var range: ChunkRange
        /// Whether rows of it may have been sent before.
        var isReplay: Bool

        /// Both halves, cut at `key`; nil where there is no place between them any more.
        func halves(at key: [[UInt8]]) -> (Work, Work)? {
            let middle = places.lowerBound + (places.upperBound - places.lowerBound) / 2
            guard middle > places.lowerBound, !range.isNullKeys else { return nil }
            var (first, second) = (self, self)
            first.places = places.lowerBound..<middle
            first.range.upper = key
            second.places = middle..<places.upperBound
            second.range.lower = key
            return (first, second)
        }
    }

    private struct State {
        /// Chunks that were handed back, cut off, or left by an earlier process; read first.
        var waiting: [Work]
        /// Entities that may have chunks left, in the order in which they are next asked.
        var open: [Int]
        var nextOrdinal: [Int64]
        /// Chunks that a reader has and that may come back.
        var inHand = 0
    }

    private let planners: [any ChunkPlanner]
    private let isReplay: Bool
    private let state: Mutex<State>
    /// One a planner: who holds it asks the planner, so that ranges and ordinals stay in step.
    private let turns: [DispatchSemaphore]

    /// - Parameters:
    ///   - planners: one an entity, in the run's order.
    ///   - waiting: chunks that are read before those of the planners.
    ///   - nextOrdinals: number of the first chunk of each planner; zeros if not given.
    ///   - isReplay: whether rows of the planners' chunks may have been sent before.
    init(
        planners: [any ChunkPlanner],
        waiting: [Work] = [],
        nextOrdinals: [Int64]? = nil,
        isReplay: Bool = false
    ) {
        self.planners = planners
        self.isReplay = isReplay
        turns = planners.map { _ in DispatchSemaphore(value: 1) }
        state = Mutex(
            State(
                waiting: waiting,
                open: Array(planners.indices),
                nextOrdinal: nextOrdinals ?? Array(repeating: 0, count: planners.count)
            )
        )
    }

    /// The next chunk; nil when there is none now to begin.
    ///
    /// Whoever gets one says later that it is `finished` with it, or hands it back.
    func next(on reader: any RowReader) throws -> Work? {
        if let work = takeWaiting() { return work }
        while let entity = takeTurn() {
            turns[entity].wait()
            defer { turns[entity].signal() }
            if let range = try planners[entity].next(on: reader) {
                return state.withLock { state in
                    defer { state.nextOrdinal[entity] += 1 }
                    state.inHand += 1
                    return Work(
                        entity: entity,
                        places: ChunkPlaces.planned(state.nextOrdinal[entity]),
                        range: range,
                        isReplay: isReplay
                    )
                }
            }
            state.withLock { state in state.open.removeAll { $0 == entity } }
        }
        return takeWaiting()
    }

    /// Whether some reader has a chunk that may still be cut or handed back.
    var mayHaveMore: Bool { state.withLock { $0.inHand > 0 || !$0.waiting.isEmpty } }

    /// Whether chunks are left that nobody reads.
    var hasWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// The reader is done with the chunk.
    func finished() {
        state.withLock { $0.inHand -= 1 }
    }

    /// The reader cannot read the chunk: another one shall.
    func handBack(_ work: Work) {
        state.withLock { state in
            state.inHand -= 1
            state.waiting.append(work)
        }
    }

    /// What is done after an error that may pass, the tries so far counted: it makes a new connection,
    /// or throws where that was tried often enough.
    typealias Preparation = (any SourceError, inout Int, inout any RowReader) throws -> Void

    /// Reads a chunk, again where it breaks, in halves where it is too slow.
    ///
    /// `work` becomes what is left of it: where a half was cut off, that one is handed out by `next`.
    func read(
        _ work: inout Work,
        on reader: inout any RowReader,
        once: (Work, any RowReader) throws -> Void,
        prepare: Preparation
    ) throws {
        var tries = 1
        var statementStops = 0
        while true {
            do {
                return try once(work, reader)
            } catch let error as any SourceError where error.isRetryable {
                work.isReplay = true
                try prepare(error, &tries, &reader)
                statementStops += error.isStatementStopped ? 1 : 0
            }
            guard statementStops >= Limits.statementStopsBeforeSplit else { continue }
            do {
                guard
                    let key = try planners[work.entity].middle(of: work.range, on: reader),
                    let (first, second) = work.halves(at: key)
                else { continue }
                state.withLock { $0.waiting.append(second) }
                work = first
                tries = 1
                statementStops = 0
            } catch let error as any SourceError where error.isRetryable {
                // The server does not say just now where: the whole chunk is tried once more.
                try prepare(error, &tries, &reader)
            }
        }
    }

    private func takeWaiting() -> Work? {
        state.withLock { state in
            guard !state.waiting.isEmpty else { return nil }
            state.inHand += 1
            return state.waiting.removeFirst()
        }
    }

    /// The entity to ask next; it goes to the back of the line.
    private func takeTurn() -> Int? {
        state.withLock { state in
            guard let entity = state.open.first else { return nil }
            state.open.append(state.open.removeFirst())
            return entity
        }
    }
}

extension ChunkScheduler {
    /// A scheduler that goes on where an earlier process of the run has stopped.
    ///
    /// Chunks that it did not finish lie between the finished ones; their bounds are those of their
    /// neighbours. What it had planned last, but not finished, is planned anew.
    static func resuming(
        _ resume: ResumePoint?,
        plan: MigrationPlan,
        source: any RowSource
    ) throws -> ChunkScheduler {
        guard let resume else {
            return ChunkScheduler(
                planners: try plan.entities.indices.map {
                    try source.planner(entity: $0, after: nil)
                }
            )
        }
        var waiting: [Work] = []
        var planners: [any ChunkPlanner] = []
        var ordinals: [Int64] = []
        for entity in plan.entities.indices {
            let chunks = entity < resume.chunks.count ? resume.chunks[entity] : []
            waiting += gaps(in: chunks, entity: entity)
            planners.append(try source.planner(entity: entity, after: chunks.last?.range))
            let end = chunks.last?.places.upperBound ?? 0
            ordinals.append((end + ChunkPlaces.perChunk - 1) / ChunkPlaces.perChunk)
        }
        return ChunkScheduler(
            planners: planners,
            waiting: waiting,
            nextOrdinals: ordinals,
            isReplay: true
        )
    }

    /// What lies between finished chunks.
    static func gaps(in chunks: [ChunkRecord], entity: Int) -> [Work] {
        var gaps: [Work] = []
        var place: Int64 = 0
        var upper: [[UInt8]]?
        var isFirst = true
        for chunk in chunks {
            let lower = chunk.range.isNullKeys ? nil : chunk.range.lower
            // Places without keys are left where the second half of a chunk was planned anew.
            let isGap = isFirst ? lower != nil || chunk.range.isNullKeys : upper != lower
            if isGap, place < chunk.places.lowerBound {
                gaps.append(
                    Work(
                        entity: entity,
                        places: place..<chunk.places.lowerBound,
                        range: ChunkRange(lower: upper, upper: lower),
                        isReplay: true
                    )
                )
            }
            place = chunk.places.upperBound
            upper = chunk.range.upper
            isFirst = false
        }
        return gaps
    }
}
