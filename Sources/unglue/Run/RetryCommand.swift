import Contract
import DynamoDBSink
import MySQLSource
import Pipeline
import RunLedger

/// `unglue retry`: the rejected rows of a run, mapped and sent again.
enum RetryCommand {
    /// How long a drain may take before retries are given up.
    private static let drainSeconds = 10.0

    static func run(_ context: CommandContext) throws -> ExitStatus {
        guard let wanted = context.settings.retry else {
            preconditionFailure("the settings of retry always name a run")
        }
        let started = ContinuousClock.now
        let stateDirectory = context.settings.stateDirectory
        let store = try LedgerStore(
            directory: stateDirectory,
            access: .writer(command: "unglue retry \(wanted.run)")
        )
        let session = try RetrySession(store, wanted, context)
        let rewrite = try DeadLetterRewrite.open(stateDirectory: stateDirectory, run: wanted.run)
        var report = RetryReport(
            run: wanted.run,
            state: .succeeded,
            seconds: 0,
            deadLetters: nil,
            tables: [],
            errors: []
        )
        if let rewrite {
            try retry(session, rewrite, store, &report)
        } else {
            try confirmNothingIsLost(session.run, stateDirectory)
        }
        report.seconds = (ContinuousClock.now - started).inSeconds
        for error in report.errors { context.log.error(error) }
        try context.output.write(context.reporter.text(of: report))
        return ExitStatus(state: report.state, signal: context.stop.signal)
    }

    /// Refuses a run whose rejected rows are nowhere.
    private static func confirmNothingIsLost(
        _ run: RunSummary,
        _ stateDirectory: String
    ) throws(RetryRefused) {
        let rejected = run.jobs.reduce(0) { $0 + $1.report.rejected }
        guard rejected > 0 else { return }
        let letters = DeadLetterFile(stateDirectory: stateDirectory, run: run.run)
        throw RetryRefused(
            reason: "run \(run.run) has rejected \(Quantity.grouped(rejected)) "
                + "\(rejected == 1 ? "row" : "rows"), but there is no file "
                + "\(Neutral.quoted(letters.path)): bring it back, or begin a new run"
        )
    }

    private static func retry(
        _ session: RetrySession,
        _ rewrite: DeadLetterRewrite,
        _ store: LedgerStore,
        _ report: inout RetryReport
    ) throws {
        let context = session.context
        let target = try context.targetSettings()
        try session.confirmPlace(target)
        let contract = try session.loadContract()
        let prepared = try Patience.retrying(context) {
            try PreparedRun(contract, target: target, context)
        }
        try session.confirm(prepared)
        let sink = try DynamoDBItemSink(
            settings: target,
            tables: contract.tables,
            mode: context.settings.run.mode
        )
        defer { sink.close() }
        let targets = RetryTargets(prepared, contract)
        let retry = LetterRetry(
            plan: prepared.plan,
            keyColumns: targets.keyColumns,
            options: prepared.options,
            source: prepared.source,
            sink: sink
        )
        context.onStop { [handle = retry.handle] in
            handle.stop()
            handle.abort(afterSeconds: drainSeconds)
        }
        var pass = RetryPass(targets, retry, rewrite, tables: session.run.jobs.map(\.report.table))
        try pass.run()
        retry.finish()
        // Where a table was deleted meanwhile, what was written went with it: the letters stay.
        try prepared.confirmTarget(target)
        try rewrite.sync()
        // The letters are dropped last: whatever ends the process, none is lost.
        try store.settle(report.run, pass.settlements)
        try rewrite.replace()
        report.tables = pass.tables.filter { $0.letters > 0 }
        report.deadLetters = rewrite.keptCount > 0 ? rewrite.path : nil
        report.errors = retry.errors.map { "\($0)" }
        if pass.unreadable > 0 {
            context.log.warning(
                "\(Quantity.grouped(pass.unreadable)) lines of the file are no dead letters; they "
                    + "stay in it"
            )
        }
        report.state =
            if !report.errors.isEmpty {
                .failed
            } else if retry.isStopped {
                .interrupted
            } else {
                rewrite.keptCount > 0 ? .partial : .succeeded
            }
    }
}

/// One pass through a dead-letter file, block by block: memory does not grow with the file.
private struct RetryPass {
    /// Letters that are tried at once: some dozens of batches, which fill the wire.
    private static let blockLetters = 2_000
    /// Bytes of the file after which a block ends.
    private static let blockBytes = 4 << 20

    private let targets: RetryTargets
    private let retry: LetterRetry
    private let rewrite: DeadLetterRewrite
    /// Of all tables of the run.
    private(set) var tables: [RetryReport.Table]
    /// Lines that are no letters.
    private(set) var unreadable = 0

    init(
        _ targets: RetryTargets,
        _ retry: LetterRetry,
        _ rewrite: DeadLetterRewrite,
        tables: [String]
    ) {
        self.targets = targets
        self.retry = retry
        self.rewrite = rewrite
        self.tables = tables.map { RetryReport.Table(table: $0) }
    }

    var settlements: [LetterSettlement] {
        tables.map { table in
            var settlement = LetterSettlement(table: table.table)
            settlement.written = table.written
            settlement.kept = table.kept
            settlement.gone = table.gone
            settlement.rejected = table.rejected
            return settlement
        }
    }

    mutating func run() throws {
        var block: [SavedLetter] = []
        var bytes = 0
        while let line = try rewrite.next() {
            guard let letter = SavedLetter(line: line) else {
                unreadable += 1
                try rewrite.keep(line)
                continue
            }
            block.append(letter)
            bytes += line.count
            guard block.count >= Self.blockLetters || bytes >= Self.blockBytes else { continue }
            try settle(block)
            block.removeAll(keepingCapacity: true)
            bytes = 0
        }
        try settle(block)
    }

    /// Tries a block; once the retry has stopped, its letters stay as they are.
    private mutating func settle(_ block: [SavedLetter]) throws {
        var outcomes = [LetterOutcome](repeating: .open, count: block.count)
        if !retry.isStopped {
            var tried: [Int] = []
            var letters: [RetriedLetter] = []
            for (index, letter) in block.enumerated() {
                do throws(Untriable) {
                    letters.append(try letter.retried(targets))
                    tried.append(index)
                } catch {
                    outcomes[index] = .rejected(reason: error.reason, key: "", row: nil)
                }
            }
            for (index, outcome) in zip(tried, retry.retry(letters)) { outcomes[index] = outcome }
        }
        for (letter, outcome) in zip(block, outcomes) { try count(letter, outcome) }
    }

    private mutating func count(_ letter: SavedLetter, _ outcome: LetterOutcome) throws {
        let index = tables.firstIndex { $0.table == letter.table }
        if let index { tables[index].letters += 1 } else { unreadable += 1 }
        switch outcome {
        case .written: if let index { tables[index].written += 1 }
        case .kept: if let index { tables[index].kept += 1 }
        case .gone: if let index { tables[index].gone += 1 }
        case .rejected(let reason, let key, let row):
            if let index { tables[index].rejected += 1 }
            let line = letter.line(reason: reason, key: key.isEmpty ? nil : key, row: row)
            try rewrite.keep(line)
        case .open:
            if let index { tables[index].rejected += 1 }
            try rewrite.keep(letter.line)
        }
    }
}
