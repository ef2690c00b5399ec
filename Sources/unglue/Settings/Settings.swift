import DynamoDBSink
import MySQLSource
import Pipeline

/// Everything that a command needs to know, resolved once from flags, environment and files.
///
/// Nothing deeper reads any of these.
struct Settings: Sendable, Equatable {
    var command: Command
    var contractPath: String
    /// nil only in a command that reads no MySQL (`tables`).
    var source: MySQLSettings?
    var aws: AWSSettings
    /// Put before every table's name; empty if none.
    var tablePrefix: String
    /// Names of the contract's tables to work on; nil means all.
    var tableNames: [String]?
    /// The directory of `.unglue`.
    var stateDirectory: String
    var output: OutputFormat
    var log: LogFormat
    var logLevel: LogLevel
    /// Whether progress is shown at all.
    var showsProgress: Bool
    var color: ColorChoice
    /// Whether NO_COLOR is set.
    var isColourUnwanted: Bool
    /// Whether TERM says that the terminal knows no escapes.
    var terminalIsDumb: Bool
    /// Read the SELECTs inline, without views.
    var inline: Bool
    var views: ViewsAction
    var tables: TablesAction
    /// Rows of each entity to show.
    var previewLimit: Int
    var run: RunSettings
    var verify: VerifySettings
    /// What `retry` works on; nil in every other command.
    var retry: RetrySettings?

    /// Where MySQL is, for the commands that read it.
    var mysql: MySQLSettings {
        guard let source else {
            preconditionFailure("the settings of a command that reads MySQL always name a server")
        }
        return source
    }
}

enum ViewsAction: Sendable, Equatable {
    case show
    case apply
    case drop
}

enum TablesAction: Sendable, Equatable {
    case show
    case create(wait: Bool)
    /// `asks`: the table's name is asked for on the terminal.
    case delete(wait: Bool, asks: Bool)
}

/// The knobs of `run`; nil leaves the choice to the engine.
struct RunSettings: Sendable, Equatable {
    /// Make views and tables first.
    var setup: Bool
    /// Do not resume.
    var isFresh: Bool
    var consistency = ReadConsistency.chunk
    /// How old a snapshot may become.
    var snapshotAge = Duration.seconds(6 * 3600)
    var readers: Int?
    var workers: Int?
    var inFlight: Int?
    /// A hard cap on the write units that a table sees in any second.
    var maxWriteUnits: Int?
    /// What becomes of items that the target has already.
    var mode: WriteMode = .replace
    var chunkRows: Int?
    /// How long writes that fail, and connections that cannot be made, are tried again.
    var retryFor: Duration
}

/// The knobs of `verify`; nil leaves the choice to the engine.
struct VerifySettings: Sendable, Equatable {
    /// About how many rows to compare; nil compares all.
    var sample: Int?
    /// Fixes which rows a sample takes.
    var seed: Int?
    var isConsistent: Bool
    var segments: Int?
    /// Differences to name, a table.
    var examples: Int
    /// The most read units a second.
    var readUnits: Int?
    var repair: Bool
    var deleteExtra: Bool
}

/// What `retry` was told; the run's own choices stand where it was told nothing.
struct RetrySettings: Sendable, Equatable {
    var run: String
    var contractPath: String?
    var tablePrefix: String?
    var mode: WriteMode?
}

/// Where DynamoDB is and as whom, as flags say it, or `--config` where neither flags nor environment
/// do.
///
/// The rest is found the AWS way, in the environment and the AWS configuration files.
struct AWSSettings: Sendable, Equatable {
    var options: DynamoDBSettings.Options
    /// For the AWS conventions, proxies and credential processes; credentials are among it.
    var environment: AWSEnvironment
}

/// Variables that may hold credentials: their values are never printed.
struct AWSEnvironment: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    let variables: [String: String]

    init(_ environment: [String: String]) {
        variables = environment.filter { !$0.key.hasPrefix("UNGLUE_") }
    }

    var description: String { "**redacted**" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
