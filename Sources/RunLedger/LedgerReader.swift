internal import Pipeline

/// Reads what the ledger holds, seal by seal.
struct LedgerReader {
    private let database: Database
    private let operation = "read"

    init(_ database: Database) { self.database = database }

    var path: String { database.path }

    func runs(limit: Int?) throws(LedgerError) -> [RunSummary] {
        var rows: [RunRow] = []
        try SealedTable.runs.rows(
            "ORDER BY number DESC LIMIT ?",
            [.integer(limit ?? -1)],
            in: database,
            operation
        ) { (row: SealedRow) throws(LedgerError) in rows.append(try RunRow(row)) }
        var runs: [RunSummary] = []
        for row in rows { runs.append(try summary(of: row)) }
        return runs
    }

    func row(named name: String) throws(LedgerError) -> RunRow? {
        try newest("WHERE run = ?", [.text(name)])
    }

    func newestRow(lineage: String, contractDigest: String?) throws(LedgerError) -> RunRow? {
        guard let contractDigest else {
            return try newest("WHERE lineage = ?", [.text(lineage)])
        }
        return try newest(
            "WHERE lineage = ? AND contract_digest = ?",
            [.text(lineage), .text(contractDigest)]
        )
    }

    private func newest(
        _ condition: String,
        _ values: [SQLValue]
    ) throws(LedgerError) -> RunRow? {
        var found: RunRow?
        try SealedTable.runs.rows(
            "\(condition) ORDER BY number DESC LIMIT 1",
            values,
            in: database,
            operation
        ) { (row: SealedRow) throws(LedgerError) in found = try RunRow(row) }
        return found
    }

    func summary(of row: RunRow) throws(LedgerError) -> RunSummary {
        RunSummary(
            run: row.run,
            lineage: row.lineage,
            contractPath: row.contractPath,
            contractName: row.contractName,
            contractDigest: row.contractDigest,
            state: row.state,
            started: row.started,
            updated: row.updated,
            ended: row.ended,
            seconds: row.seconds,
            mode: row.mode,
            consistency: row.consistency,
            options: row.options,
            errors: row.errors,
            jobs: try jobs(of: row.number).map { job in
                JobSummary(
                    targetName: job.targetName,
                    report: job.report,
                    chunks: job.chunks,
                    keyLogBytes: job.keyLogBytes
                )
            }
        )
    }

    /// In order, none left out.
    func jobs(of run: Int) throws(LedgerError) -> [JobRow] {
        var jobs: [JobRow] = []
        try all(.jobs, of: run, by: "table_index") { (row: SealedRow) throws(LedgerError) in
            let job = try JobRow(row)
            guard job.index == jobs.count else { throw row.unreadable }
            jobs.append(job)
        }
        return jobs
    }

    func entities(of run: Int) throws(LedgerError) -> [EntityRow] {
        var entities: [EntityRow] = []
        try all(.entities, of: run, by: "entity") { (row: SealedRow) throws(LedgerError) in
            let entity = try EntityRow(row)
            guard entity.entity == entities.count else { throw row.unreadable }
            entities.append(entity)
        }
        return entities
    }

    func identity(of run: Int) throws(LedgerError) -> [IdentityFacet] {
        var facets: [IdentityFacet] = []
        try all(.identity, of: run, by: "ordinal") { (row: SealedRow) throws(LedgerError) in
            guard try row.integer(1) == facets.count else { throw row.unreadable }
            facets.append(IdentityFacet(name: try row.text(2), text: try row.text(3)))
        }
        return facets
    }

    /// Finished chunks by entity and place, each with its row's seal.
    func chunks(
        of run: Int,
        chunk: (ChunkRecord, UInt64) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        try all(.chunks, of: run, by: "entity, places_lower") {
            (row: SealedRow) throws(LedgerError) in try chunk(ChunkRecord(row), row.seal)
        }
    }

    func entitySummaries(of run: Int) throws(LedgerError) -> [EntitySummary] {
        var summaries = try entities(of: run).map {
            EntitySummary(name: $0.name, table: $0.table)
        }
        try chunks(of: run) { (chunk, _) throws(LedgerError) in
            guard summaries.indices.contains(chunk.entity) else {
                throw .damaged(operation, path, "a chunk belongs to no entity of its run")
            }
            summaries[chunk.entity].chunks += 1
            summaries[chunk.entity].rowsRead += chunk.rowsRead
            summaries[chunk.entity].written += chunk.written
            summaries[chunk.entity].kept += chunk.kept
            summaries[chunk.entity].rejected += chunk.rejected
        }
        return summaries
    }

    private func all(
        _ table: SealedTable,
        of run: Int,
        by order: String,
        row: (SealedRow) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        try table.rows(
            "WHERE run = ? ORDER BY \(order)",
            [.integer(run)],
            in: database,
            operation,
            row: row
        )
    }
}

/// Runs whose process is gone: they say that they run, and nobody holds the lock.
enum Abandoned {
    /// A run as a reader shows it.
    static func interrupted(_ run: RunSummary) -> RunSummary {
        guard isOpen(run.state) else { return run }
        var run = run
        run.state = .interrupted
        for index in run.jobs.indices where isOpen(run.jobs[index].report.state) {
            run.jobs[index].report.state = .interrupted
        }
        return run
    }

    /// Writes it down: called by whoever has just got the lock, before it begins a run of its own.
    static func note(in database: Database) throws(LedgerError) {
        let operation = "note interrupted runs in"
        var rows: [RunRow] = []
        try SealedTable.runs.rows(
            "WHERE state IN ('ready', 'running')",
            in: database,
            operation
        ) { (row: SealedRow) throws(LedgerError) in rows.append(try RunRow(row)) }
        guard !rows.isEmpty else { return }
        try database.transaction(operation) { () throws(LedgerError) in
            for var row in rows {
                for var job in try LedgerReader(database).jobs(of: row.number)
                where isOpen(job.report.state) {
                    job.report.state = .interrupted
                    try SealedTable.jobs.update(job.values, in: database, operation)
                }
                row.state = .interrupted
                row.ended = row.updated
                try SealedTable.runs.update(row.values, in: database, operation)
            }
        }
    }

    private static func isOpen(_ state: RunState) -> Bool { state == .ready || state == .running }
}
