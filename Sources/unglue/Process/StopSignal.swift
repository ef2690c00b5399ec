import Synchronization

/// Whether somebody has asked the process to stop, and who wants to know.
final class StopSignal: Sendable {
    private struct State {
        var signal: Int32?
        var callbacks: [@Sendable (Int32) -> Void] = []
    }

    private let state = Mutex(State())

    /// The signal that asked; nil if none has.
    var signal: Int32? { state.withLock { $0.signal } }

    /// Calls back once, when the first signal arrives, or at once if it has.
    ///
    /// The callback runs on the thread that waits for signals: it must be quick.
    ///
    /// A command that never registers here is ended at once by the first signal.
    func onStop(_ callback: @escaping @Sendable (Int32) -> Void) {
        let earlier = state.withLock { state in
            state.callbacks.append(callback)
            return state.signal
        }
        if let earlier { callback(earlier) }
    }

    /// What to do about a signal that has arrived.
    enum Reaction: Equatable {
        /// Everybody has been told to stop.
        case stopping
        /// It is the second, or nobody can be told.
        case exit
    }

    /// Takes note of a signal.
    func receive(_ signal: Int32) -> Reaction {
        let callbacks = state.withLock { state -> [@Sendable (Int32) -> Void] in
            guard state.signal == nil else { return [] }
            state.signal = signal
            return state.callbacks
        }
        for callback in callbacks { callback(signal) }
        return callbacks.isEmpty ? .exit : .stopping
    }
}
