internal import Mapping
internal import Synchronization

/// The connections of a run that all see the database as it was at one moment.
///
/// They are opened by one thread and used by others: `take` hands one to whoever asks, who has it to
/// itself until `giveBack`. That is the only place where a connection changes its thread; both client
/// libraries allow it as long as no two threads use one connection at once, and a thread that was
/// handed one tells the library of itself first.
final class Snapshot: Sendable {
    /// Carries a connection from the thread that gives it back to the one that takes it.
    ///
    /// `@unchecked Sendable`: the connection is in `idle` while nobody uses it, and whoever puts it
    /// there lets go of it; the mutex orders the one's use before the other's.
    private struct Idle: @unchecked Sendable {
        let connection: MySQLConnection
    }

    private struct State {
        var idle: [Idle] = []
        var lost = 0
        var lastWarning: ContinuousClock.Instant?
    }

    let method: SnapshotMethod
    /// Readers that can read at once, beside one connection for settling where there are several.
    let readerCount: Int
    private let policy: SnapshotPolicy
    private let taken: ContinuousClock.Instant
    private let serverName: String
    private let state = Mutex(State())

    /// - Parameters:
    ///   - connections: all of them in the same snapshot, and used by nobody else from now on.
    ///   - method: how they got there.
    ///   - taken: when the first of them did.
    ///   - policy: how long they may be used.
    init(
        _ connections: [MySQLConnection],
        method: SnapshotMethod,
        taken: ContinuousClock.Instant,
        policy: SnapshotPolicy
    ) {
        self.method = method
        self.policy = policy
        self.taken = taken
        serverName = connections.first?.settings.serverName ?? ""
        readerCount = max(1, connections.count - 1)
        let idle = connections.map(Idle.init)
        state.withLock { $0.idle = idle }
    }

    /// A connection that nobody uses.
    ///
    /// - Throws: an error that ends the reader, but not those that have a connection.
    func take() throws(MySQLError) -> MySQLConnection {
        try confirmAge()
        let (idle, lost) = state.withLock { ($0.idle.popLast(), $0.lost) }
        guard let idle else {
            var error = MySQLError(
                code: 0,
                operation: "connect",
                subject: serverName,
                message: lost > 0
                    ? "consistency lost: a connection broke, and its snapshot cannot be had again"
                    : "no connection of the snapshot is free",
                hint: lost > 0
                    ? "Where no other reader goes on, start anew with --fresh."
                    : "Use fewer readers."
            )
            error.endReader()
            throw error
        }
        MySQLLibrary.threadWillBegin()
        return idle.connection
    }

    /// Takes a connection back; one that is broken is counted and gone.
    ///
    /// The caller must not use it any more.
    func giveBack(_ connection: MySQLConnection) {
        if connection.isBroken {
            state.withLock { $0.lost += 1 }
        } else {
            let idle = Idle(connection: connection)
            state.withLock { $0.idle.append(idle) }
        }
    }

    /// Throws once the snapshot is older than it may be.
    func confirmAge() throws(MySQLError) {
        guard ContinuousClock.now - taken > policy.ageMax else { return }
        throw MySQLError(
            code: 0,
            operation: "read on",
            subject: serverName,
            message: """
                the snapshot is older than \(policy.ageMax.components.seconds) s, for which the \
                server has kept every old version of its rows
                """,
            hint: """
                Start anew with --fresh: with more readers, a longer limit if the server has room, or \
                --consistency chunk.
                """
        )
    }

    /// Warns, at most once a minute, if the server keeps very many old versions.
    func watch(_ connection: MySQLConnection) throws(MySQLError) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if let last = state.lastWarning, now - last < SourceLimits.historyPause { return false }
            state.lastWarning = now
            return true
        }
        guard isDue, let length = try connection.historyListLength(),
            length > SourceLimits.historyLengthMax
        else { return }
        policy.warn(
            """
            the source keeps \(length) old row versions for this snapshot and others \
            (history list length): its disk and its speed suffer; --consistency chunk keeps none
            """
        )
    }
}

extension MySQLConnection {
    /// Transactions whose old row versions the server has not yet purged; nil where the account may
    /// not ask.
    func historyListLength() throws(MySQLError) -> Int? {
        let sql =
            server.version.flavour == .mariadb
            ? "SHOW GLOBAL STATUS LIKE 'Innodb_history_list_length'"
            : "SELECT NAME, COUNT FROM INFORMATION_SCHEMA.INNODB_METRICS "
                + "WHERE NAME = 'trx_rseg_history_len'"
        do throws(MySQLError) {
            let rows = try query(sql, operation: "ask for the history list's length")
            return rows.first.flatMap { $0.count > 1 ? $0[1] : nil }.flatMap { Int(digits: $0) }
        } catch  where MySQLError.deniedCodes.contains(error.code) {
            return nil
        }
    }
}
