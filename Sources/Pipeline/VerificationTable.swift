import Contract
import Dispatch
import Mapping
import Synchronization

/// The verification of one table: compare, name what differs, look at it again, mend it.
///
/// Used on the verification's own thread, which starts readers and waits for them.
final class TableVerification {
    let verification: Verification
    let table: Int
    let seed: ItemHasher.Seed
    let meter: ReadMeter
    /// The names of the key's attributes as JSON strings.
    let quotedNames: [String]
    var verdict: TableVerdict
    /// The source's chunks, once they were all read.
    private(set) var chunks = VerifiedChunks([])

    init(_ verification: Verification, table: Int, seed: ItemHasher.Seed) {
        self.verification = verification
        self.table = table
        self.seed = seed
        meter = ReadMeter(unitsPerSecond: verification.options.readUnitsPerSecond)
        verdict = TableVerdict(table: verification.plan.tables[table].name)
        quotedNames = verification.plan.tables[table].keyNames.map {
            JSONValue.string($0).serialized()
        }
    }

    var plan: MigrationPlan { verification.plan }
    var options: VerificationOptions { verification.options }
    var stopping: StopFlag { verification.stopping }
    var watch: VerificationWatch { verification.watch }
    var names: MigrationPlan.Table { plan.tables[table] }

    var entities: [Int] { plan.entities.indices.filter { plan.entities[$0].table == table } }

    /// The source's estimate of the table's rows; nil where it has none.
    var rowsEstimated: Int? {
        let estimates = entities.map { plan.entities[$0].rowsEstimated }
        let known = estimates.compactMap(\.self)
        return known.count == estimates.count ? known.reduce(0, +) : nil
    }

    /// A hasher for one thread.
    var makeHasher: @Sendable () -> ItemHasher {
        let seed = seed
        let keyNames = names.keyNames
        return { ItemHasher(seed: seed, keyNames: keyNames) }
    }

    /// Mappers for one thread, by entity.
    var makeMappers: @Sendable () -> [Int: ItemMapper] {
        let plan = plan
        let entities = entities
        return {
            Dictionary(
                uniqueKeysWithValues: entities.map {
                    ($0, ItemMapper(plan: plan.entities[$0].plan))
                }
            )
        }
    }

    /// Reads known chunks in key order.
    func sourceSweep(_ known: [VerifiedChunk]) throws -> SourceSweep {
        SourceSweep(
            source: verification.source,
            options: options,
            stopping: stopping,
            scheduler: try self.known(known),
            isOrdered: true,
            chunks: chunks
        )
    }

    /// Finds the chunks and reads them, in any order.
    func newSourceSweep() throws -> SourceSweep {
        SourceSweep(
            source: verification.source,
            options: options,
            stopping: stopping,
            scheduler: try newChunks(),
            isOrdered: false,
            chunks: nil
        )
    }

    /// Waits until readers or segments are done, or the verification was stopped, which it throws.
    ///
    /// Then a server that does not answer is waited for no longer than `Limits.stoppedReaderWait`.
    func wait(for group: DispatchGroup) throws {
        var stopped: ContinuousClock.Instant?
        while group.wait(timeout: .now() + 0.1) == .timedOut {
            guard stopping.isStopped else { continue }
            let since = stopped ?? .now
            stopped = since
            if ContinuousClock.now - since > Limits.stoppedReaderWait { break }
        }
        try confirmGoing()
    }

    var targetSweep: TargetSweep {
        TargetSweep(
            target: verification.target,
            options: options,
            stopping: stopping,
            meter: meter,
            table: names.targetName
        )
    }

    func connectTarget() throws -> any TargetReader {
        let stopping = stopping
        return try verification.target.connect(isStopped: { stopping.isStopped })
    }

    /// Ends the work where the verification was stopped.
    func confirmGoing() throws {
        if stopping.isStopped { throw ReadingStopped() }
    }

    /// Takes the chunks that later readings go by.
    func findChunks(_ works: [ChunkScheduler.Work]) { chunks = VerifiedChunks(works) }

    // MARK: The steps

    func run() throws {
        let started = ContinuousClock.now
        defer {
            verdict.readUnits = meter.units
            verdict.seconds = (ContinuousClock.now - started).inSeconds
        }
        if let sample = options.sample { return try compareSample(sample) }
        guard let differing = try compare() else {
            verdict.isIdentical = true
            return
        }
        var finding = try name(differing)
        try lookAgain(&finding, isFirst: true)
        if finding.outcome.count > 0, options.repairs || options.deletesExtra {
            try mend(finding)
            watch.begin(.confirming)
            finding = try name(differing)
            try lookAgain(&finding, isFirst: false)
        }
        verdict.isIdentical = !verdict.hasDifference
    }

    /// Reads both sides at the same time into buckets; says which differ.
    private func compare() throws -> BucketSet? {
        watch.begin(.comparing)
        let sweep = try newSourceSweep()
        let counts = Comparison()
        let group = DispatchGroup()
        let watch = watch
        sweep.start(readers: options.readers, in: group) { [makeHasher, makeMappers] in
            CountingRows(counts, watch: watch, hasher: makeHasher(), mappers: makeMappers())
        }
        targetSweep.start(in: group) { [makeHasher] in
            CountingPages(counts, watch: watch, hasher: makeHasher())
        }
        try wait(for: group)
        findChunks(sweep.finished.all)
        let total = counts.total
        verdict.expected = total.rows - total.rejected
        verdict.rejected = total.rejected
        verdict.found = total.items
        return total.buckets.differing
    }

    /// What the second pass has found, and what the repair needs of it.
    struct Finding {
        var outcome: JoinOutcome
        /// Numbers of chunks with the keys that their rows should put.
        var toPut: SpillPartitions?
        /// Keys to delete.
        var toDelete: SpillPartitions?
        /// Keys that agree by now.
        var settled: Set<UInt128> = []
    }

    /// Reads both sides again, as far as their buckets differ, and joins them by key.
    ///
    /// The target is read first: an item that the application writes to both sides meanwhile is
    /// then found in the source, rather than called extra.
    private func name(_ differing: BucketSet) throws -> Finding {
        if watch.progress.step != .confirming { watch.begin(.naming) }
        let records = VerificationRecords(
            partitions: SpillPartitions(spill: try verification.spill.makeFile()),
            buckets: differing,
            quotedNames: quotedNames
        )
        let watch = watch
        let pages = DispatchGroup()
        targetSweep.start(in: pages) { [makeHasher] in
            RecordingPages(records, watch: watch, hasher: makeHasher())
        }
        try wait(for: pages)
        let rows = DispatchGroup()
        try sourceSweep(chunks.all).start(readers: options.readers, in: rows) {
            [makeHasher, makeMappers] in
            RecordingRows(records, watch: watch, hasher: makeHasher(), mappers: makeMappers())
        }
        try wait(for: rows)
        // From now on the counts are those of the reading that names the differences.
        let total = records.total
        verdict.expected = total.rows - total.rejected
        verdict.rejected = total.rejected
        verdict.found = total.items
        let toPut =
            options.repairs
            ? SpillPartitions(spill: try verification.spill.makeFile(), blockBytes: 4096) : nil
        let toDelete =
            options.deletesExtra
            ? SpillPartitions(spill: try verification.spill.makeFile(), count: 1) : nil
        let outcome = try VerificationJoin(
            records: records,
            toPut: toPut,
            toDelete: toDelete,
            stopping: stopping
        ).run()
        return Finding(outcome: outcome, toPut: toPut, toDelete: toDelete)
    }

    /// Looks at what differs once more, takes away what agrees by now, and makes the examples.
    private func lookAgain(_ finding: inout Finding, isFirst: Bool) throws {
        watch.begin(.rechecking)
        let recheck = try Recheck(self, finding.outcome).run()
        finding.outcome = recheck.outcome
        finding.settled = recheck.settled
        if isFirst { verdict.examples = recheck.examples }
        verdict.duplicates = finding.outcome.duplicates
        verdict.expected -= finding.outcome.duplicates
        verdict.settled += recheck.settled.count
        verdict.missing = finding.outcome.missing
        verdict.different = finding.outcome.different
        verdict.extra = finding.outcome.extra
    }
}
