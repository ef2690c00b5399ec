import Dispatch
import Synchronization

/// Work that goes on on a thread of its own until its result is asked for.
final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let group = DispatchGroup()

    /// Begins at once.
    init(_ label: String, _ work: @escaping @Sendable () throws -> Value) {
        DispatchQueue(label: label).async(group: group) { [self] in
            let outcome = Result { try work() }
            result.withLock { $0 = outcome }
        }
    }

    /// Waits for the work to end, but no longer than that: a process had better not end in the midst
    /// of it.
    func wait(seconds: Double) {
        _ = group.wait(timeout: .now() + seconds)
    }

    /// Waits for the result; throws what the work has thrown.
    func value() throws -> Value {
        group.wait()
        guard let outcome = result.withLock({ $0 }) else {
            preconditionFailure("work in the background ended without a result")
        }
        return try outcome.get()
    }
}
