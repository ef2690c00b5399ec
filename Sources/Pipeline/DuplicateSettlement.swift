import Mapping
import Synchronization

/// After everything was written: finds the keys that more than one row has, names them, and makes
/// the outcome the same whatever order the requests had: the first row in source order (entity,
/// then chunk key) is the one whose item stays.
///
/// A key index holds hashes only, so the chunks concerned are read again. Their rows' real keys
/// decide; equal hashes of different keys are no duplicates.
struct DuplicateSettlement {
    private struct Candidate {
        /// Rows that the index counted.
        var rows: Int
        /// Rows found again, by their real key.
        var keys: [(key: String, rows: Int)] = []
    }

    let migration: Migration

    func run() throws {
        for table in migration.plan.tables.indices { try run(table: table) }
    }

    private func run(table: Int) throws {
        let isComplete = migration.accounts.completeAttempts()
        var refused = Dictionary(
            migration.accounts.refused(table: table).map { ($0.keyHash, 1) },
            uniquingKeysWith: +
        )
        var candidates: [UInt64: Candidate] = [:]
        var attempts: Set<UInt32> = []
        try migration.keyIndexes[table].forEachDuplicate(
            isCounted: { isComplete[Int($0.attempt)] }
        ) { keyHash, entries in
            let rows = entries.count - (refused.removeValue(forKey: keyHash) ?? 0)
            guard rows > 1 else { return }
            candidates[keyHash] = Candidate(rows: rows)
            attempts.formUnion(entries.map(\.attempt))
            guard candidates.count == Limits.duplicatesSettledMax else { return }
            try settle(table: table, &candidates, attempts)
            attempts = []
        }
        if !candidates.isEmpty { try settle(table: table, &candidates, attempts) }
    }

    private func settle(
        table: Int,
        _ candidates: inout [UInt64: Candidate],
        _ attempts: Set<UInt32>
    ) throws {
        let chunks = attempts.map { (number: $0, attempt: migration.accounts.attempt($0)) }
            .sorted {
                ($0.attempt.entity, $0.attempt.ordinal) < ($1.attempt.entity, $1.attempt.ordinal)
            }
        var tries = 1
        while true {
            do {
                var found = candidates
                try read(chunks, table: table, &found)
                if migration.stopping.isStopped { return }
                report(table: table, found)
                candidates = [:]
                return
            } catch let error as any SourceError where error.isRetryable {
                tries += 1
                guard tries <= migration.options.readTriesMax else { throw error }
                if migration.stopping.wait(seconds: min(0.05 * Double(1 << tries), 5)) { return }
            }
        }
    }

    private func read(
        _ chunks: [(number: UInt32, attempt: Accounts.Attempt)],
        table: Int,
        _ candidates: inout [UInt64: Candidate]
    ) throws {
        let reader = try migration.source.connect()
        var batcher = Batcher(pool: migration.pools[table])
        let scratch = ByteBuffer()
        var slab = RowSlab(columnCount: 0)
        for chunk in chunks {
            if migration.stopping.isStopped { return }
            let entity = chunk.attempt.entity
            let mapper = ItemMapper(plan: migration.plan.entities[entity].plan)
            let identity = ChunkID(entity: UInt32(entity), attempt: chunk.number)
            _ = try reader.read(
                entity: entity,
                range: chunk.attempt.range,
                isOrdered: true,
                chunk: identity,
                first: slab
            ) { filled in
                settle(filled, mapper: mapper, scratch: scratch, &batcher, &candidates)
                slab = filled
                return filled
            }
        }
        if let batch = batcher.flush() { send(batch) }
    }

    /// Puts the first row of each key again and counts the others.
    private func settle(
        _ slab: RowSlab,
        mapper: ItemMapper,
        scratch: ByteBuffer,
        _ batcher: inout Batcher,
        _ candidates: inout [UInt64: Candidate]
    ) {
        let table = migration.plan.entities[Int(slab.chunk.entity)].table
        for row in 0..<slab.rowCount {
            scratch.truncate(to: 0)
            guard case .item(let item) = mapper.map(row: row, of: slab, into: scratch),
                var candidate = candidates[item.keyHash]
            else { continue }
            let key = ItemKey.json(
                ofItem: scratch.array(),
                keyNames: migration.plan.tables[table].keyNames
            )
            if let index = candidate.keys.firstIndex(where: { $0.key == key }) {
                candidate.keys[index].rows += 1
            } else {
                candidate.keys.append((key, 1))
                batcher.open().append(scratch, 0..<scratch.count)
                let batch = batcher.commit(item, chunk: slab.chunk, row: slab.firstRow + row)
                if let batch { send(batch) }
            }
            candidates[item.keyHash] = candidate
        }
    }

    private func report(table: Int, _ candidates: [UInt64: Candidate]) {
        var count = 0
        var named: [DuplicateKey] = []
        for candidate in candidates.values {
            // Each further key of the same hash is an item of its own.
            count += candidate.rows - max(candidate.keys.count, 1)
            for (key, rows) in candidate.keys where rows > 1 {
                named.append(DuplicateKey(key: key, rows: rows))
            }
        }
        named.sort { $0.key < $1.key }
        migration.accounts.duplicates(table: table, count: count, named: named)
    }

    private func send(_ batch: Batch) {
        migration.sink.submit(batch) { [migration] batch, outcome in
            migration.accounts.settled(batch, outcome)
            if let fatal = outcome.fatal { migration.gaveUp(because: fatal) }
            migration.pools[batch.table].recycle(batch)
        }
    }
}
