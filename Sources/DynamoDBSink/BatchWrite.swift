internal import Pipeline

/// The life of one batch, or of one put, as a value: what came of the last request goes in, what to
/// do next comes out.
///
/// No I/O, no clock, no chance in it.
///
/// A batch is sent in one part, or in several where a table's cap is lower than what it costs. A
/// part splits in halves where the service says that it is too large, or that something in it is
/// wrong; the parts are then sent one after another.
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
        /// An item with the key stands there, and the put's condition does not allow to replace it.
        ///
        /// `isSame`: whether it is the very item that was to be put. `unitsAtLeast`: what it has cost
        /// to find that out, reported or not.
        case stands(isSame: Bool, writeUnits: Double, unitsAtLeast: Double)
        case throttled(DynamoDBError, retryAfter: Duration? = nil, isHotKey: Bool = false)
        /// `mayHaveWritten`: nobody knows whether the request was carried out.
        case failed(DynamoDBError, retryAfter: Duration? = nil, mayHaveWritten: Bool = true)
        case tooLarge(DynamoDBError)
        case invalid(DynamoDBError)
        case fatal(DynamoDBError)
    }

    private struct Part {
        var items: [Int]
        /// Failures since something of it was last written.
        var failures = 0
        var repeated = RepeatedFault()
    }

    private(set) var outcome = BatchOutcome()
    /// Whether a request of ours may have been carried out without our knowing, here or in an
    /// earlier reading of the same rows: then an item of ours that stands there is our own.
    private(set) var mayHaveWritten: Bool
    /// Current part last.
    private var parts: [Part]
    private let policy: RetryPolicy

    /// - Parameters:
    ///   - parts: the batch's items, by their index in it, in the parts that they are first sent in.
    ///   - isReplay: whether an earlier reading may have written the items.
    ///   - policy: how long is waited, and for how long in all.
    init(parts: [[Int]], isReplay: Bool = false, policy: RetryPolicy) {
        self.parts = parts.reversed().map { Part(items: $0) }
        mayHaveWritten = isReplay
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

    /// - `table`: how the batch's table fares, this event included.
    /// - `isAlone`: whether no other batch of the table is under way.
    /// - `now`: time on the clock that `table` was told.
    /// - `random`: 0 to 1, where 1 is never reached.
    mutating func handle(
        _ event: Event,
        table: TableHealth,
        isAlone: Bool = false,
        now: Duration,
        random: () -> Double
    ) -> Action {
        guard let part = parts.last else { return .finish }
        switch event {
        case .answered(let unprocessed, let writeUnits):
            outcome.writeUnits += writeUnits
            parts[parts.count - 1].repeated.end()
            if unprocessed.isEmpty { return next() }
            let error = unfinished(part, unprocessed)
            return givingUp(error, table, now) ?? again(.throttle, random, requested: nil)
        case .stands(let isSame, let writeUnits, _):
            outcome.writeUnits += writeUnits
            if !(isSame && mayHaveWritten) { outcome.kept += part.items }
            return next()
        case .throttled(let error, let retryAfter, let isHotKey):
            outcome.throttles += 1
            parts[parts.count - 1].repeated.end()
            return givingUp(error, table, now)
                ?? again(isHotKey ? .hotKeys : .throttle, random, requested: retryAfter)
        case .failed(let error, let retryAfter, let isUnknown):
            if isUnknown { mayHaveWritten = true }
            parts[parts.count - 1].repeated.note(error, successes: table.successes)
            if let action = givingUp(error, table, now) { return action }
            if let reason = parts[parts.count - 1].repeated.verdict(
                successes: table.successes,
                canSplit: isAlone && part.items.count > 1
            ) {
                return halve(parts[parts.count - 1], reason)
            }
            return again(.transient, random, requested: retryAfter)
        case .tooLarge(let error), .invalid(let error):
            parts[parts.count - 1].repeated.end()
            return halve(parts[parts.count - 1], "\(error.code): \(error.message)")
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

    /// Leaves the items that were not written in the part.
    ///
    /// - Returns: what is wrong, if it stays so for too long.
    private mutating func unfinished(_ part: Part, _ unprocessed: [Int]) -> DynamoDBError {
        outcome.throttles += 1
        let isProgress = unprocessed.count < part.items.count
        parts[parts.count - 1] = Part(items: unprocessed, failures: isProgress ? 0 : part.failures)
        return DynamoDBError(
            code: "UnprocessedItems",
            operation: "BatchWriteItem",
            message: "the service left \(unprocessed.count) items unwritten, again and again"
        )
    }

    private mutating func again(
        _ reason: RetryPolicy.Reason,
        _ random: () -> Double,
        requested: Duration?
    ) -> Action {
        parts[parts.count - 1].failures += 1
        let delay = policy.delay(
            reason,
            attempt: parts[parts.count - 1].failures,
            random: random(),
            requested: requested
        )
        return .send(current, after: delay)
    }

    private mutating func givingUp(
        _ error: DynamoDBError,
        _ table: TableHealth,
        _ now: Duration
    ) -> Action? {
        guard let since = table.failingSince, now - since >= policy.retryFor else { return nil }
        var error = error
        error.hint = "Gave up after \((now - since).components.seconds) s of failures"
        return end(error)
    }

    private mutating func halve(_ part: Part, _ reason: String) -> Action {
        if part.items.count == 1 {
            outcome.refused.append((index: part.items[0], reason: reason))
            return next()
        }
        let middle = part.items.count / 2
        let inherited = part.repeated.forHalf
        parts[parts.count - 1] = Part(items: Array(part.items[middle...]), repeated: inherited)
        parts.append(Part(items: Array(part.items[..<middle]), repeated: inherited))
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

/// The same internal error, again and again, for the same items.
///
/// DynamoDB Local answers 500 for what the service calls a bad request (invalid base64, invalid
/// UTF-8), and to repeat that for a day helps nobody. A service that is down answers 500 as well:
/// so the items are blamed only where others of their table were written meanwhile.
private struct RepeatedFault {
    /// The pauses between so many tries are some 25 s together.
    private static let countMax = 12
    private static let codes: Set<String> = ["InternalFailure", "InternalServerError"]

    private var code = ""
    private var message = ""
    private var count = 0
    /// What the table had achieved when the fault was first seen; nil while there is none.
    private var successesBefore: Int?

    mutating func note(_ error: DynamoDBError, successes: Int) {
        guard error.status == 500, Self.codes.contains(error.code) else { return end() }
        if error.code != code || error.message != message {
            code = error.code
            message = error.message
            count = 0
        }
        successesBefore = successesBefore ?? successes
        count += 1
    }

    mutating func end() {
        self = RepeatedFault()
    }

    /// For one half of the part: what the other half achieves will speak against it.
    var forHalf: RepeatedFault {
        var half = self
        half.count = 0
        return half
    }

    /// Why the part is to be taken for wrong; nil as long as it is not.
    ///
    /// `canSplit`: whether it may be halved without that others were written, to find out.
    func verdict(successes: Int, canSplit: Bool) -> String? {
        guard count >= Self.countMax, let successesBefore,
            canSplit || successes > successesBefore
        else { return nil }
        return
            "\(code): \(message) (HTTP 500, \(count) times on end, while other items were written)"
    }
}
