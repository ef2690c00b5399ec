import Dispatch
public import Mapping
import Synchronization

/// What a migration moves: tables, their entities, and how each row becomes an item.
public struct MigrationPlan: Sendable {
    public struct Table: Sendable {
        /// The contract's name.
        public var name: String
        /// The target's name, prefix included.
        public var targetName: String
        /// The partition key's attribute, then the sort key's if there is one.
        public var keyNames: [String]

        public init(name: String, targetName: String, keyNames: [String]) {
            self.name = name
            self.targetName = targetName
            self.keyNames = keyNames
        }
    }

    public struct Entity: Sendable {
        /// Index into `tables`.
        public var table: Int
        public var entityType: String?
        public var plan: ItemPlan
        /// The result set's columns, in its order.
        public var columns: [ResultColumn]
        /// The source's estimate; nil where it has none.
        public var rowsEstimated: Int?

        public init(
            table: Int,
            entityType: String?,
            plan: ItemPlan,
            columns: [ResultColumn],
            rowsEstimated: Int?
        ) {
            self.table = table
            self.entityType = entityType
            self.plan = plan
            self.columns = columns
            self.rowsEstimated = rowsEstimated
        }
    }

    public var tables: [Table]
    /// Ports and chunk numbers refer to entities by their index here.
    public var entities: [Entity]

    public init(tables: [Table], entities: [Entity]) {
        self.tables = tables
        self.entities = entities
    }
}

/// How much is done at once.
public struct MigrationOptions: Sendable, Equatable {
    /// Connections that read chunks.
    public var readers: Int
    /// Workers that map rows.
    public var workers: Int
    /// Slabs between readers and workers, a reader and worker.
    public var slabsPerWorker = 2
    /// Tries to read one chunk before the run fails.
    public var readTriesMax = 60
    /// Seconds for which no connection could be opened after which the run fails.
    public var connectFor: Double = 3_600

    /// What a put does where the target has the key already.
    public var mode = WriteMode.replace

    public init(readers: Int, workers: Int) {
        self.readers = readers
        self.workers = workers
    }
}

/// Where a run reads, writes and remembers.
public struct MigrationPorts: Sendable {
    public var source: any RowSource
    public var sink: any ItemSink
    public var deadLetters: any DeadLetters
    public var spill: any SpillSpace
    public var ledger: any Ledger

    public init(
        source: any RowSource,
        sink: any ItemSink,
        deadLetters: any DeadLetters,
        spill: any SpillSpace,
        ledger: any Ledger
    ) {
        self.source = source
        self.sink = sink
        self.deadLetters = deadLetters
        self.spill = spill
        self.ledger = ledger
    }
}

/// One run of a migration: readers, workers, the sink and the accounts.
///
/// `run` blocks until all is done; `stop` may be called from any thread.
public final class Migration: Sendable {
    let plan: MigrationPlan
    let options: MigrationOptions
    let source: any RowSource
    let sink: any ItemSink
    let deadLetters: any DeadLetters
    let spill: any SpillSpace
    let ledger: any Ledger
    let accounts: Accounts
    let pools: [BatchPool]
    /// One a table.
    let keyLogs: [KeyLog]
    let stopping: StopFlag
    let times = FlowTimes()
    /// Signalled when a chunk was finished.
    let chunkFinished: DispatchSemaphore
    private let resume: ResumePoint?
    private let quiet = Mutex<Double>(0)
    /// Whether the sink was told to give up.
    private let isCancelled = Atomic<Bool>(false)
    private let started = ContinuousClock.now

    /// - Parameters:
    ///   - plan: what is moved.
    ///   - options: how much at once.
    ///   - ports: from where, to where.
    ///   - resume: where an earlier process of the same run got to; nil for a new run.
    /// - Throws: what the spill space throws; `DamagedKeyLog` where a key log is not what the
    ///   checkpoints say.
    public init(
        plan: MigrationPlan,
        options: MigrationOptions,
        ports: MigrationPorts,
        resume: ResumePoint? = nil
    ) throws {
        self.plan = plan
        self.options = options
        self.resume = resume
        source = ports.source
        sink = ports.sink
        deadLetters = ports.deadLetters
        spill = ports.spill
        ledger = ports.ledger
        stopping = StopFlag()
        pools = plan.tables.enumerated().map {
            BatchPool(table: $0.offset, tableName: $0.element.targetName)
        }
        keyLogs = try plan.tables.indices.map { table in
            try KeyLog(
                file: ports.spill.keyLog(table: table),
                length: resume?.keyLogBytes[table] ?? 0
            )
        }
        let firstAttempt =
            try resume.map { [keyLogs] in
                try KeyLogCheck(plan: plan, resume: $0).firstAttempt(keyLogs)
            } ?? 0
        let chunkFinished = DispatchSemaphore(value: 0)
        self.chunkFinished = chunkFinished
        accounts = Accounts(
            tables: plan.tables.enumerated().map { index, table in
                let estimates = plan.entities.filter { $0.table == index }.map(\.rowsEstimated)
                let known = estimates.compactMap(\.self)
                let isKnown = known.count == estimates.count
                return (table.name, isKnown ? known.reduce(0, +) : nil)
            },
            resume: resume,
            firstAttempt: firstAttempt,
            tableOfEntity: plan.entities.map(\.table)
        ) { chunkFinished.signal() }
    }

    /// Makes `run` wait before its first read, or until it is stopped.
    public func waitBeforeReading(seconds: Double) {
        quiet.withLock { $0 = seconds }
    }

    /// Ends the run early: reading stops at once, what was mapped is still sent.
    public func stop() {
        stopping.stop(because: nil)
    }

    /// Gives up what is still being retried when the drain takes longer than that.
    public func abort(afterSeconds seconds: Double) {
        DispatchQueue(label: "unglue.abort").asyncAfter(deadline: .now() + seconds) { [self] in
            isCancelled.store(true, ordering: .releasing)
            sink.cancel()
        }
    }

    /// The sink has given a batch up, so the run ends: the other batches are not tried for as long
    /// again.
    ///
    /// What the sink answers once it was cancelled only follows from why it was.
    func gaveUp(because error: any Error) {
        guard !isCancelled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        stopping.stop(because: error)
        sink.cancel()
    }

    /// Attempts that broke off: dead letters that were written for them do not count.
    public var brokenAttempts: Set<UInt32> { accounts.brokenAttempts }

    /// Seconds of the run, those of earlier processes included.
    var seconds: Double {
        (resume?.seconds ?? 0) + (ContinuousClock.now - started).inSeconds
    }

    public var progress: RunProgress {
        RunProgress(seconds: seconds, tables: accounts.progress)
    }

    /// Moves everything and settles the accounts.
    ///
    /// - Returns: the tables' reports, the state of the whole, and what went wrong.
    public func run() -> MigrationResult {
        let checkpointer = Checkpointer(migration: self)
        checkpointer.start()
        do {
            let seconds = quiet.withLock { $0 }
            if seconds > 0 { _ = stopping.wait(seconds: seconds) }
            let flow = Flow(
                migration: self,
                scheduler: try .resuming(resume, plan: plan, source: source)
            )
            flow.run()
            sink.drain()
            if !stopping.isStopped { try confirmUnchanged() }
        } catch {
            stopping.stop(because: error)
        }
        checkpointer.end()
        if !stopping.isStopped { settleDuplicates() }
        return result()
    }

    /// Looks whether what was read is still defined as it was; a connection that breaks meanwhile is
    /// no answer.
    private func confirmUnchanged() throws {
        var tries = 1
        while true {
            do {
                return try source.confirmUnchanged()
            } catch let error as any SourceError where error.isRetryable {
                tries += 1
                guard tries <= options.readTriesMax else { throw error }
                let seconds = Limits.readPause(beforeTry: tries)
                if stopping.wait(seconds: seconds) { return }
            }
        }
    }

    private func settleDuplicates() {
        do {
            try DuplicateSettlement(migration: self).run()
        } catch {
            stopping.stop(because: error)
        }
        sink.drain()
    }

    private func result() -> MigrationResult {
        var reports = accounts.reports(isFinished: !stopping.isStopped)
        var errors = stopping.errors
        for index in reports.indices {
            if !reports[index].isBalanced, errors.isEmpty, !stopping.isStopped {
                errors.append(UnbalancedAccounts(report: reports[index]))
            }
        }
        for index in reports.indices {
            reports[index].state =
                if !errors.isEmpty {
                    .failed
                } else if stopping.isStopped {
                    .interrupted
                } else {
                    reports[index].rejected > 0 ? .partial : .succeeded
                }
        }
        let state: RunState =
            if !errors.isEmpty {
                .failed
            } else if stopping.isStopped {
                .interrupted
            } else {
                reports.contains { $0.rejected > 0 } ? .partial : .succeeded
            }
        accounts.finish(states: reports.map(\.state))
        return MigrationResult(
            state: state,
            seconds: seconds,
            tables: reports,
            errors: errors,
            bottleneck: Bottleneck(times.sums, sink: sink.waits)
        )
    }
}

public struct MigrationResult: Sendable {
    /// Attempts whose dead letters do not count.
    public var letterAttemptsBroken: Set<UInt32> = []
    /// Of the requests, as the sink measured them; nil where it did not.
    public var latency: LatencySummary?
    public var state: RunState
    /// Wall time of the run.
    public var seconds: Double
    public var tables: [TableReport]
    public var errors: [any Error]
    /// What has bounded the rate of this process; nil where it read nothing.
    public var bottleneck: Bottleneck?

    /// Makes it a failed one after all.
    public mutating func fail(because error: any Error) {
        state = .failed
        errors.append(error)
        for index in tables.indices { tables[index].state = .failed }
    }
}

/// The equation `rows_read = items_written + items_kept + duplicates + rejected` does not hold: a
/// fault in the engine, which must never pass as success.
public struct UnbalancedAccounts: Error, CustomStringConvertible {
    public var report: TableReport

    public var description: String {
        """
        the accounts of table \(report.table) do not balance: \(report.rowsRead) rows read, but \
        \(report.itemsWritten) items written, \(report.itemsKept) kept, \(report.duplicates) \
        duplicates, \(report.rejected) rejected; this is a fault in Unglue, please report it
        """
    }
}
