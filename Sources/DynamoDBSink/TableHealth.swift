/// How a table's requests fare, all of them together.
///
/// A deadline is a table's and not a batch's: where a table is throttled in part, chance alone keeps
/// one batch waiting while others are written, and it must not be given up for that.
struct TableHealth: Equatable {
    /// When the first request failed since something was last achieved; nil while none has.
    private(set) var failingSince: Duration?
    /// Requests that have written something, or found what they would write standing there.
    private(set) var successes = 0

    /// Notes what came of a request.
    ///
    /// - Parameters:
    ///   - event: what came of it.
    ///   - sent: items of the request.
    ///   - now: time on any clock that only goes forward.
    mutating func note(_ event: BatchWrite.Event, sent: Int, now: Duration) {
        switch event {
        case .answered(let unprocessed, _):
            unprocessed.count < sent ? succeed() : fail(now)
        case .stands: succeed()
        // The service works: it is the request that is wrong.
        case .tooLarge, .invalid: failingSince = nil
        case .throttled, .failed, .fatal: fail(now)
        }
    }

    private mutating func succeed() {
        failingSince = nil
        successes += 1
    }

    private mutating func fail(_ now: Duration) {
        failingSince = failingSince ?? now
    }
}
