import Pipeline
import RunLedger

/// `unglue status`: the runs that the ledger knows, whether they go on or are over.
enum StatusCommand {
    static func run(_ settings: StatusSettings) throws -> ExitStatus {
        let store = try LedgerStore(directory: settings.stateDirectory, access: .reader)
        let output = StandardOutput()
        if let name = settings.run {
            guard let run = try store.run(name) else {
                throw UsageError(
                    [
                        UsageProblem(
                            """
                            there is no run \(Neutral.quoted(name)) in \
                            \(Neutral.quoted(settings.stateDirectory))
                            """,
                            hint: "`unglue status` lists the runs"
                        )
                    ],
                    command: .status
                )
            }
            let entities = try store.entities(of: name)
            switch settings.output {
            case .text:
                let reporter = TextReporter(
                    style: settings.style(isTerminal: StandardOutput.isTerminal)
                )
                try output.write(
                    reporter.text(of: run, entities: entities, writer: try store.writer)
                )
            case .json: try output.write(JSONReporter().text(of: run, entities: entities))
            }
            return .done
        }
        let runs = try store.runs(limit: settings.limit)
        switch settings.output {
        case .text:
            let reporter = TextReporter(
                style: settings.style(isTerminal: StandardOutput.isTerminal)
            )
            try output.write(
                runs.isEmpty
                    ? "No runs in \(Neutral.quoted(settings.stateDirectory)).\n"
                    : reporter.text(of: runs, writer: try store.writer)
            )
        case .json: try output.write(JSONReporter().text(of: runs))
        }
        return .done
    }
}

/// What `status` needs to know: it reads no contract and reaches no server.
struct StatusSettings: Sendable, Equatable {
    /// The run to show; nil: all of them.
    var run: String?
    var stateDirectory: String
    /// Runs to list.
    var limit: Int
    var output: OutputFormat
    var log: LogFormat
    var color: ColorChoice
    /// Whether a terminal that knows escapes may be written in colour.
    var allowsColour: Bool

    init(_ invocation: Invocation, environment: [String: String]) throws(UsageError) {
        let options = invocation.options
        if invocation.operand != nil, options.limit != nil {
            throw UsageError(
                [UsageProblem("--limit means nothing with a RUN")],
                command: invocation.command
            )
        }
        run = invocation.operand
        stateDirectory = options.stateDirectory ?? ".unglue"
        limit = options.limit ?? 20
        output = options.output ?? .text
        log = options.log ?? .text
        color = options.color ?? .auto
        let terminal = environment["TERM"] ?? ""
        allowsColour =
            (environment["NO_COLOR"] ?? "").isEmpty && !terminal.isEmpty && terminal != "dumb"
    }

    func style(isTerminal: Bool) -> Style {
        Style(color, isWanted: isTerminal && allowsColour)
    }
}
