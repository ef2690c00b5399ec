import Mapping

/// One key of which both sides do not agree.
struct Difference: Sendable {
    var kind: VerificationExample.Kind
    var key: UInt128
    /// The key as DynamoDB JSON.
    var json: [UInt8] = []
    /// The chunks that have rows of that key; none for what is extra.
    var chunks: [VerifiedChunk] = []
}

/// How many keys differ, and which.
struct JoinOutcome: Sendable {
    var missing = 0
    var different = 0
    var extra = 0
    /// Rows whose key an earlier row has.
    var duplicates = 0
    /// At most `Limits.recheckMax` a kind.
    var named: [Difference] = []

    var count: Int { missing + different + extra }
    var isNamedInFull: Bool { named.count == count }

    mutating func count(_ kind: VerificationExample.Kind) {
        switch kind {
        case .missing: missing += 1
        case .different: different += 1
        case .extra: extra += 1
        }
    }

    func count(of kind: VerificationExample.Kind) -> Int {
        switch kind {
        case .missing: missing
        case .different: different
        case .extra: extra
        }
    }
}

/// Joins the records of both sides by key, partition by partition.
///
/// Of rows with one key the first in source order (entity, chunk, row) is the one whose item the
/// target should have.
struct VerificationJoin {
    private struct Entry {
        var key: UInt128
        var item: UInt128
        var row: UInt64
        /// Index among the attempts; -1 for an item of the target.
        var attempt: Int
    }

    let records: VerificationRecords
    /// Takes the number of a chunk and the key of each row to be put.
    let toPut: SpillPartitions?
    /// Takes the hash and the JSON of each key to be deleted.
    let toDelete: SpillPartitions?
    let stopping: StopFlag
    /// Records that are sorted at a time: some 10 MiB.
    var entriesMax = 1 << 17

    func run() throws -> JoinOutcome {
        var outcome = JoinOutcome()
        let attempts = records.attempts
        for partition in 0..<records.partitions.count {
            // Each pass keeps the keys of one residue, so that a pass fits into memory.
            let passes = UInt128(records.partitions.records(of: partition) / entriesMax + 1)
            for pass in 0..<passes {
                guard !stopping.isStopped else { throw ReadingStopped() }
                var entries: [Entry] = []
                try records.partitions.forEach(of: partition) { bytes in
                    let record = VerificationRecords.Record(bytes)
                    let key = record.fingerprint.key
                    let isOfPass = passes == 1 || (key >> 32) % passes == pass
                    let isWhole = record.attempt.map { attempts[Int($0)].isComplete } ?? true
                    guard isOfPass, isWhole else { return }
                    entries.append(
                        Entry(
                            key: key,
                            item: record.fingerprint.item,
                            row: record.row,
                            attempt: record.attempt.map(Int.init) ?? -1
                        )
                    )
                }
                try join(&entries, attempts, partition: partition, &outcome)
            }
        }
        return outcome
    }

    private func join(
        _ entries: inout [Entry],
        _ attempts: [VerificationRecords.Attempt],
        partition: Int,
        _ outcome: inout JoinOutcome
    ) throws {
        entries.sort { $0.key < $1.key }
        var wanted: [UInt128: Int?] = [:]
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].key == entries[start].key { end += 1 }
            let group = entries[start..<end]
            start = end
            guard let difference = compare(group, attempts, &outcome) else { continue }
            if let first = difference.chunks.first, let toPut {
                var record: [UInt8] = []
                record.append(UInt32(first.number))
                record.append(difference.key)
                try toPut.append(record, to: first.number & (toPut.count - 1))
            }
            let isNamed = outcome.count(of: difference.kind) <= Limits.recheckMax
            if isNamed {
                wanted[difference.key] = outcome.named.count
                outcome.named.append(difference)
            } else if difference.kind == .extra, toDelete != nil {
                wanted[difference.key] = .some(nil)
            }
        }
        if !wanted.isEmpty { try lookUp(wanted, partition: partition, &outcome) }
    }

    /// What the records of one key say; nil where both sides agree.
    private func compare(
        _ group: ArraySlice<Entry>,
        _ attempts: [VerificationRecords.Attempt],
        _ outcome: inout JoinOutcome
    ) -> Difference? {
        let rows = group.filter { $0.attempt >= 0 }.sorted { left, right in
            let (one, other) = (attempts[left.attempt].chunk, attempts[right.attempt].chunk)
            return one.place == other.place
                ? left.row < right.row : one.place < other.place
        }
        outcome.duplicates += max(rows.count - 1, 0)
        let found = group.last { $0.attempt < 0 }
        let kind: VerificationExample.Kind
        switch (rows.first, found) {
        case (let row?, let item?):
            guard row.item != item.item else { return nil }
            kind = .different
        case (_?, nil): kind = .missing
        case (nil, _?): kind = .extra
        case (nil, nil): return nil
        }
        outcome.count(kind)
        guard let first = group.first else { return nil }
        return Difference(
            kind: kind,
            key: first.key,
            chunks: rows.map { attempts[$0.attempt].chunk }
        )
    }

    /// Finds the keys' own words: for those that are named, and for those to be deleted.
    private func lookUp(
        _ wanted: [UInt128: Int?],
        partition: Int,
        _ outcome: inout JoinOutcome
    ) throws {
        var wanted = wanted
        try records.partitions.forEach(of: partition) { bytes in
            let record = VerificationRecords.Record(bytes)
            guard let index = wanted.removeValue(forKey: record.fingerprint.key) else { return }
            let json = VerificationRecords.Record.key(of: bytes)
            var isExtra = true
            if let index {
                outcome.named[index].json = json
                isExtra = outcome.named[index].kind == .extra
            }
            guard isExtra, let toDelete else { return }
            var entry: [UInt8] = []
            entry.append(record.fingerprint.key)
            try toDelete.append(entry + json, to: 0)
        }
    }
}
