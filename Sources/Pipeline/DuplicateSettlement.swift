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
        /// Rows that were counted as written, and as kept.
        var written: Int
        var kept: Int
        /// Rows found again, by their real key.
        var keys: [(key: String, rows: Int)] = []
    }

    let migration: Migration

    func run() throws {
        for table in migration.plan.tables.indices { try run(table: table) }
    }

    private func run(table: Int) throws {
        let isFinished = migration.accounts.finishedAttempts
        var index = KeyIndex(spill: try migration.spill.makeFile())
        // The items of a batch are mostly of one attempt.
        var last = (attempt: UInt32.max, isFinished: false)
        try migration.keyLogs[table].forEachEntry { entry in
            if entry.attempt != last.attempt {
                last = (entry.attempt, isFinished.contains(entry.attempt))
            }
            if last.isFinished { try index.add(entry) }
        }
        var candidates: [UInt64: Candidate] = [:]
        var attempts: Set<UInt32> = []
        try index.forEachGroup { keyHash, entries in
            let made = entries.count { $0.mark == .made }
            let kept = entries.count { $0.mark == .kept }
            let refused = entries.count { $0.mark == .refused }
            guard made - refused > 1 else { return }
            candidates[keyHash] = Candidate(written: made - refused - kept, kept: kept)
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
        let chunks = attempts.compactMap { migration.accounts.finishedChunk(attempt: $0) }
            .sorted { ($0.entity, $0.places.lowerBound) < ($1.entity, $1.places.lowerBound) }
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
                let seconds = Limits.readPause(beforeTry: tries)
                if migration.stopping.wait(seconds: seconds) { return }
            }
        }
    }

    private func read(
        _ chunks: [ChunkRecord],
        table: Int,
        _ candidates: inout [UInt64: Candidate]
    ) throws {
        let reader = try migration.source.connect()
        var batcher = Batcher(pool: migration.pools[table])
        let scratch = ByteBuffer()
        var slab = RowSlab(columnCount: 0)
        for chunk in chunks {
            if migration.stopping.isStopped { return }
            let mapper = ItemMapper(plan: migration.plan.entities[chunk.entity].plan)
            let identity = ChunkID(
                entity: UInt32(chunk.entity),
                attempt: chunk.attempt,
                isReplay: true
            )
            _ = try reader.read(
                entity: chunk.entity,
                range: chunk.range,
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
                candidates[item.keyHash] = candidate
                // Where the target may keep what it has, the first that came has won.
                guard migration.options.mode == .replace else { continue }
                batcher.open().append(scratch, 0..<scratch.count)
                let batch = batcher.commit(item, chunk: slab.chunk, row: slab.firstRow + row)
                if let batch { send(batch) }
            }
            candidates[item.keyHash] = candidate
        }
    }

    private func report(table: Int, _ candidates: [UInt64: Candidate]) {
        var written = 0
        var kept = 0
        var named: [DuplicateKey] = []
        for candidate in candidates.values {
            // Each further key of the same hash is an item of its own.
            let items = max(candidate.keys.count, 1)
            let itemsWritten = min(candidate.written, items)
            written += candidate.written - itemsWritten
            kept += max(candidate.kept - (items - itemsWritten), 0)
            for (key, rows) in candidate.keys where rows > 1 {
                named.append(DuplicateKey(key: key, rows: rows))
            }
        }
        named.sort { $0.key < $1.key }
        migration.accounts.duplicates(table: table, written: written, kept: kept, named: named)
    }

    private func send(_ batch: Batch) {
        migration.sink.submit(batch) { [migration] batch, outcome in
            migration.accounts.settled(batch, outcome)
            if let fatal = outcome.fatal { migration.gaveUp(because: fatal) }
            migration.pools[batch.table].recycle(batch)
        }
    }
}
