import Dispatch
import Synchronization

/// Whether the run shall end, and why.
final class StopFlag: Sendable {
    private struct State {
        var isStopped = false
        var errors: [any Error] = []
        var onStop: [@Sendable () -> Void] = []
    }

    /// Errors that a report can name; later ones follow from the first.
    private static let errorsKeptMax = 5

    private let stopped = Atomic<Bool>(false)
    private let failed = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// Cheap enough for every slab.
    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// Whether an error was the reason, or came since.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    var errors: [any Error] { state.withLock { $0.errors } }

    /// Stops the run; an error makes it a failed one.
    func stop(because error: (any Error)?) {
        if error != nil { failed.store(true, ordering: .releasing) }
        let callbacks = state.withLock { state -> [@Sendable () -> Void] in
            if let error, state.errors.count < Self.errorsKeptMax,
                !state.errors.contains(where: { "\($0)" == "\(error)" })
            {
                state.errors.append(error)
            }
            guard !state.isStopped else { return [] }
            state.isStopped = true
            return state.onStop
        }
        stopped.store(true, ordering: .releasing)
        for callback in callbacks { callback() }
    }

    /// Calls `callback` when the run stops; at once if it has.
    func whenStopped(_ callback: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            if !state.isStopped { state.onStop.append(callback) }
            return state.isStopped
        }
        if isStopped { callback() }
    }

    /// Waits that long, or until the run stops.
    ///
    /// - Returns: whether the run has stopped.
    func wait(seconds: Double) -> Bool {
        let wake = DispatchSemaphore(value: 0)
        whenStopped { wake.signal() }
        _ = wake.wait(timeout: .now() + seconds)
        return isStopped
    }
}
