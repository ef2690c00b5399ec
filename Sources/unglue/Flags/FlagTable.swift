// tidy: a table, of flags
import Pipeline

/// The flags, all of them: this table is parsing, help, completions and manual page.
///
/// To add a flag, add it here and its value to `Options`; to add a command, add it to `Command`.
extension Flag {
    static let all: [Flag] = ofCommands + ofVerification + ofRetry + ofSource + ofTarget + general

    private static let anyCommand = Set(Command.allCases)

    private static let ofCommands: [Flag] = [
        Flag(
            "tables",
            group: .command,
            kind: .list("NAME,…") { $0.tableNames = $1 },
            "Only these tables of the contract",
            details: "Names as the contract has them, without --table-prefix.",
            standard: "all tables",
            commands: Command.migration.subtracting([.retry])
        ),
        Flag(
            "apply",
            group: .command,
            kind: .toggle(isOn: false) { $0.apply = $1 },
            "Create the views, or replace them",
            details: "Needs the privileges CREATE VIEW and, to replace, DROP.",
            commands: [.views]
        ),
        Flag(
            "drop",
            group: .command,
            kind: .toggle(isOn: false) { $0.drop = $1 },
            "Drop the contract's views where they exist",
            commands: [.views]
        ),
        Flag(
            "create",
            group: .command,
            kind: .toggle(isOn: false) { $0.create = $1 },
            "Create the tables that do not exist",
            commands: [.tables]
        ),
        Flag(
            "delete",
            group: .command,
            kind: .toggle(isOn: false) { $0.delete = $1 },
            "Delete the tables with all their items",
            details: "Asks for each table's name on the terminal, unless --yes is given.",
            commands: [.tables]
        ),
        Flag(
            "yes",
            short: "y",
            group: .command,
            kind: .toggle(isOn: false) { $0.yes = $1 },
            "Delete without asking",
            commands: [.tables]
        ),
        Flag(
            "wait",
            group: .command,
            kind: .toggle(isOn: true) { $0.wait = $1 },
            "Do not wait until the tables are active, or gone",
            commands: [.tables]
        ),
        Flag(
            "limit",
            short: "n",
            group: .command,
            kind: .number("N", 1...1_000_000) { $0.limit = $1 },
            "How many: rows of each entity to preview, or runs to list",
            standard: "5 rows, 20 runs",
            commands: [.preview, .status]
        ),
        Flag(
            "setup",
            group: .command,
            kind: .toggle(isOn: false) { $0.setup = $1 },
            "Create or replace the views, and create missing tables, before the run",
            commands: [.run]
        ),
        Flag(
            "inline",
            group: .command,
            kind: .toggle(isOn: false) { $0.inline = $1 },
            "Read through inline SELECTs instead of views",
            details: """
                For accounts that may not create views, and for read-only replicas. The rows are \
                the same.
                """,
            commands: [.check, .run, .verify, .retry]
        ),
        Flag(
            "consistency",
            group: .command,
            kind: .choice("KIND", ReadConsistency.allCases.map(\.rawValue)) {
                $0.consistency = ReadConsistency(rawValue: $1)
            },
            "What the rows of a run are of: chunk or snapshot",
            details: """
                chunk: a chunk is read by one statement and is of one moment; different chunks are \
                of different moments. snapshot: all rows are of one moment, by a lock of some \
                milliseconds where the account may take one, else by comparing the binary log's \
                position, else over one connection. A snapshot cannot be resumed.
                """,
            standard: "chunk",
            commands: [.run]
        ),
        Flag(
            "snapshot-age",
            group: .command,
            kind: .duration("DURATION") { $0.snapshotAge = $1 },
            "End a run whose snapshot is older",
            details: """
                The server keeps what was changed since: a long snapshot slows all others down.
                """,
            standard: "6h",
            commands: [.run]
        ),
        Flag(
            "fresh",
            group: .command,
            kind: .toggle(isOn: false) { $0.fresh = $1 },
            "Begin anew, even where a run of the contract is unfinished",
            details: """
                Without it an unfinished run is resumed: what it has finished is not read again.
                """,
            commands: [.run]
        ),
        Flag(
            "readers",
            group: .command,
            kind: .number("N", 1...64) { $0.readers = $1 },
            "MySQL connections that read at once",
            standard: "one a processor, at least 4",
            commands: [.run, .verify]
        ),
        Flag(
            "workers",
            group: .command,
            kind: .number("N", 1...256) { $0.workers = $1 },
            "Threads that turn rows into items",
            standard: "one for two processors, at least 1",
            commands: [.run]
        ),
        Flag(
            "in-flight",
            group: .command,
            kind: .number("N", 1...1024) { $0.inFlight = $1 },
            "The most write requests to DynamoDB that are under way at once",
            standard: "224",
            commands: [.run, .retry]
        ),
        Flag(
            "max-write-units",
            group: .command,
            kind: .number("N", 1...100_000_000) { $0.maxWriteUnits = $1 },
            "The most write units that a table may see in any second, its indexes included",
            details: "Without it, a table is written as fast as it takes the items.",
            commands: [.run, .retry]
        ),
        Flag(
            "mode",
            group: .command,
            kind: .choice("replace|if-absent|newer", WriteMode.allCases.map(\.rawValue)) {
                $0.mode = WriteMode(rawValue: $1)
            },
            "What becomes of an item that the table has already",
            details: """
                replace: the run's item takes its place. if-absent: it stays. newer: it is replaced \
                only where its version attribute, which the contract names as version_attribute, \
                is smaller than that of the run's item. The last two are for tables that an \
                application writes to at the same time; they put item by item.
                """,
            standard: "replace; if-absent with retry, or newer where the run was",
            commands: [.run, .retry]
        ),
        Flag(
            "chunk-rows",
            group: .command,
            kind: .number("N", 100...10_000_000) { $0.chunkRows = $1 },
            "Rows of a chunk",
            details: "A reader reads a chunk at one moment, and again if the connection is lost.",
            standard: "5000",
            commands: [.run, .verify]
        ),
        Flag(
            "retry-for",
            group: .command,
            kind: .duration("DURATION") { $0.retryFor = $1 },
            "Give up when a table's writes, or connections, have failed for so long on end",
            details: """
                Throttling slows a run down, and ends it no sooner than that. A number and a unit: \
                90s, 15m, 2h, 1d.
                """,
            standard: "1d",
            commands: [.run, .verify, .retry]
        ),
    ]

    private static let ofSource: [Flag] = [
        Flag(
            "mysql",
            group: .source,
            kind: .text("URL", .nothing) { $0.mysqlURL = $1 },
            "The server and database: mysql://USER@HOST:PORT/DATABASE",
            details: """
                Parameters: tls=disabled|preferred|required|verify-ca|verify-identity, ca=FILE, \
                socket=PATH, as in mysql://app@db.example.com/store?tls=verify-identity&ca=rds.pem, \
                and read-timeout=SECONDS: a connection silent for so long is lost (300; 3600 where \
                a whole view may be made first, and in a snapshot). \
                Without tls= a server on this machine is reached as it offers, any other with \
                tls=required. Special characters are percent-encoded. A password has no place \
                here: other users of the machine can read arguments.
                """,
            standard: "UNGLUE_MYSQL_URL",
            commands: Command.migration
        ),
        Flag(
            "mysql-password-file",
            group: .source,
            kind: .text("FILE", .file) { $0.mysqlPasswordFile = $1 },
            "A file that holds the password, and nothing else",
            standard: "UNGLUE_MYSQL_PASSWORD",
            commands: Command.migration
        ),
        Flag(
            "mysql-option-file",
            group: .source,
            kind: .text("FILE", .file) { $0.mysqlOptionFile = $1 },
            "A MySQL option file, whose [client] section gives what the URL leaves out",
            details: """
                Of the section are read: user, password, host, port, socket, database, ssl-mode \
                and ssl-ca.
                """,
            commands: Command.migration
        ),
    ]

    private static let ofTarget: [Flag] = [
        Flag(
            "endpoint-url",
            group: .target,
            kind: .text("URL", .nothing) { $0.endpointURL = $1 },
            "The DynamoDB endpoint, such as http://127.0.0.1:8000",
            standard: "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL, else the region's",
            commands: Command.migration
        ),
        Flag(
            "region",
            group: .target,
            kind: .text("REGION", .nothing) { $0.region = $1 },
            "The AWS region",
            standard: "AWS_REGION, AWS_DEFAULT_REGION, else the profile's",
            commands: Command.migration
        ),
        Flag(
            "profile",
            group: .target,
            kind: .text("NAME", .nothing) { $0.profile = $1 },
            "The profile of the AWS configuration files",
            standard: "AWS_PROFILE",
            commands: Command.migration
        ),
        Flag(
            "table-prefix",
            group: .target,
            kind: .text("PREFIX", .nothing) { $0.tablePrefix = $1 },
            "Put before the name of every DynamoDB table",
            commands: Command.migration
        ),
    ]

    private static let general: [Flag] = [
        Flag(
            "config",
            group: .general,
            kind: .text("FILE", .file) { $0.configFile = $1 },
            "A JSON file with settings; flags and environment override it",
            details: """
                {"mysql": {"host", "port", "user", "password", "database"}, "aws": {"region", \
                "profile", "endpoint_url"}}. The tools/config.json of the DynamoDB modernisation \
                workshop is understood.
                """,
            commands: Command.migration
        ),
        Flag(
            "state",
            group: .general,
            kind: .text("DIRECTORY", .directory) { $0.stateDirectory = $1 },
            "Where runs keep their ledger and their files, such as dead letters",
            standard: ".unglue",
            commands: [.run, .verify, .retry, .status]
        ),
        Flag(
            "output",
            short: "o",
            group: .general,
            kind: .choice("text|json", OutputFormat.allCases.map(\.rawValue)) {
                $0.output = OutputFormat(rawValue: $1)
            },
            "How the result is printed on standard output",
            standard: "text",
            commands: [.check, .views, .tables, .run, .verify, .retry, .status]
        ),
        Flag(
            "log",
            group: .general,
            kind: .choice("text|json", LogFormat.allCases.map(\.rawValue)) {
                $0.log = LogFormat(rawValue: $1)
            },
            "How messages are printed on standard error",
            standard: "text",
            commands: Command.migration.union([.status])
        ),
        Flag(
            "quiet",
            short: "q",
            group: .general,
            kind: .toggle(isOn: false) { $0.isQuiet = $1 },
            "Only errors on standard error, and no progress",
            commands: Command.migration
        ),
        Flag(
            "verbose",
            short: "v",
            group: .general,
            kind: .toggle(isOn: false) { $0.isVerbose = $1 },
            "Say more on standard error",
            commands: Command.migration
        ),
        Flag(
            "progress",
            group: .general,
            kind: .toggle(isOn: true) { $0.progress = $1 },
            "Show no progress",
            commands: [.run, .verify]
        ),
        Flag(
            "color",
            group: .general,
            kind: .choice("WHEN", ColorChoice.allCases.map(\.rawValue)) {
                $0.color = ColorChoice(rawValue: $1)
            },
            "Colour: auto, always or never",
            details: "auto: on a terminal, unless NO_COLOR is set.",
            standard: "auto",
            commands: Command.migration.union([.status])
        ),
        Flag(
            "help",
            short: "h",
            group: .general,
            kind: .request { $0.request = .help },
            "Print this help",
            commands: anyCommand
        ),
        Flag(
            "version",
            short: "V",
            group: .general,
            kind: .request { $0.request = .version },
            "Print the version",
            commands: anyCommand
        ),
    ]
}
