import Contract
import DynamoDBSink
import Glibc
import Mapping
import MySQLSource
import Pipeline
import RunLedger

/// `unglue run`: the migration, begun or gone on with.
enum RunCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        let (contract, text) = try context.loadContractWithText()
        let target = try context.targetSettings()
        let stateDirectory = context.settings.stateDirectory
        // First of all the state: where it cannot be kept, nothing else may be touched.
        try StateDirectory.make(stateDirectory)
        let store = try LedgerStore(
            directory: stateDirectory,
            access: .writer(command: "unglue run \(context.settings.contractPath)")
        )
        let prepared = try Patience.retrying(context) {
            try PreparedRun(contract, target: target, context)
        }
        let session = try RunSession.open(
            store,
            prepared.newRun(contractText: text, target: target, context),
            isFresh: context.settings.run.isFresh,
            log: context.log,
            stateDirectory: stateDirectory
        )
        let result: MigrationResult
        let letters = DeadLetterFile(stateDirectory: stateDirectory, run: session.run)
        do {
            result = try migrate(contract, prepared, session, target, letters, context)
        } catch {
            try session.journal.finish(RunState.failed, jobs: [], errors: ["\(error)"], seconds: 0)
            throw error
        }
        var report = Self.report(session.run, result, letters)
        finish(&report, session, prepared)
        for error in report.errors { context.log.error(error) }
        try context.output.write(context.reporter.text(of: report))
        return ExitStatus(state: report.state, signal: context.stop.signal)
    }

    private static func migrate(
        _ contract: Contract,
        _ prepared: PreparedRun,
        _ session: RunSession,
        _ target: DynamoDBSettings,
        _ letters: DeadLetterFile,
        _ context: CommandContext
    ) throws -> MigrationResult {
        if let resume = session.resume {
            let finished = Set(resume.chunks.joined().map(\.attempt))
            try letters.resume { finished.contains($0) }
        }
        let sink = try DynamoDBItemSink(
            settings: target,
            tables: contract.tables,
            mode: context.settings.run.mode
        )
        defer { sink.close() }
        let migration = try Migration(
            plan: prepared.plan,
            options: prepared.options,
            ports: MigrationPorts(
                source: prepared.source,
                sink: sink,
                deadLetters: letters,
                spill: SpillDirectory(directory: session.directory),
                ledger: session.journal
            ),
            resume: session.resume
        )
        context.onStop { StopWatch.stop(migration) }
        if session.quietSeconds > 0 { migration.waitBeforeReading(seconds: session.quietSeconds) }
        let display = context.progress { migration.progress }
        context.log.debug("run \(session.run): \(prepared.plan.entities.count) entities")
        display?.start()
        var result = migration.run()
        display?.finish()
        result.letterAttemptsBroken = migration.brokenAttempts
        result.latency = sink.requestLatency
        if let latency = result.latency { context.log.debug("requests took \(latency)") }
        if result.state == .succeeded || result.state == .partial {
            do {
                try prepared.confirmTarget(target)
            } catch {
                result.fail(because: error)
            }
        }
        return result
    }

    /// The report, with the dead letters safely on the disk: a run whose rejected rows are not is a
    /// failed one.
    private static func report(
        _ run: String,
        _ result: MigrationResult,
        _ letters: DeadLetterFile
    ) -> RunReport {
        var report = RunReport(
            run: run,
            state: result.state,
            seconds: result.seconds,
            deadLetters: nil,
            latency: result.latency,
            tables: result.tables,
            errors: result.errors.map { "\($0)" },
            bottleneck: result.bottleneck
        )
        do {
            report.deadLetters = try letters.close(dropping: result.letterAttemptsBroken)
        } catch {
            report.state = .failed
            report.deadLetters = letters.path
            report.errors.append("\(error)")
        }
        return report
    }

    /// Writes down how the run ended; one whose end cannot be written down can be resumed, and is
    /// not done.
    private static func finish(
        _ report: inout RunReport,
        _ session: RunSession,
        _ prepared: PreparedRun
    ) {
        do {
            try session.journal.finish(
                report.state,
                jobs: report.tables,
                errors: report.errors,
                seconds: report.seconds
            )
        } catch {
            report.state = .failed
            report.errors.append("\(error)")
            return
        }
        if report.state == .succeeded || report.state == .partial {
            session.discardKeyLogs(tables: prepared.plan.tables.count)
        }
    }
}

/// Ends a run that somebody has asked to stop: what was read is still sent, for a bounded time.
private enum StopWatch {
    /// How long a drain may take before retries are given up.
    private static let drainSeconds = 10.0

    static func stop(_ migration: Migration) {
        migration.stop()
        migration.abort(afterSeconds: drainSeconds)
    }
}
