import Contract
import DynamoDBSink
import Glibc
import Mapping
import MySQLSource
import Pipeline

/// `unglue run`: the migration.
enum RunCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        let contract = try context.loadContract()
        let target = try context.targetSettings()
        let run = RunName.make()
        let prepared = try PreparedRun(contract, target: target, context)
        try StateDirectory.make(context.settings.stateDirectory)
        let letters = DeadLetterFile(
            stateDirectory: context.settings.stateDirectory,
            run: run
        )
        let sink = try DynamoDBItemSink(settings: target, tables: contract.tables)
        defer { sink.close() }
        let migration = try Migration(
            plan: prepared.plan,
            options: prepared.options,
            ports: MigrationPorts(
                source: prepared.source,
                sink: sink,
                deadLetters: letters,
                spill: SpillDirectory(directory: context.settings.stateDirectory),
                ledger: ForgetfulLedger()
            )
        )
        context.onStop { StopWatch.stop(migration) }
        let display = context.progress { migration.progress }
        context.log.debug("run \(run): \(prepared.plan.entities.count) entities")
        display?.start()
        let result = migration.run()
        display?.finish()
        let report = Self.report(run, result, letters)
        for error in report.errors { context.log.error(error) }
        try context.output.write(context.reporter.text(of: report))
        return ExitStatus(state: report.state, signal: context.stop.signal)
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
            tables: result.tables,
            errors: result.errors.map { "\($0)" }
        )
        do {
            report.deadLetters = try letters.close()
        } catch {
            report.state = .failed
            report.deadLetters = letters.path
            report.errors.append("\(error)")
        }
        return report
    }
}

/// Remembers nothing: every run begins anew.
private struct ForgetfulLedger: Ledger {
    func record(_ checkpoint: Checkpoint) {}
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

/// The directory of `--state`.
enum StateDirectory {
    /// Makes it and its parents, for the owner only, where they are not there; follows no symbolic
    /// link at its end.
    static func make(_ path: String) throws {
        var parents = path.split(separator: "/", omittingEmptySubsequences: true)
        guard !parents.isEmpty else { return }
        parents.removeLast()
        var parent = path.hasPrefix("/") ? "" : "."
        for name in parents {
            parent += "/" + name
            if unsafe mkdir(parent, 0o700) != 0, errno != EEXIST {
                throw StateDirectoryError(path: path, code: errno)
            }
        }
        if unsafe mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else { throw StateDirectoryError(path: path, code: errno) }
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            throw StateDirectoryError(path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StateDirectoryError(path: path, code: ENOTDIR)
        }
    }
}

struct StateDirectoryError: Error, CustomStringConvertible {
    var path: String
    var code: Int32

    var description: String {
        """
        cannot use the state directory \(Neutral.quoted(path)): \
        \(unsafe String(cString: strerror(code))); give --state a directory that can be made or \
        written
        """
    }
}
