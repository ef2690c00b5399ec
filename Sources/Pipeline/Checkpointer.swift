import Dispatch
import Synchronization

/// Brings finished chunks into the ledger, a few times a second: first what they depend on (dead
/// letters, key logs) to the disk, then the checkpoint.
///
/// One thread of its own, so that no disk stands in the way of rows.
final class Checkpointer: Sendable {
    private let migration: Migration
    /// Signalled when something was finished.
    private let wake: DispatchSemaphore
    private let isEnding = Atomic<Bool>(false)
    private let done = DispatchGroup()

    init(migration: Migration) {
        self.migration = migration
        wake = migration.chunkFinished
    }

    func start() {
        DispatchQueue(label: "unglue.checkpointer").async(group: done) { self.run() }
    }

    /// Records what is left, and waits for it.
    func end() {
        isEnding.store(true, ordering: .releasing)
        wake.signal()
        done.wait()
    }

    private func run() {
        var last = ContinuousClock.now - Limits.checkpointInterval
        while true {
            wake.wait()
            let rest = Limits.checkpointInterval - (ContinuousClock.now - last)
            // Many chunks are finished meanwhile: one checkpoint takes them all. The end, whose
            // signal may be the one that is taken here, does not wait.
            if rest > .zero, !isEnding.load(ordering: .acquiring) {
                _ = wake.wait(timeout: .now() + rest.inSeconds)
            }
            let isLast = isEnding.load(ordering: .acquiring)
            do {
                try record(isLast: isLast)
            } catch {
                // What was recorded before holds; more must not be written without a checkpoint.
                migration.stopping.stop(because: error)
                return
            }
            last = .now
            if isLast { return }
        }
    }

    private func record(isLast: Bool) throws {
        // First what is finished, then the logs: they hold all that it has logged by now.
        let (chunks, totals) = migration.accounts.takeUnrecorded()
        guard !chunks.isEmpty || isLast else { return }
        try migration.deadLetters.sync()
        let lengths = try migration.keyLogs.map { try $0.sync() }
        try migration.ledger.record(
            Checkpoint(
                chunks: chunks,
                totals: totals,
                keyLogBytes: lengths,
                seconds: migration.seconds
            )
        )
    }
}
