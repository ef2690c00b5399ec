import Contract
import DynamoDBSink
import Glibc

/// The command line from its arguments to its exit status: parse, resolve the settings, run the
/// command, say what went wrong.
enum Application {
    static func run(arguments: [String], environment: [String: String]) -> ExitStatus {
        let errors = ErrorStream()
        let stop = StopSignal()
        Signals.install(stop: stop)
        // Until the settings are known, errors are told as the arguments seem to want it.
        var log = Log(level: .info, format: guessedFormat(arguments), stream: errors)
        do {
            let invocation = try CommandLineParser.parse(arguments)
            if invocation.command == .status {
                let settings = try StatusSettings(invocation, environment: environment)
                log = Log(
                    level: .info,
                    format: settings.log,
                    stream: errors,
                    style: settings.style(isTerminal: errors.isTerminal)
                )
                return try StatusCommand.run(settings)
            }
            guard Command.migration.contains(invocation.command) else {
                try StandardOutput().write(document(of: invocation))
                return .done
            }
            let (settings, warnings) = try SettingsResolver.resolve(
                invocation,
                environment: environment
            )
            log = Log(
                level: settings.logLevel,
                format: settings.log,
                stream: errors,
                style: Style(settings, isTerminal: errors.isTerminal)
            )
            for warning in warnings { log.warning(warning) }
            return try dispatch(
                CommandContext(settings: settings, log: log, errors: errors, stop: stop)
            )
        } catch {
            return tell(error, log: log)
        }
    }

    /// What the commands print that only speak of the program itself.
    private static func document(of invocation: Invocation) -> String {
        switch invocation.command {
        case .help:
            invocation.operand.flatMap(Command.init(rawValue:)).map(Help.text(of:)) ?? Help.overview
        case .completions:
            invocation.operand.flatMap(Shell.init(rawValue:)).map(Completions.script(for:)) ?? ""
        case .man: ManualPage.text
        case .version: Version.line
        case .check, .views, .tables, .preview, .run, .verify, .retry, .status: ""
        }
    }

    private static func dispatch(_ context: CommandContext) throws -> ExitStatus {
        switch context.settings.command {
        case .check: try CheckCommand.run(context)
        case .views: try ViewsCommand.run(context)
        case .tables: try TablesCommand.run(context)
        case .preview: try PreviewCommand.run(context)
        case .run: try RunCommand.run(context)
        case .verify: try VerifyCommand.run(context)
        case .retry: try RetryCommand.run(context)
        // Answered before settings are looked at; see `run` and `document`.
        case .status, .completions, .man, .help, .version: .done
        }
    }

    /// Says what went wrong: the one place where errors become messages and a status.
    private static func tell(_ error: any Error, log: Log) -> ExitStatus {
        switch error {
        case let error as UsageError:
            for problem in error.problems { log.error(problem.description) }
            let help = error.command.map { "unglue help \($0.rawValue)" } ?? "unglue --help"
            log.info("`\(help)` explains")
            return .usage
        case let error as ContractError:
            for problem in error.problems { log.report(problem) }
            return .usage
        case let error as ContractFileError:
            log.error(error.description)
            return .usage
        case let error as DynamoDBError where error.code == "Settings":
            log.error(error.description)
            return .usage
        case let error as OutputError where error.code == EPIPE:
            // Whoever reads the output has gone, on purpose: `unglue man | head`.
            return .failed
        default:
            log.error("\(error)")
            return .failed
        }
    }

    private static func guessedFormat(_ arguments: [String]) -> LogFormat {
        let arguments = arguments.prefix { $0 != "--" }
        let isJSON =
            arguments.contains("--log=json")
            || zip(arguments, arguments.dropFirst()).contains { $0 == "--log" && $1 == "json" }
        return isJSON ? .json : .text
    }
}

extension Log {
    /// A problem of the contract, as an error or a warning.
    func report(_ problem: ContractProblem) {
        let place = problem.path.isEmpty ? "contract" : problem.path
        let message = "\(place): \(problem.message)\(problem.hint.map { ": \($0)" } ?? "")"
        var fields = [JSONMember(name: "path", value: .string(problem.path))]
        if let hint = problem.hint { fields.append(JSONMember(name: "hint", value: .string(hint))) }
        switch problem.severity {
        case .error: write(.error, message, fields)
        case .warning: write(.warning, message, fields)
        }
    }
}
