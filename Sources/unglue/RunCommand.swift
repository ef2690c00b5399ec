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
            stateDirectory: context.settings.stateDirectory, run: run)
        let sink = try DynamoDBItemSink(settings: target, tables: contract.tables)
        defer { sink.close() }
        let migration = try Migration(
            plan: prepared.plan, options: prepared.options, source: prepared.source, sink: sink,
            deadLetters: letters,
            spill: SpillDirectory(directory: context.settings.stateDirectory))
        context.onStop { StopWatch.stop(migration) }
        let display = context.progress { migration.progress }
        context.log.debug("run \(run): \(prepared.plan.entities.count) entities")
        display?.start()
        let result = migration.run()
        display?.finish()
        let report = RunReport(
            run: run, state: result.state, seconds: result.seconds,
            deadLetters: try letters.close(), tables: result.tables,
            errors: result.errors.map { "\($0)" })
        for error in report.errors { context.log.error(error) }
        try context.output.write(context.reporter.text(of: report))
        return ExitStatus(state: report.state, signal: context.stop.signal)
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

/// The directory of `--state`.
enum StateDirectory {
    /// Makes it, for the owner only, where it is not there; follows no symbolic link.
    static func make(_ path: String) throws {
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
