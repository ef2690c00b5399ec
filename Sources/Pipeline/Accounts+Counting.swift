import Mapping

/// What the accounts do with the numbers they are given, under their lock.
extension Accounts.State {
    /// Counts what became of a batch's items.
    mutating func count(_ batch: Batch, _ outcome: BatchOutcome) {
        Accounts.forEachRun(of: batch.items) { attempt, run in
            live[attempt]?.record.written += run.count
        }
        for refusal in outcome.refused {
            let attempt = batch.items[refusal.index].chunk.attempt
            live[attempt]?.record.written -= 1
            live[attempt]?.record.rejected += 1
        }
        for index in outcome.kept {
            let attempt = batch.items[index].chunk.attempt
            live[attempt]?.record.written -= 1
            live[attempt]?.record.kept += 1
        }
        tables[batch.table].itemsSeen +=
            batch.items.count - outcome.refused.count - outcome.kept.count
        tables[batch.table].rejectedSeen += outcome.refused.count
    }

    /// Moves an attempt to the finished ones if it is, and forgets a broken one that is answered.
    ///
    /// - Returns: whether it was finished.
    mutating func settle(_ number: UInt32) -> Bool {
        guard let attempt = live[number] else { return false }
        if attempt.state == .abandoned, attempt.outstanding == 0 {
            live[number] = nil
            return false
        }
        guard attempt.isFinished else { return false }
        live[number] = nil
        finish(attempt.record, table: attempt.table)
        unrecorded.append(attempt.record)
        return true
    }

    private mutating func finish(_ record: ChunkRecord, table: Int) {
        finished[record.attempt] = record
        tables[table].report.rowsRead += record.rowsRead
        tables[table].report.itemsWritten += record.written
        tables[table].report.itemsKept += record.kept
        tables[table].report.rejected += record.rejected
    }

    /// Takes over what an earlier process has finished.
    mutating func take(_ resume: ResumePoint, tableOfEntity: [Int]) {
        for (index, totals) in resume.totals.enumerated() { tables[index].take(totals) }
        for (entity, chunks) in resume.chunks.enumerated() {
            let table = tableOfEntity[entity]
            for chunk in chunks {
                finish(chunk, table: table)
                tables[table].rowsSeen += chunk.rowsRead
                tables[table].itemsSeen += chunk.written
                tables[table].rejectedSeen += chunk.rejected
                nextAttempt = max(nextAttempt, chunk.attempt + 1)
            }
        }
    }
}

extension Accounts.Table {
    var totals: TableTotals {
        var totals = TableTotals()
        totals.bytesWritten = report.bytesWritten
        totals.writeUnits = report.writeUnits
        totals.requests = report.requests
        totals.retries = report.retries
        totals.throttles = report.throttles
        totals.seconds = seconds
        return totals
    }

    mutating func take(_ totals: TableTotals) {
        report.bytesWritten = totals.bytesWritten
        report.writeUnits = totals.writeUnits
        report.requests = totals.requests
        report.retries = totals.retries
        report.throttles = totals.throttles
        secondsBefore = totals.seconds
    }
}

extension TableReport {
    mutating func count(_ outcome: BatchOutcome) {
        bytesWritten += outcome.bytesSent
        writeUnits += outcome.writeUnits
        requests += outcome.requests
        retries += outcome.retries
        throttles += outcome.throttles
    }
}
