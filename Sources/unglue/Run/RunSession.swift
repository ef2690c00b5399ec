import Glibc
import Mapping
import Pipeline
import RunLedger

/// A run and its place in the state directory: begun, or gone on with.
struct RunSession {
    /// What the run is called.
    let run: String
    let journal: RunJournal
    /// Where an earlier process got to; nil for a new run.
    let resume: ResumePoint?
    /// `STATE/RUN`.
    let directory: String
    /// Milliseconds since 1970 of the last sign of life of the earlier process.
    let lastSeen: Int?

    /// Looks for an unfinished run of the same contract, and resumes it or begins a new one.
    ///
    /// - Parameters:
    ///   - store: the ledger, as its writer.
    ///   - new: the run as it would begin.
    ///   - isFresh: begin anew in any case.
    ///   - log: is told which of the two.
    ///   - stateDirectory: where the ledger is.
    /// - Returns: the run, to be migrated.
    /// - Throws: `RunChanged`, `LedgerError`, `StateDirectoryError`.
    static func open(
        _ store: LedgerStore,
        _ new: NewRun,
        isFresh: Bool,
        log: Log,
        stateDirectory: String
    ) throws -> RunSession {
        if !isFresh, let unfinished = try store.unfinishedRun(lineage: new.lineage) {
            if unfinished.consistency.hasPrefix("snapshot") || new.consistency != "chunk" {
                log.info(
                    "run \(unfinished.run) is unfinished, but a snapshot cannot be had again: a new "
                        + "run begins"
                )
            } else {
                return try resume(store, unfinished, new, log: log, stateDirectory: stateDirectory)
            }
        }
        let journal = try store.begin(new)
        let directory = "\(stateDirectory)/\(new.run)"
        try StateDirectory.make(directory)
        return RunSession(
            run: new.run,
            journal: journal,
            resume: nil,
            directory: directory,
            lastSeen: nil
        )
    }

    private static func resume(
        _ store: LedgerStore,
        _ unfinished: RunSummary,
        _ new: NewRun,
        log: Log,
        stateDirectory: String
    ) throws -> RunSession {
        var identity = RunIdentity()
        for facet in new.identity { identity.add(facet.name, facet.text) }
        let changes = identity.changes(since: try store.identity(of: unfinished.run))
        guard changes.isEmpty else { throw RunChanged(run: unfinished.run, changes: changes) }
        let (journal, point) = try store.resume(unfinished.run)
        let rows = point.chunks.joined().reduce(0) { $0 + $1.rowsRead }
        log.info("run \(unfinished.run) is resumed: \(rows) rows are done already")
        let directory = "\(stateDirectory)/\(unfinished.run)"
        try StateDirectory.make(directory)
        return RunSession(
            run: unfinished.run,
            journal: journal,
            resume: point,
            directory: directory,
            lastSeen: unfinished.updated
        )
    }

    /// Seconds to wait before the first row is read again.
    ///
    /// Requests of the earlier process may still be on their way: they must have arrived before a
    /// row that has changed since is written.
    var quietSeconds: Double {
        guard let lastSeen else { return 0 }
        let age = Double(LedgerTime.now() - lastSeen) / 1000
        // A clock that was set back makes no longer wait than that.
        return min(max(Self.quietAfterProcess - age, 0), Self.quietAfterProcess)
    }

    /// How long after the last checkpoint of a process that is gone a resumed run begins to write:
    /// its sockets are closed, and what their buffers held is delivered or lost within a second.
    static let quietAfterProcess = 2.0

    /// Removes what only an unfinished run needs.
    func discardKeyLogs(tables: Int) {
        // One that stays does no harm: it takes room until the run's directory is removed.
        for table in 0..<tables { _ = unsafe unlink(SpillDirectory.keyLogPath(directory, table)) }
    }
}
