/// Compares the key logs of an unfinished run with its checkpoints.
struct KeyLogCheck {
    let plan: MigrationPlan
    let resume: ResumePoint

    private struct Sum {
        var count = 0
        var checksum: UInt64 = 0
    }

    /// The first attempt number that neither a chunk nor an entry has.
    ///
    /// - Throws: `DamagedKeyLog` where the entries of a finished chunk are not those that it had.
    func firstAttempt(_ logs: [KeyLog]) throws -> UInt32 {
        var next: UInt32 = 0
        var sums: [UInt32: Sum] = [:]
        for log in logs {
            try log.forEachEntry { entry in
                next = max(next, entry.attempt + 1)
                guard entry.mark == .made else { return }
                sums[entry.attempt, default: Sum()].count += 1
                sums[entry.attempt, default: Sum()].checksum &+= entry.keyHash
            }
        }
        for (entity, chunks) in resume.chunks.enumerated() {
            for chunk in chunks {
                let sum = sums[chunk.attempt] ?? Sum()
                guard sum.count == chunk.keysLogged, sum.checksum == chunk.keyChecksum else {
                    throw DamagedKeyLog(
                        table: plan.tables[plan.entities[entity].table].name,
                        attempt: chunk.attempt
                    )
                }
            }
        }
        return next
    }
}
