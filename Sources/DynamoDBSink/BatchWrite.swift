internal import Pipeline

/// The life of one batch as a value: what came of the last request goes in, what to do next comes
/// out.
///
/// No I/O, no clock, no chance in it.
///
/// A batch is sent as one part. A part splits in halves where the service says that it is too
/// large, or that something in it is wrong; the parts are then sent one after another.
struct BatchWrite {
    enum Action: Equatable {
        /// Send these items, by their index in the batch, at once or after a while.
        case send([Int], after: Duration)
        /// Every item is accounted for in `outcome`.
        case finish
    }

    /// What came of a request.
    enum Event: Equatable {
        /// The items of the part in `unprocessed` were not written; the rest were.
        case answered(unprocessed: [Int], writeUnits: Double)
        case throttled(DynamoDBError, retryAfter: Duration? = nil)
        case failed(DynamoDBError, retryAfter: Duration? = nil)
        case tooLarge(DynamoDBError)
        case invalid(DynamoDBError)
        case fatal(DynamoDBError)
    }

    private struct Part {
        var items: [Int]
        /// Failures since something of it was last written.
        var failures = 0
    }

    private(set) var outcome = BatchOutcome()
    /// Current part last.
    private var parts: [Part]
    private var failingSince: Duration?
    private let policy: RetryPolicy

    init(itemCount: Int, policy: RetryPolicy) {
        parts = [Part(items: Array(0..<itemCount))]
        self.policy = policy
    }

    /// The items of the request that is under way or waits.
    var current: [Int] { parts.last?.items ?? [] }

    /// Notes that a request with a body of `bytes` goes out.
    mutating func sent(bytes: Int) {
        if outcome.requests > 0 { outcome.retries += 1 }
        outcome.requests += 1
        outcome.bytesSent += bytes
    }

    /// - `now`: time on any clock that only goes forward.
    /// - `random`: 0 to 1, where 1 is never reached.
    mutating func handle(_ event: Event, now: Duration, random: () -> Double) -> Action {
        guard let part = parts.last else { return .finish }
        switch event {
        case .answered(let unprocessed, let writeUnits):
            outcome.writeUnits += writeUnits
            if unprocessed.count < part.items.count { failingSince = nil }
            if unprocessed.isEmpty { return next() }
            return unfinished(part, unprocessed, now: now, random: random)
        case .throttled(let error, let retryAfter):
            outcome.throttles += 1
            return again(.throttle, error, now: now, random: random, requested: retryAfter)
        case .failed(let error, let retryAfter):
            return again(.transient, error, now: now, random: random, requested: retryAfter)
        case .tooLarge(let error), .invalid(let error):
            failingSince = nil
            return halve(part, error)
        case .fatal(let error):
            return end(error)
        }
    }

    /// Answers what is not written as unwritten.
    mutating func cancel(_ error: DynamoDBError) {
        if !parts.isEmpty { _ = end(error) }
    }

    private mutating func next() -> Action {
        parts.removeLast()
        guard let part = parts.last else {
            outcome.refused.sort { $0.index < $1.index }
            return .finish
        }
        return .send(part.items, after: .zero)
    }

    private mutating func unfinished(
        _ part: Part,
        _ unprocessed: [Int],
        now: Duration,
        random: () -> Double
    ) -> Action {
        outcome.throttles += 1
        let isProgress = unprocessed.count < part.items.count
        parts[parts.count - 1] = Part(items: unprocessed, failures: isProgress ? 0 : part.failures)
        let error = DynamoDBError(
            code: "UnprocessedItems",
            operation: "BatchWriteItem",
            message: "the service left \(unprocessed.count) items unwritten, again and again"
        )
        return again(.throttle, error, now: now, random: random, requested: nil)
    }

    private mutating func again(
        _ reason: RetryPolicy.Reason,
        _ error: DynamoDBError,
        now: Duration,
        random: () -> Double,
        requested: Duration?
    ) -> Action {
        parts[parts.count - 1].failures += 1
        if let action = givingUp(error, now: now) { return action }
        let delay = policy.delay(
            reason,
            attempt: parts[parts.count - 1].failures,
            random: random(),
            requested: requested
        )
        return .send(current, after: delay)
    }

    private mutating func givingUp(_ error: DynamoDBError, now: Duration) -> Action? {
        let since = failingSince ?? now
        failingSince = since
        guard now - since >= policy.retryFor else { return nil }
        var error = error
        error.hint = "Gave up after \((now - since).components.seconds) s of failures"
        return end(error)
    }

    private mutating func halve(_ part: Part, _ error: DynamoDBError) -> Action {
        if part.items.count == 1 {
            outcome.refused.append(
                (index: part.items[0], reason: "\(error.code): \(error.message)")
            )
            return next()
        }
        let middle = part.items.count / 2
        parts[parts.count - 1] = Part(items: Array(part.items[middle...]))
        parts.append(Part(items: Array(part.items[..<middle])))
        return .send(current, after: .zero)
    }

    private mutating func end(_ error: DynamoDBError) -> Action {
        outcome.fatal = error
        outcome.unwritten = parts.reduce(0) { $0 + $1.items.count }
        outcome.refused.sort { $0.index < $1.index }
        parts.removeAll()
        return .finish
    }
}
