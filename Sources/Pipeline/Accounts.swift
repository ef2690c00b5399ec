import Mapping
import Synchronization

/// Where every row of a run is counted exactly once.
///
/// Rows are counted by chunk attempt. Only when an attempt was read to its end do its counts enter
/// the table's: an attempt that broke off is read again under a new number, and what it had already
/// sent is only a replay.
final class Accounts: Sendable {
    struct Attempt: Sendable {
        enum State: Sendable {
            case reading
            case complete
            case abandoned
        }

        var entity: Int
        var table: Int
        /// Position of the chunk within its entity, in key order.
        var ordinal: Int
        var range: ChunkRange
        var state = State.reading
        var rowsRead = 0
        var written = 0
        var rejected = 0
        /// Hashes of the dead letters that were written for it.
        var letters: [Int] = []
        /// Dead letters that an earlier attempt at the same chunk has written, by hash.
        var lettersBefore: [Int: Int] = [:]

        var accounted: Int { written + rejected }
    }

    struct Table: Sendable {
        var report: TableReport
        var rowsEstimated: Int?
        /// Rows delivered so far, broken attempts included; for the eye only.
        var rowsSeen = 0
        var itemsSeen = 0
        /// Key hash and attempt of items that were made, but refused by the target.
        var refused: [KeyIndex.Entry] = []
        var firstRead: ContinuousClock.Instant?
        var lastAnswer: ContinuousClock.Instant?
    }

    private struct Chunk: Hashable {
        var entity: Int
        var ordinal: Int
    }

    private struct State {
        var tables: [Table]
        var attempts: [Attempt] = []
        /// Dead letters of chunks that broke off and are not begun again yet.
        var lettersOfBroken: [Chunk: [Int: Int]] = [:]
    }

    private let state: Mutex<State>

    init(tables: [(name: String, rowsEstimated: Int?)]) {
        state = Mutex(
            State(
                tables: tables.map {
                    Table(
                        report: TableReport(table: $0.name, state: .ready),
                        rowsEstimated: $0.rowsEstimated
                    )
                }
            )
        )
    }

    /// Begins to read a chunk; the number is unique within the run.
    func begin(entity: Int, table: Int, ordinal: Int, range: ChunkRange) -> UInt32 {
        let now = ContinuousClock.now
        return state.withLock { state in
            var attempt = Attempt(entity: entity, table: table, ordinal: ordinal, range: range)
            let chunk = Chunk(entity: entity, ordinal: ordinal)
            attempt.lettersBefore = state.lettersOfBroken.removeValue(forKey: chunk) ?? [:]
            state.attempts.append(attempt)
            state.tables[table].report.state = .running
            if state.tables[table].firstRead == nil { state.tables[table].firstRead = now }
            return UInt32(state.attempts.count - 1)
        }
    }

    /// Rows have been delivered; for progress.
    func saw(rows: Int, attempt: UInt32) {
        state.withLock { state in
            state.tables[state.attempts[Int(attempt)].table].rowsSeen += rows
        }
    }

    /// The attempt was read to its end.
    func complete(attempt: UInt32, rows: Int) {
        state.withLock { state in
            state.attempts[Int(attempt)].state = .complete
            state.attempts[Int(attempt)].letters = []
            state.attempts[Int(attempt)].rowsRead = rows
        }
    }

    /// The attempt broke off; its rows will be read again or are lost to this run.
    func abandon(attempt: UInt32, rowsSeen: Int) {
        state.withLock { state in
            state.attempts[Int(attempt)].state = .abandoned
            let broken = state.attempts[Int(attempt)]
            var letters = broken.lettersBefore
            for letter in broken.letters { letters[letter, default: 0] += 1 }
            if !letters.isEmpty {
                let chunk = Chunk(entity: broken.entity, ordinal: broken.ordinal)
                state.lettersOfBroken[chunk] = letters
            }
            state.attempts[Int(attempt)].letters = []
            state.attempts[Int(attempt)].lettersBefore = [:]
            state.tables[state.attempts[Int(attempt)].table].rowsSeen -= rowsSeen
        }
    }

    /// Whether a dead letter is to be written.
    ///
    /// Not where an earlier attempt at the chunk has written the same, and not where this attempt
    /// has broken off: then the next one will.
    func isNew(_ letter: DeadLetter, attempt: UInt32) -> Bool {
        var hasher = Hasher()
        hasher.combine(letter.key)
        hasher.combine(letter.reason)
        hasher.combine(letter.row)
        let hash = hasher.finalize()
        return state.withLock { state in
            let number = Int(attempt)
            if state.attempts[number].state == .abandoned { return false }
            if state.attempts[number].state == .reading {
                state.attempts[number].letters.append(hash)
            }
            guard let before = state.attempts[number].lettersBefore[hash] else { return true }
            state.attempts[number].lettersBefore[hash] = before > 1 ? before - 1 : nil
            return false
        }
    }

    func rejected(attempt: UInt32) {
        state.withLock { $0.attempts[Int(attempt)].rejected += 1 }
    }

    /// A batch was answered.
    func answered(_ batch: Batch, _ outcome: BatchOutcome) {
        let now = ContinuousClock.now
        state.withLock { state in
            if outcome.fatal == nil {
                for item in batch.items { state.attempts[Int(item.chunk.attempt)].written += 1 }
                for refusal in outcome.refused {
                    let item = batch.items[refusal.index]
                    state.attempts[Int(item.chunk.attempt)].written -= 1
                    state.attempts[Int(item.chunk.attempt)].rejected += 1
                    state.tables[batch.table].refused.append(
                        KeyIndex.Entry(keyHash: item.keyHash, attempt: item.chunk.attempt)
                    )
                }
                state.tables[batch.table].itemsSeen += batch.items.count - outcome.refused.count
            }
            state.tables[batch.table].lastAnswer = now
            state.tables[batch.table].report.count(outcome)
        }
    }

    /// Requests that settle duplicates: they cost, but they write no new item.
    func settled(_ batch: Batch, _ outcome: BatchOutcome) {
        state.withLock { $0.tables[batch.table].report.count(outcome) }
    }

    func duplicates(table: Int, count: Int, named: [DuplicateKey]) {
        state.withLock { state in
            state.tables[table].report.duplicates += count
            let room =
                Limits.duplicateKeysNamedMax - state.tables[table].report.duplicateKeys.count
            state.tables[table].report.duplicateKeys += named.prefix(max(room, 0))
        }
    }

    func refused(table: Int) -> [KeyIndex.Entry] {
        state.withLock { $0.tables[table].refused }
    }

    func attempt(_ number: UInt32) -> Attempt {
        state.withLock { $0.attempts[Int(number)] }
    }

    /// The attempts that were read to their end, as a set that is quick to ask.
    func completeAttempts() -> [Bool] {
        state.withLock { $0.attempts.map { $0.state == .complete } }
    }

    var progress: [RunProgress.Table] {
        state.withLock { state in
            var rejected = Array(repeating: 0, count: state.tables.count)
            for attempt in state.attempts { rejected[attempt.table] += attempt.rejected }
            return state.tables.enumerated().map { index, table in
                RunProgress.Table(
                    table: table.report.table,
                    state: table.report.state,
                    rowsRead: table.rowsSeen,
                    rowsEstimated: table.rowsEstimated,
                    itemsWritten: table.itemsSeen,
                    rejected: rejected[index],
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
                if let first = table.firstRead, let last = table.lastAnswer, last > first {
                    report.seconds = (last - first).inSeconds
                }
                return report
            }
            for attempt in state.attempts where attempt.state != .abandoned {
                reports[attempt.table].rowsRead +=
                    isFinished ? attempt.rowsRead : attempt.accounted
                reports[attempt.table].itemsWritten += attempt.written
                reports[attempt.table].rejected += attempt.rejected
            }
            for index in reports.indices {
                // Every duplicate was acknowledged too, and then one item is left of the group.
                reports[index].itemsWritten -= reports[index].duplicates
            }
            return reports
        }
    }
}

extension TableReport {
    fileprivate mutating func count(_ outcome: BatchOutcome) {
        bytesWritten += outcome.bytesSent
        writeUnits += outcome.writeUnits
        requests += outcome.requests
        retries += outcome.retries
        throttles += outcome.throttles
    }
}

extension Duration {
    /// Seconds, with fractions.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
