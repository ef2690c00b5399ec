/// How long to wait before a request is sent again: exponential backoff with full jitter.
///
/// There is no count of attempts: a caller gives up by time alone. How much a throttled table is
/// sent is decided by its `RateController`; the wait here only spreads what is sent again.
struct RetryPolicy: Sendable, Equatable {
    /// Upper end of the first wait after a server or connection error.
    var transientBase: Duration = .milliseconds(25)
    /// Upper end of the first wait after the service said: slower.
    var throttleBase: Duration = .milliseconds(100)
    /// No wait is longer, unless the service asks for it.
    var delayMax: Duration = .seconds(20)
    /// The same where the table was throttled, or the service sent items back and gave no reason: the
    /// table's rate holds the requests back already, and one that sleeps for long would sleep on when
    /// there is room again.
    var throttleDelayMax: Duration = .milliseconds(500)
    /// How much longer than the backoff the service may ask for with `x-amz-retry-after`.
    var requestedExtraMax: Duration = .seconds(5)
    /// How long a table's requests may fail, from the first failure since its last success on,
    /// until they are given up.
    var retryFor: Duration = .seconds(86_400)

    enum Reason: Sendable, Equatable {
        case transient
        case throttle
        /// A throttle of these keys alone, which no table's rate accounts for.
        case hotKeys
    }

    /// - `attempt`: failures so far, at least 1.
    /// - `random`: 0 to 1, where 1 is never reached.
    /// - `requested`: what the service asked for, at least.
    func delay(
        _ reason: Reason,
        attempt: Int,
        random: Double,
        requested: Duration? = nil
    ) -> Duration {
        let base = reason == .transient ? transientBase : throttleBase
        let longest = reason == .throttle ? min(throttleDelayMax, delayMax) : delayMax
        let doublings = min(max(attempt - 1, 0), 20)
        let ceiling = min(base * (1 << doublings), longest)
        let delay = ceiling * random
        guard let requested else { return delay }
        return min(max(delay, requested), delay + requestedExtraMax)
    }
}
