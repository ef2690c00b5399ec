internal import Pipeline
internal import Synchronization

/// What the callers of `submit` waited for: while the loop slept, it waited for answers, or for the
/// time when it might send more; while it was awake, it was itself what all waited for.
final class GateWaits: Sendable {
    private let state = Mutex(SinkWaits())

    var sums: SinkWaits { state.withLock { $0 } }

    /// A caller was held back; `from` and `to` are what the loop had slept before and after.
    func note(
        _ waited: Duration,
        from: (all: Duration, heldBack: Duration),
        to: (all: Duration, heldBack: Duration)
    ) {
        // A sleep is only known when it is over: no part may be longer than the whole.
        let slept = min(max((to.all - from.all).asSeconds, 0), waited.asSeconds)
        let heldBack = min(max((to.heldBack - from.heldBack).asSeconds, 0), slept)
        state.withLock { sums in
            sums.capacity += heldBack
            sums.answers += slept - heldBack
            sums.engine += waited.asSeconds - slept
        }
    }
}
