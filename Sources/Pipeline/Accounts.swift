import Dispatch
import Mapping
import Synchronization

/// Where every row of a run is counted exactly once.
///
/// Rows are counted by chunk attempt. An attempt that was read to its end, and of whose every row it
/// is known what became, is finished: only then do its counts enter the table's, and the ledger. An
/// attempt that broke off is read again under a new number, and what it had already sent is only a
/// replay.
final class Accounts: Sendable {
    /// An attempt that is not finished.
    struct Attempt: Sendable {
        enum State: Sendable {
            case reading
            case complete
            case abandoned
        }

        var table: Int
        var record: ChunkRecord
        var state = State.reading
        /// Rows handed to the workers.
        var rowsDelivered = 0

        var accounted: Int { record.written + record.kept + record.rejected }
        /// Rows of which it is not known yet what became.
        var outstanding: Int { rowsDelivered - accounted }
        var isFinished: Bool { state == .complete && accounted == record.rowsRead }
    }

    struct Table: Sendable {
        var report: TableReport
        var rowsEstimated: Int?
        /// Rows delivered so far, broken attempts included; for the eye only.
        var rowsSeen = 0
        var itemsSeen = 0
        var rejectedSeen = 0
        /// Duplicates that `itemsWritten` of the finished attempts holds, and `itemsKept`.
        var duplicatesWritten = 0
        var duplicatesKept = 0
        /// Seconds of earlier processes of the run.
        var secondsBefore = 0.0
        var firstRead: ContinuousClock.Instant?
        var lastAnswer: ContinuousClock.Instant?

        var seconds: Double {
            guard let firstRead, let lastAnswer, lastAnswer > firstRead else {
                return secondsBefore
            }
            return secondsBefore + (lastAnswer - firstRead).inSeconds
        }
    }

    struct State {
        var tables: [Table]
        var live: [UInt32: Attempt] = [:]
        /// Finished attempts, by number; what the settlement of duplicates reads again.
        var finished: [UInt32: ChunkRecord] = [:]
        /// Finished, but not in the ledger yet.
        var unrecorded: [ChunkRecord] = []
        var nextAttempt: UInt32 = 0
        var broken: Set<UInt32> = []
    }

    private let state: Mutex<State>
    private let onFinished: @Sendable () -> Void

    /// - Parameters:
    ///   - tables: the run's tables.
    ///   - resume: where an earlier process of the run got to.
    ///   - firstAttempt: no attempt has a lower number: those of unfinished attempts of an earlier
    ///     process are taken.
    ///   - tableOfEntity: the table of each entity.
    ///   - onFinished: called, on any thread, when an attempt is finished; must be quick.
    init(
        tables: [(name: String, rowsEstimated: Int?)],
        resume: ResumePoint?,
        firstAttempt: UInt32 = 0,
        tableOfEntity: [Int],
        onFinished: @escaping @Sendable () -> Void
    ) {
        self.onFinished = onFinished
        var state = State(
            tables: tables.map {
                Table(
                    report: TableReport(table: $0.name, state: .ready),
                    rowsEstimated: $0.rowsEstimated
                )
            }
        )
        if let resume { state.take(resume, tableOfEntity: tableOfEntity) }
        state.nextAttempt = max(state.nextAttempt, firstAttempt)
        self.state = Mutex(state)
    }

    // MARK: Attempts

    /// Begins to read a chunk; the number is unique within the run.
    func begin(
        entity: Int,
        table: Int,
        places: Range<Int64>,
        range: ChunkRange
    ) throws(TooManyAttempts) -> UInt32 {
        let now = ContinuousClock.now
        return try state.withLock { state throws(TooManyAttempts) in
            let number = state.nextAttempt
            guard number < KeyLog.attemptMax else { throw TooManyAttempts() }
            state.nextAttempt += 1
            state.live[number] = Attempt(
                table: table,
                record: ChunkRecord(entity: entity, attempt: number, places: places, range: range)
            )
            state.tables[table].report.state = .running
            if state.tables[table].firstRead == nil { state.tables[table].firstRead = now }
            return number
        }
    }

    /// Rows have been handed to the workers.
    func delivered(rows: Int, attempt: UInt32) {
        state.withLock { state in
            guard let table = state.live[attempt]?.table else { return }
            state.live[attempt]?.rowsDelivered += rows
            state.tables[table].rowsSeen += rows
        }
    }

    /// The attempt was read to its end.
    func complete(attempt: UInt32, rows: Int) {
        change(attempt) { attempt, _ in
            attempt.state = .complete
            attempt.record.rowsRead = rows
        }
    }

    /// The attempt broke off; its rows will be read again or are lost to this run.
    func abandon(attempt: UInt32) {
        state.withLock { _ = $0.broken.insert(attempt) }
        change(attempt) { attempt, table in
            attempt.state = .abandoned
            table.rowsSeen -= attempt.rowsDelivered
        }
    }

    /// The numbers of the attempts that broke off: their dead letters do not count.
    var brokenAttempts: Set<UInt32> { state.withLock { $0.broken } }

    /// Whether it is known of every row that was delivered of the attempt what became of it: only
    /// then may its chunk be read again, since a late write of the old attempt would otherwise
    /// replace a newer item.
    func isAnswered(attempt: UInt32) -> Bool {
        state.withLock { ($0.live[attempt]?.outstanding ?? 0) == 0 }
    }

    /// A row could not become an item, and is a dead letter.
    func rejected(attempt: UInt32) {
        change(attempt) { attempt, table in
            attempt.record.rejected += 1
            table.rejectedSeen += 1
        }
    }

    /// Items were entered into the key log.
    func logged(_ items: [Batch.Item]) {
        state.withLock { state in
            Self.forEachRun(of: items) { attempt, run in
                var sum: UInt64 = 0
                for item in run { sum &+= item.keyHash }
                state.live[attempt]?.record.keysLogged += run.count
                state.live[attempt]?.record.keyChecksum &+= sum
            }
        }
    }

    /// A batch was answered.
    func answered(_ batch: Batch, _ outcome: BatchOutcome) {
        let now = ContinuousClock.now
        let isAnyFinished = state.withLock { state in
            var isAnyFinished = false
            if outcome.fatal == nil {
                state.count(batch, outcome)
                Self.forEachRun(of: batch.items) { attempt, _ in
                    if state.settle(attempt) { isAnyFinished = true }
                }
            }
            state.tables[batch.table].lastAnswer = now
            state.tables[batch.table].report.count(outcome)
            return isAnyFinished
        }
        if isAnyFinished { onFinished() }
    }

    private func change(_ number: UInt32, _ body: (inout Attempt, inout Table) -> Void) {
        let isFinished = state.withLock { state in
            guard var attempt = state.live[number] else { return false }
            body(&attempt, &state.tables[attempt.table])
            state.live[number] = attempt
            return state.settle(number)
        }
        if isFinished { onFinished() }
    }

    /// Calls `body` for each run of neighbouring items of one attempt.
    static func forEachRun(
        of items: [Batch.Item],
        _ body: (UInt32, ArraySlice<Batch.Item>) -> Void
    ) {
        var start = 0
        while start < items.count {
            let attempt = items[start].chunk.attempt
            var end = start + 1
            while end < items.count, items[end].chunk.attempt == attempt { end += 1 }
            body(attempt, items[start..<end])
            start = end
        }
    }

    // MARK: Settling duplicates

    /// Requests that settle duplicates: they cost, but they write no new item.
    func settled(_ batch: Batch, _ outcome: BatchOutcome) {
        state.withLock { $0.tables[batch.table].report.count(outcome) }
    }

    /// Rows of a table that share their key with an earlier row.
    ///
    /// - Parameters:
    ///   - table: the table's index.
    ///   - written: those that were counted as written.
    ///   - kept: those that were counted as kept.
    ///   - named: keys for the report.
    func duplicates(table: Int, written: Int, kept: Int, named: [DuplicateKey]) {
        state.withLock { state in
            state.tables[table].duplicatesWritten += written
            state.tables[table].duplicatesKept += kept
            let room =
                Limits.duplicateKeysNamedMax - state.tables[table].report.duplicateKeys.count
            state.tables[table].report.duplicateKeys += named.prefix(max(room, 0))
        }
    }

    func finishedChunk(attempt: UInt32) -> ChunkRecord? {
        state.withLock { $0.finished[attempt] }
    }

    /// The numbers of the attempts that are finished.
    var finishedAttempts: Set<UInt32> { state.withLock { Set($0.finished.keys) } }

    // MARK: For the ledger

    /// Chunks that were finished since the last call, and what the tables have cost so far.
    func takeUnrecorded() -> (chunks: [ChunkRecord], totals: [TableTotals]) {
        state.withLock { state in
            defer { state.unrecorded = [] }
            return (state.unrecorded, state.tables.map(\.totals))
        }
    }

    // MARK: Reports

    var progress: [RunProgress.Table] {
        state.withLock { state in
            state.tables.map { table in
                RunProgress.Table(
                    table: table.report.table,
                    state: table.report.state,
                    rowsRead: table.rowsSeen,
                    rowsEstimated: table.rowsEstimated,
                    itemsWritten: table.itemsSeen,
                    rejected: table.rejectedSeen,
                    retries: table.report.retries,
                    throttles: table.report.throttles
                )
            }
        }
    }

    /// Says how the tables ended, for whoever still looks at the progress.
    func finish(states: [RunState]) {
        state.withLock { state in
            for (index, ended) in states.enumerated() { state.tables[index].report.state = ended }
        }
    }

    /// The tables' reports, attempts added up.
    ///
    /// Rows of attempts that broke off count as not read; so do, in a run that did not finish, rows
    /// of which nobody knows what became.
    func reports(isFinished: Bool) -> [TableReport] {
        state.withLock { state in
            var reports = state.tables.map { table in
                var report = table.report
                report.seconds = table.seconds
                return report
            }
            for attempt in state.live.values where attempt.state != .abandoned {
                let record = attempt.record
                reports[attempt.table].rowsRead +=
                    isFinished ? record.rowsRead : attempt.accounted
                reports[attempt.table].itemsWritten += record.written
                reports[attempt.table].itemsKept += record.kept
                reports[attempt.table].rejected += record.rejected
            }
            for index in reports.indices {
                // Every duplicate was acknowledged too, and then one item is left of the group.
                let table = state.tables[index]
                reports[index].itemsWritten -= table.duplicatesWritten
                reports[index].itemsKept -= table.duplicatesKept
                reports[index].duplicates = table.duplicatesWritten + table.duplicatesKept
            }
            return reports
        }
    }
}

/// More attempts at chunks than an entry of the key log can name.
struct TooManyAttempts: Error, CustomStringConvertible {
    var description: String {
        "the run has read more than \(KeyLog.attemptMax) chunks: use larger ones (--chunk-rows)"
    }
}

extension Duration {
    /// Seconds, with fractions.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
