public import Pipeline
import Synchronization

/// The ledger of one run while it goes on.
///
/// It keeps the lock of the store that made it until it is gone. Errors are `LedgerError`s; after
/// one that tells of a disk that failed, every later call throws the same.
public final class RunJournal: Ledger {
    /// The run's name.
    public let run: String
    /// What the run is bound to.
    public let identity: [IdentityFacet]
    private let store: LedgerStore
    /// What lies in the ledger: changed after the ledger was.
    private let content: Mutex<JournalContent>

    init(_ store: LedgerStore, _ content: JournalContent) {
        self.store = store
        run = content.run.run
        identity = content.identity
        self.content = Mutex(content)
    }

    /// Writes down finished chunks and where the run stands: all of it or nothing, and durable when
    /// it returns.
    public func record(_ checkpoint: Checkpoint) throws {
        try change("record a checkpoint in") { $0.record(checkpoint, now: $1) }
    }

    /// Says how the run stands, `running` or `interrupted`, say; its tables keep their states.
    public func updateState(_ state: RunState) throws(LedgerError) {
        try change("record the state in") { (content: inout JournalContent, now: Int) in
            content.run.state = state
            content.run.updated = now
            return []
        }
    }

    /// Says with which consistency the source is read, once it is known.
    public func updateConsistency(_ consistency: String) throws(LedgerError) {
        try change("record the consistency in") { (content: inout JournalContent, now: Int) in
            content.run.consistency = consistency
            content.run.updated = now
            return []
        }
    }

    /// Says how the run ended.
    ///
    /// - Parameters:
    ///   - state: if it is neither `succeeded` nor `partial`, the run may be resumed.
    ///   - jobs: the reports of its tables, in the order of its plan; empty where there are none,
    ///     and then what the checkpoints add up to stands.
    ///   - errors: why it failed, one sentence an element.
    ///   - seconds: of all processes of the run together.
    /// - Throws: where it could not be written; then the run counts as interrupted.
    public func finish(
        _ state: RunState,
        jobs: [TableReport],
        errors: [String],
        seconds: Double
    ) throws(LedgerError) {
        try change("record the end of the run in") { (content: inout JournalContent, now: Int) in
            precondition(
                jobs.isEmpty || jobs.count == content.jobs.count,
                "the reports are of the run's tables, all of them or none"
            )
            content.run.state = state
            content.run.errors = errors
            content.run.seconds = seconds
            content.run.updated = now
            content.run.ended = now
            for index in content.jobs.indices {
                if jobs.isEmpty {
                    content.jobs[index].report.state = state
                } else {
                    let name = content.jobs[index].report.table
                    content.jobs[index].report = jobs[index]
                    content.jobs[index].report.table = name
                }
            }
            return []
        }
    }

    /// Changes the rows in one transaction; only once they are on the disk does the journal believe
    /// them.
    private func change(
        _ operation: String,
        _ body: (inout JournalContent, Int) -> [ChunkRecord]
    ) throws(LedgerError) {
        let now = store.now
        try content.withLock { (current) throws(LedgerError) in
            let previous = current
            var changed = current
            let chunks = body(&changed, now)
            let wanted = changed
            current = try store.write(operation) { (database: Database) throws(LedgerError) in
                var next = wanted
                for chunk in chunks {
                    let values = chunk.values(run: next.run.number)
                    try SealedTable.chunks.insert(values, in: database, operation)
                    let table = next.entities[chunk.entity].table
                    next.jobs[table].chunks += 1
                    next.jobs[table].chunkSeals &+= SealedTable.chunks.seal(of: values)
                }
                try next.updateChanged(since: previous, in: database, operation)
                return next
            }
        }
    }
}

/// The rows of one run but its chunks.
struct JournalContent: Sendable, Equatable {
    var run: RunRow
    let identity: [IdentityFacet]
    var jobs: [JobRow]
    let entities: [EntityRow]

    init(_ new: NewRun, number: Int, now: Int) {
        run = RunRow(new, number: number, now: now)
        identity = new.identity
        jobs = new.tables.enumerated().map { JobRow(run: number, index: $0, $1) }
        entities = new.entities.enumerated().map { index, entity in
            EntityRow(run: number, entity: index, table: entity.table, name: entity.name)
        }
    }

    init(_ run: RunRow, _ reader: LedgerReader) throws(LedgerError) {
        self.run = run
        identity = try reader.identity(of: run.number)
        jobs = try reader.jobs(of: run.number)
        entities = try reader.entities(of: run.number)
        guard entities.allSatisfy({ jobs.indices.contains($0.table) }) else {
            throw .damaged("read", reader.path, "an entity belongs to no table of its run")
        }
    }

    /// Takes a checkpoint in and returns its chunks, which are still to be counted and written.
    mutating func record(_ checkpoint: Checkpoint, now: Int) -> [ChunkRecord] {
        precondition(
            checkpoint.totals.count == jobs.count && checkpoint.keyLogBytes.count == jobs.count,
            "a checkpoint says something of every table"
        )
        run.updated = now
        run.seconds = checkpoint.seconds
        run.state = .running
        for index in jobs.indices {
            jobs[index].totals = checkpoint.totals[index]
            jobs[index].keyLogBytes = checkpoint.keyLogBytes[index]
            if checkpoint.totals[index].requests > 0 { jobs[index].report.state = .running }
        }
        for chunk in checkpoint.chunks {
            precondition(
                entities.indices.contains(chunk.entity),
                "a chunk belongs to an entity of the run"
            )
            let table = entities[chunk.entity].table
            jobs[table].add(chunk)
            jobs[table].report.state = .running
        }
        return checkpoint.chunks
    }

    /// What a run is when it goes on: its tables count what is finished, and nothing else.
    mutating func restart(now: Int, chunks: [[ChunkRecord]]) {
        run.state = .running
        run.updated = now
        run.ended = nil
        run.errors = []
        for index in jobs.indices {
            let totals = jobs[index].totals
            jobs[index].report = TableReport(table: jobs[index].report.table, state: .ready)
            jobs[index].totals = totals
        }
        for (entity, records) in chunks.enumerated() {
            for chunk in records {
                jobs[entities[entity].table].add(chunk)
                jobs[entities[entity].table].report.state = .running
            }
        }
    }

    func insert(in database: Database, _ operation: String) throws(LedgerError) {
        try SealedTable.runs.insert(run.values, in: database, operation)
        for (ordinal, facet) in identity.enumerated() {
            try SealedTable.identity.insert(
                [.integer(run.number), .integer(ordinal), .text(facet.name), .text(facet.text)],
                in: database,
                operation
            )
        }
        for job in jobs { try SealedTable.jobs.insert(job.values, in: database, operation) }
        for entity in entities {
            try SealedTable.entities.insert(entity.values, in: database, operation)
        }
    }

    func updateAll(in database: Database, _ operation: String) throws(LedgerError) {
        try SealedTable.runs.update(run.values, in: database, operation)
        for job in jobs { try SealedTable.jobs.update(job.values, in: database, operation) }
    }

    func updateChanged(
        since previous: JournalContent,
        in database: Database,
        _ operation: String
    ) throws(LedgerError) {
        if run != previous.run {
            try SealedTable.runs.update(run.values, in: database, operation)
        }
        for (job, before) in zip(jobs, previous.jobs) where job != before {
            try SealedTable.jobs.update(job.values, in: database, operation)
        }
    }
}
