import Mapping

/// What one worker does with a slab: rows into items, items into batches, batches to the sink.
///
/// Used on one thread.
final class MappingWorker {
    private let migration: Migration
    /// One an entity.
    private let mappers: [ItemMapper]
    /// One a table.
    private var batchers: [Batcher]

    init(migration: Migration) {
        self.migration = migration
        mappers = migration.plan.entities.map { ItemMapper(plan: $0.plan) }
        batchers = migration.pools.map { Batcher(pool: $0) }
    }

    func map(_ slab: RowSlab) {
        // After an error nothing more is sent; after a stop, what was read still is.
        guard !migration.stopping.hasFailed else { return }
        let entity = Int(slab.chunk.entity)
        let table = migration.plan.entities[entity].table
        let mapper = mappers[entity]
        // A variable of this function is checked when it is compiled, one of the class at each use.
        var batcher = batchers[table]
        for row in 0..<slab.rowCount {
            let buffer = batcher.open()
            switch mapper.map(row: row, of: slab, into: buffer) {
            case .item(let item):
                let batch = batcher.commit(item, chunk: slab.chunk, row: slab.firstRow + row)
                if let batch { send(batch) }
            case .rejected(let rejection):
                batcher.rollBack()
                reject(rejection, row: row, of: slab)
            }
        }
        batchers[table] = batcher
        flushAged()
    }

    /// Sends the batches that have waited long enough for more rows.
    func flushAged() {
        let moment = ContinuousClock.now - Limits.batchAgeMax
        for table in batchers.indices {
            if let batch = batchers[table].flush(begunBefore: moment) { send(batch) }
        }
    }

    /// Sends what is left.
    func flush() {
        for table in batchers.indices {
            if let batch = batchers[table].flush() { send(batch) }
        }
    }

    private func send(_ batch: Batch) {
        do {
            try migration.keyLogs[batch.table].record(batch.items)
            migration.accounts.logged(batch.items)
        } catch {
            // Without the log a duplicate could go unseen: better no result than a wrong one.
            migration.stopping.stop(because: error)
            return
        }
        migration.sink.submit(batch) { [migration] batch, outcome in
            migration.answered(batch, outcome)
        }
    }

    private func reject(_ rejection: Rejection, row: Int, of slab: RowSlab) {
        let entity = migration.plan.entities[Int(slab.chunk.entity)]
        do {
            let letter = DeadLetter(
                table: migration.plan.tables[entity.table].name,
                entity: entity.entityType,
                key: rejection.key,
                reason: rejection.reason,
                row: RowText.json(row: row, of: slab, columns: entity.columns)
            )
            try migration.deadLetters.write(letter, attempt: slab.chunk.attempt)
            migration.accounts.rejected(attempt: slab.chunk.attempt)
        } catch {
            // A row that is neither written nor set aside would be lost.
            migration.stopping.stop(because: error)
        }
    }
}

extension Migration {
    /// The sink's answer to a batch: counted, its refused items set aside, the batch kept for reuse.
    func answered(_ batch: Batch, _ outcome: BatchOutcome) {
        do {
            for refusal in outcome.refused {
                try setAside(refusal.index, of: batch, refusal.reason)
                try keyLogs[batch.table].note(.refused, batch.items[refusal.index])
            }
            for index in outcome.kept {
                try keyLogs[batch.table].note(.kept, batch.items[index])
            }
        } catch {
            stopping.stop(because: error)
        }
        accounts.answered(batch, outcome)
        if let fatal = outcome.fatal { gaveUp(because: fatal) }
        pools[batch.table].recycle(batch)
    }

    /// Writes a dead letter for an item that the target refuses: its row is long gone, so the item
    /// itself stands in its place.
    private func setAside(_ index: Int, of batch: Batch, _ reason: String) throws {
        let item = batch.items[index]
        let entity = plan.entities[Int(item.chunk.entity)]
        let bytes = batch.body.array(item.range)
        let letter = DeadLetter(
            table: plan.tables[batch.table].name,
            entity: entity.entityType,
            key: ItemKey.json(ofItem: bytes, keyNames: plan.tables[batch.table].keyNames),
            reason: reason,
            row: #"{"item":\#(String(decoding: bytes, as: UTF8.self))}"#
        )
        try deadLetters.write(letter, attempt: item.chunk.attempt)
    }
}
