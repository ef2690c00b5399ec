import Pipeline

/// What the command line says, as it says it: nil where a flag was not given.
///
/// `Settings` are made of it, of the environment and of the configuration file.
struct Options: Sendable, Equatable {
    /// `--help` and `--version`, which are answered before anything else is looked at.
    enum Request: Sendable, Equatable {
        case help
        case version
    }

    var request: Request?

    var mysqlURL: String?
    var mysqlPasswordFile: String?
    var mysqlOptionFile: String?
    var configFile: String?
    var endpointURL: String?
    var region: String?
    var profile: String?
    var tablePrefix: String?
    var stateDirectory: String?

    var output: OutputFormat?
    var log: LogFormat?
    var isQuiet = false
    var isVerbose = false
    var progress: Bool?
    var color: ColorChoice?

    /// Of `--tables a,b`.
    var tableNames: [String]?
    var apply = false
    var drop = false
    var create = false
    var delete = false
    var yes = false
    var wait: Bool?
    var limit: Int?
    var setup = false
    var fresh = false
    var consistency: ReadConsistency?
    var snapshotAge: Duration?
    var readers: Int?
    var workers: Int?
    var inFlight: Int?
    var maxWriteUnits: Int?
    var mode: WriteMode?
    var chunkRows: Int?
    var inline = false
    var retryFor: Duration?
    var sample: Int?
    var seed: Int?
    var consistent = false
    var segments: Int?
    var examples: Int?
    var readUnits: Int?
    var repair = false
    var deleteExtra = false
    var contractFile: String?
}

/// What the rows of a run are of.
enum ReadConsistency: String, Sendable, Equatable, CaseIterable {
    /// One moment a chunk.
    case chunk
    /// One moment.
    case snapshot
}

/// How a command prints its result on standard output.
enum OutputFormat: String, Sendable, Equatable, CaseIterable {
    case text
    case json
}

/// How the log and plain progress are printed on standard error.
enum LogFormat: String, Sendable, Equatable, CaseIterable {
    case text
    case json
}

enum ColorChoice: String, Sendable, Equatable, CaseIterable {
    case auto
    case always
    case never
}
