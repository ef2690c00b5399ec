internal import Pipeline

/// What a retry has made of the dead letters of one table.
public struct LetterSettlement: Sendable, Equatable {
    /// The contract's name of the table.
    public var table: String
    /// Letters whose item is in the target now.
    public var written = 0
    /// Letters in whose place the target keeps another item.
    public var kept = 0
    /// Letters whose row is gone from the source.
    public var gone = 0
    /// Letters that are left.
    public var rejected = 0

    public init(table: String) {
        self.table = table
    }
}

extension LedgerStore {
    /// Counts what a retry has settled: rows are no longer rejected but written or kept; those that
    /// are gone are none of the run's rows any more.
    ///
    /// Record it before the letters are dropped. Where a process dies between the two, its
    /// letters are settled a second time and not counted twice: no more rows are taken from the
    /// rejected than are there. Rows that the ledger calls rejected and that have no letter stay
    /// rejected. Finished chunks keep their counts, which are those of the reading.
    ///
    /// - Parameters:
    ///   - name: a run that has succeeded, all or in part.
    ///   - settlements: of tables of the run; others of its tables stay as they are.
    /// - Returns: the run as it stands now: succeeded where no row is rejected any more.
    /// - Throws: also where the run is not finished, or has no such table.
    @discardableResult
    public func settle(
        _ name: String,
        _ settlements: [LetterSettlement]
    ) throws(LedgerError) -> RunSummary {
        let time = now
        let operation = "record a retry of the run \(name) in"
        return try write(operation) { (database: Database) throws(LedgerError) in
            func refusal(_ message: String, _ hint: String) -> LedgerError {
                LedgerError(
                    .refused,
                    operation: operation,
                    path: database.path,
                    message: message,
                    hint: hint
                )
            }
            let reader = LedgerReader(database)
            guard let row = try reader.row(named: name) else { throw unknown(name, database) }
            guard try !reader.summary(of: row).isUnfinished else {
                throw refusal("it is \(row.state.rawValue)", "finish the run first")
            }
            let before = try JournalContent(row, reader)
            var content = before
            for settlement in settlements {
                guard
                    let index = content.jobs.firstIndex(where: {
                        $0.report.table == settlement.table
                    })
                else {
                    throw refusal(
                        "the run has no table \(settlement.table)",
                        "use the contract of the run, with what is to be mended in it"
                    )
                }
                content.jobs[index].report.settle(settlement)
            }
            let isClean = content.jobs.allSatisfy { $0.report.rejected == 0 }
            content.run.state = isClean ? .succeeded : .partial
            content.run.updated = time
            try content.updateChanged(since: before, in: database, operation)
            guard let now = try reader.row(named: name) else { throw unknown(name, database) }
            return try reader.summary(of: now)
        }
    }
}

extension TableReport {
    fileprivate mutating func settle(_ settlement: LetterSettlement) {
        let settled = settlement.written + settlement.kept + settlement.gone
        let lost = max(0, rejected - settled - settlement.rejected)
        let rest = settlement.rejected + lost
        // Fewer than were settled where an earlier retry had counted some of them.
        let counted = max(0, rejected - rest)
        let gone = min(settlement.gone, counted)
        let kept = min(settlement.kept, counted - gone)
        rejected = rest
        itemsKept += kept
        itemsWritten += counted - gone - kept
        rowsRead = itemsWritten + itemsKept + duplicates + rejected
        state = rejected == 0 ? .succeeded : .partial
    }
}
