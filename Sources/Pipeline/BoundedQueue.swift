import Dispatch
import Synchronization

/// A queue of fixed capacity between workers: `push` blocks while it is full, `pop` while it is
/// empty.
///
/// Each element is handed over: the pusher must not touch it again.
public final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element?]
        var head = 0
        var count = 0
        var isClosed = false
    }

    private let state: Mutex<State>
    private let filled = DispatchSemaphore(value: 0)
    private let free: DispatchSemaphore

    /// - Parameter capacity: at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue needs room for one element")
        state = Mutex(State(elements: Array(repeating: nil, count: capacity)))
        // A semaphore must not be destroyed with a lower value than it began with, and a closed
        // queue may still be full: so the room is signalled in rather than given at the start.
        free = DispatchSemaphore(value: 0)
        for _ in 0..<capacity { free.signal() }
    }

    /// Adds an element behind the others; blocks while the queue is full.
    ///
    /// - Returns: false if the queue is closed; the element was not added then.
    @discardableResult
    public func push(_ element: Element) -> Bool {
        free.wait()
        let isAdded = state.withLock { state in
            guard !state.isClosed else { return false }
            let tail = (state.head + state.count) % state.elements.count
            state.elements[tail] = element
            state.count += 1
            return true
        }
        if isAdded { filled.signal() } else { free.signal() }
        return isAdded
    }

    /// Takes the first element; blocks while there is none.
    ///
    /// - Returns: nil once the queue is closed and empty.
    public func pop() -> Element? {
        filled.wait()
        return take()
    }

    private func take() -> Element? {
        let element = state.withLock { state -> Element? in
            guard state.count > 0 else { return nil }
            let element = state.elements[state.head]
            state.elements[state.head] = nil
            state.head = (state.head + 1) % state.elements.count
            state.count -= 1
            return element
        }
        // Closed and empty: pass the wake-up on to the next one that waits.
        if element == nil { filled.signal() } else { free.signal() }
        return element
    }

    /// What `pop(within:)` came back with.
    public enum Popped {
        case element(Element)
        /// There was none in that time.
        case nothing
        /// The queue is closed and empty.
        case closed
    }

    /// Takes the first element; waits so long for one at most.
    public func pop(within duration: Duration) -> Popped {
        guard filled.wait(timeout: .now() + duration.inSeconds) == .success else { return .nothing }
        return take().map(Popped.element) ?? .closed
    }

    /// Lets no further element in; those inside can still be taken.
    ///
    /// Wakes everyone who waits.
    public func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        filled.signal()
        free.signal()
    }

    /// Closes the queue and forgets what is inside.
    public func closeAndDiscard() {
        state.withLock { state in
            for index in state.elements.indices { state.elements[index] = nil }
            state.count = 0
        }
        close()
    }
}
