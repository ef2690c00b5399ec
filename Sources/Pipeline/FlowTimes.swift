import Glibc
import Synchronization

/// Where the time of a run's readers and workers goes.
///
/// Clocks are read once a slab and once a chunk, never once a row.
final class FlowTimes: Sendable {
    /// In seconds.
    struct Sums: Equatable {
        /// Readers at a chunk, without the next.
        var reading = 0.0
        /// Readers that waited for an empty slab.
        var readersBlocked = 0.0
        /// Of `reading`, what the processor was at work for it.
        var readersComputing = 0.0
        /// Workers with rows at hand.
        var workersBusy = 0.0
    }

    private let state = Mutex(Sums())

    var sums: Sums { state.withLock { $0 } }

    /// A reader has read a chunk, or a part of one.
    func read(total: Duration, blocked: Duration, computing: Duration) {
        state.withLock { sums in
            sums.reading += max((total - blocked).inSeconds, 0)
            sums.readersBlocked += blocked.inSeconds
            sums.readersComputing += computing.inSeconds
        }
    }

    /// A worker has mapped a slab, and sent what came of it.
    func worked(_ duration: Duration) {
        state.withLock { $0.workersBusy += duration.inSeconds }
    }

    /// For how long the processor has worked for the calling thread.
    static func processorTime() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
