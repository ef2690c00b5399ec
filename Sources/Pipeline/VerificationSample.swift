import Dispatch
import Mapping
import Synchronization

extension TableVerification {
    /// Chunks that a sample is spread over.
    private static let chunksPerSample = 32

    /// Compares about so many rows with the target's items of their keys.
    ///
    /// Some chunks are chosen at random and read in full, and of each some rows at random. Items
    /// that no row makes are not looked for.
    func compareSample(_ sample: VerificationOptions.Sample) throws {
        watch.begin(.sampling)
        verdict.extra = nil
        let planning = try newSourceSweep()
        var works: [ChunkScheduler.Work] = []
        var reader = try planning.connect()
        while let work = try planning.next(on: &reader) {
            works.append(work)
            planning.scheduler.finished()
        }
        try confirmGoing()
        findChunks(works)
        var random = SplitMix(seed: sample.seed)
        let chosen = Array(chunks.all.shuffled(using: &random).prefix(Self.chunksPerSample))
        guard !chosen.isEmpty else {
            verdict.isIdentical = true
            return
        }
        let findings = SampleFindings(
            rowsPerChunk: (sample.rows + chosen.count - 1) / chosen.count,
            seed: sample.seed,
            examplesMax: options.examples
        )
        let group = DispatchGroup()
        let comparer = SampleComparer(
            findings: findings,
            target: verification.target,
            stopping: stopping,
            meter: meter,
            watch: watch,
            table: names.targetName,
            quotedNames: quotedNames
        )
        try sourceSweep(chosen).start(
            readers: min(options.readers, chosen.count),
            in: group
        ) { [makeHasher, makeMappers] in
            SamplingRows(comparer, RowHasher(mappers: makeMappers(), hasher: makeHasher()))
        }
        try wait(for: group)
        let total = findings.total
        verdict.expected = total.expected
        verdict.found = total.found
        verdict.missing = total.missing
        verdict.different = total.different
        verdict.rejected = total.rejected
        verdict.examples = total.examples.sorted {
            ($0.kind.rawValue, $0.key) < ($1.kind.rawValue, $1.key)
        }
        verdict.isIdentical = !verdict.hasDifference
    }
}

/// What the sample's readers have found together.
private final class SampleFindings: Sendable {
    struct Total: Sendable {
        var expected = 0
        var found = 0
        var missing = 0
        var different = 0
        var rejected = 0
        var examples: [VerificationExample] = []
    }

    let rowsPerChunk: Int
    let seed: UInt64
    private let examplesMax: Int
    private let state = Mutex(Total())

    init(rowsPerChunk: Int, seed: UInt64, examplesMax: Int) {
        self.rowsPerChunk = rowsPerChunk
        self.seed = seed
        self.examplesMax = examplesMax
    }

    var total: Total { state.withLock { $0 } }

    func add(expected: Int, found: Int, rejected: Int) {
        state.withLock { total in
            total.expected += expected
            total.found += found
            total.rejected += rejected
        }
    }

    func add(_ example: VerificationExample) {
        state.withLock { total in
            if example.kind == .missing { total.missing += 1 } else { total.different += 1 }
            if total.examples.count < examplesMax { total.examples.append(example) }
        }
    }
}

private struct SampleComparer: Sendable {
    let findings: SampleFindings
    let target: any TargetStore
    let stopping: StopFlag
    let meter: ReadMeter
    let watch: VerificationWatch
    let table: String
    let quotedNames: [String]
}

/// Takes some rows of each chunk at random, and compares them when it was read to its end.
private final class SamplingRows: ChunkVisitor {
    private struct Taken {
        var fingerprint: ItemFingerprint
        var key: [UInt8]
        var item: [UInt8]
    }

    private let comparer: SampleComparer
    private let rows: RowHasher
    private let key = ByteBuffer(capacity: 256)
    private var target: (any TargetReader)?
    private var random = SplitMix(seed: 0)
    private var taken: [Taken] = []
    private var seen = 0
    private var rejected = 0

    init(_ comparer: SampleComparer, _ rows: RowHasher) {
        self.comparer = comparer
        self.rows = rows
    }

    func begin(_ chunk: VerifiedChunk) {
        random = SplitMix(seed: comparer.findings.seed &+ UInt64(chunk.number) &* 0x9e37)
        taken = []
        seen = 0
        rejected = 0
    }

    func take(_ slab: RowSlab) throws {
        rejected += try rows.forEachItem(of: slab) { _, fingerprint, _ in
            seen += 1
            // Every row of the chunk is as likely to be kept (reservoir sampling).
            let place =
                taken.count < comparer.findings.rowsPerChunk
                ? taken.count : Int.random(in: 0..<seen, using: &random)
            guard place < comparer.findings.rowsPerChunk else { return }
            key.truncate(to: 0)
            rows.hasher.appendKey(of: rows.buffer, quotedNames: comparer.quotedNames, to: key)
            let one = Taken(
                fingerprint: fingerprint,
                key: key.array(),
                item: rows.buffer.array()
            )
            if place == taken.count { taken.append(one) } else { taken[place] = one }
        }
        comparer.watch.saw(rows: slab.rowCount)
    }

    func abandon() {}

    func complete() throws {
        var found = 0
        var start = 0
        // One key once a request; of two rows with one key the later tells nothing.
        var keys: Set<UInt128> = []
        let distinct = taken.filter { keys.insert($0.fingerprint.key).inserted }
        while start < distinct.count {
            let part = Array(distinct[start..<min(start + Limits.keysPerGet, distinct.count)])
            found += try compare(part)
            start += part.count
        }
        comparer.findings.add(expected: distinct.count, found: found, rejected: rejected)
    }

    private func compare(_ part: [Taken]) throws -> Int {
        let stopping = comparer.stopping
        let reader = try target ?? comparer.target.connect(isStopped: { stopping.isStopped })
        target = reader
        comparer.meter.waitForTurn(stopping)
        let page = try reader.get(table: comparer.table, keys: part.map(\.key))
        comparer.meter.spent(page.readUnits)
        var found: [UInt128: (hash: UInt128, json: [UInt8])] = [:]
        for range in page.items {
            let fingerprint = try rows.hasher.fingerprint(page.text, range)
            found[fingerprint.key] = (fingerprint.item, page.text.array(range))
        }
        for one in part {
            let item = found[one.fingerprint.key]
            guard item?.hash != one.fingerprint.item else { continue }
            var example = VerificationExample(
                kind: item == nil ? .missing : .different,
                key: ItemComparison.text(of: one.key[...])
            )
            if let item {
                example.attributes = try ItemComparison(hasher: rows.hasher)
                    .attributes(expected: one.item, found: item.json)
            }
            comparer.findings.add(example)
        }
        comparer.watch.saw(items: found.count)
        return found.count
    }
}

/// A random generator that a seed fixes (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
