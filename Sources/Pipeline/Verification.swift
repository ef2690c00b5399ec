import Dispatch
public import Mapping
import Synchronization

/// How a verification is done.
public struct VerificationOptions: Sendable, Equatable {
    /// Compare about so many rows instead of all.
    public struct Sample: Sendable, Equatable {
        public var rows: Int
        /// Fixes which rows are taken.
        public var seed: UInt64

        public init(rows: Int, seed: UInt64) {
            self.rows = rows
            self.seed = seed
        }
    }

    /// Connections that read the source.
    public var readers: Int
    /// Parts in which the target is scanned, all at once.
    public var segments: Int
    public var isConsistent = false
    /// Differences that are named, a table.
    public var examples = 20
    public var sample: Sample?
    /// Whether items that are missing or different are put.
    public var repairs = false
    /// Whether items that the source does not have are deleted.
    public var deletesExtra = false
    /// The most read units a second; nil for no limit.
    public var readUnitsPerSecond: Double?
    /// Tries to read one chunk before the verification fails.
    public var readTriesMax = 8
    /// Seconds for which no connection could be opened after which the verification fails.
    public var connectFor: Double = 3_600

    public init(readers: Int, segments: Int) {
        self.readers = readers
        self.segments = segments
    }
}

extension Limits {
    /// Keys a `BatchGetItem`.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    public static let keysPerGet = 100
    /// Bytes of an attribute's value that a report shows.
    public static let exampleBytesMax = 200
    /// Differences that are looked at once more, a kind: some megabytes of keys.
    static let recheckMax = 4_096
}

/// Compares a table of the target with the rows of the source, item by item, in fixed memory.
///
/// Both sides are read in full and counted into buckets by the hash of their keys, each with the
/// sum of its items' hashes. Only where a bucket differs are both sides read again: then the keys
/// concerned go to scratch files, are joined partition by partition, and every difference is
/// counted, the first of them by name. See docs/verification.md.
///
/// `run` blocks until all is done; `stop` may be called from any thread.
public final class Verification: Sendable {
    let plan: MigrationPlan
    let options: VerificationOptions
    let source: any RowSource
    let target: any TargetStore
    let sink: (any ItemSink)?
    let spill: any SpillSpace
    let stopping = StopFlag()
    let watch: VerificationWatch
    private let seed: ItemHasher.Seed

    /// `sink` is for repairs, and needed only where the options ask for them; `seed`, of the
    /// hashes, may be fixed by a test.
    public init(
        plan: MigrationPlan,
        options: VerificationOptions,
        source: any RowSource,
        target: any TargetStore,
        sink: (any ItemSink)?,
        spill: any SpillSpace,
        seed: ItemHasher.Seed = .random()
    ) {
        precondition(!options.repairs || sink != nil, "a repair needs a sink")
        self.plan = plan
        self.options = options
        self.source = source
        self.target = target
        self.sink = sink
        self.spill = spill
        self.seed = seed
        watch = VerificationWatch(tables: plan.tables.count)
    }

    /// Ends the verification early; what was found so far is reported.
    public func stop() {
        stopping.stop(because: nil)
        sink?.cancel()
    }

    public var progress: VerificationProgress { watch.progress }

    /// Compares table after table.
    public func run() -> VerificationResult {
        var verdicts: [TableVerdict] = []
        for table in plan.tables.indices where !stopping.isStopped {
            let verification = TableVerification(self, table: table, seed: seed)
            watch.begin(
                table: plan.tables[table].name,
                rowsEstimated: verification.rowsEstimated
            )
            do {
                try verification.run()
            } catch is ReadingStopped {
                stopping.stop(because: nil)
            } catch {
                stopping.stop(because: error)
            }
            if stopping.isStopped { verification.verdict.isIdentical = nil }
            verdicts.append(verification.verdict)
            watch.end()
        }
        do {
            if !stopping.isStopped { try source.confirmUnchanged() }
        } catch {
            stopping.stop(because: error)
        }
        let state: VerificationState =
            if !stopping.errors.isEmpty {
                .failed
            } else if stopping.isStopped {
                .interrupted
            } else {
                verdicts.allSatisfy { $0.isIdentical == true } ? .identical : .different
            }
        return VerificationResult(
            state: state,
            seconds: watch.progress.seconds,
            tables: verdicts,
            errors: stopping.errors,
            sample: options.sample
        )
    }
}

/// How far a verification is, for whoever looks on.
final class VerificationWatch: Sendable {
    private let state: Mutex<VerificationProgress>
    private let started = ContinuousClock.now

    init(tables: Int) {
        state = Mutex(
            VerificationProgress(
                seconds: 0,
                tablesDone: 0,
                tables: tables,
                step: .comparing,
                rows: 0,
                items: 0
            )
        )
    }

    var progress: VerificationProgress {
        var progress = state.withLock { $0 }
        progress.seconds = (ContinuousClock.now - started).inSeconds
        return progress
    }

    func begin(table: String, rowsEstimated: Int?) {
        state.withLock { state in
            state.table = table
            state.rowsEstimated = rowsEstimated
        }
    }

    func begin(_ step: VerificationProgress.Step) {
        state.withLock { state in
            state.step = step
            state.rows = 0
            state.items = 0
        }
    }

    func saw(rows: Int = 0, items: Int = 0) {
        state.withLock { state in
            state.rows += rows
            state.items += items
        }
    }

    func end() {
        state.withLock { state in
            state.table = nil
            state.tablesDone += 1
        }
    }
}
