import Dispatch
import Mapping
import Synchronization

/// Decides which chunk a reader reads next: all entities in turn, so that all tables move at once,
/// and no reader idles while any entity has a chunk left.
final class ChunkScheduler: Sendable {
    struct Work: Sendable {
        var entity: Int
        /// Position of the chunk within its entity, in key order.
        var ordinal: Int
        var range: ChunkRange
    }

    private struct State {
        /// Entities that may have chunks left, in the order in which they are next asked.
        var open: [Int]
        var nextOrdinal: [Int]
    }

    private let planners: [any ChunkPlanner]
    private let state: Mutex<State>
    /// One a planner: who holds it asks the planner, so that ranges and ordinals stay in step.
    private let turns: [DispatchSemaphore]

    /// - Parameter planners: one an entity, in the run's order.
    init(planners: [any ChunkPlanner]) {
        self.planners = planners
        turns = planners.map { _ in DispatchSemaphore(value: 1) }
        state = Mutex(
            State(
                open: Array(planners.indices),
                nextOrdinal: Array(repeating: 0, count: planners.count)
            )
        )
    }

    /// The next chunk; nil when there is none left to begin.
    func next(on reader: any RowReader) throws -> Work? {
        while let entity = takeTurn() {
            turns[entity].wait()
            defer { turns[entity].signal() }
            if let range = try planners[entity].next(on: reader) {
                let ordinal = state.withLock { state in
                    defer { state.nextOrdinal[entity] += 1 }
                    return state.nextOrdinal[entity]
                }
                return Work(entity: entity, ordinal: ordinal, range: range)
            }
            state.withLock { state in state.open.removeAll { $0 == entity } }
        }
        return nil
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
