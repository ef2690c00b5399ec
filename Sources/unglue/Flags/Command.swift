/// The commands of this release.
///
/// What each is and takes stands in `CommandDefinition`.
enum Command: String, Sendable, Equatable, Hashable, CaseIterable {
    case check
    case views
    case tables
    case preview
    case run
    case verify
    case retry
    case status
    case completions
    case man
    case help
    case version

    /// Commands that read a contract and reach servers.
    static let migration: Set<Command> = [
        .check, .views, .tables, .preview, .run, .verify, .retry,
    ]
}

/// What a command is, for parsing, help, completions and the manual page.
struct CommandDefinition: Sendable {
    enum Operand: Sendable, Equatable {
        case none
        /// A contract's path; may come from `--config` instead.
        case contract
        /// Any one word, or none.
        case name(String)
        /// Any one word.
        case requiredName(String)
        case choice(name: String, values: [String], isOptional: Bool)
    }

    struct Example: Sendable {
        var commandLine: String
        var meaning: String
    }

    var summary: String
    /// Paragraphs of the command's help.
    var description: [String]
    var operand: Operand
    var exitStatuses: [ExitStatus]
    var examples: [Example]

    init(
        _ summary: String,
        description: [String],
        operand: Operand,
        exitStatuses: [ExitStatus],
        examples: [Example] = []
    ) {
        self.summary = summary
        self.description = description
        self.operand = operand
        self.exitStatuses = exitStatuses
        self.examples = examples
    }
}

extension CommandDefinition.Operand {
    /// As it stands in a usage line: `CONTRACT`, `SHELL`, `[COMMAND]`.
    var usage: String? {
        switch self {
        case .none: nil
        case .contract: "CONTRACT"
        case .name(let name): "[\(name)]"
        case .requiredName(let name): name
        case .choice(let name, _, let isOptional): isOptional ? "[\(name)]" : name
        }
    }
}

extension Command {
    var definition: CommandDefinition {
        switch self {
        case .check: .check
        case .views: .views
        case .tables: .tables
        case .preview: .preview
        case .run: .run
        case .verify: .verify
        case .retry: .retry
        case .status: .status
        case .completions: .completions
        case .man: .man
        case .help: .help
        case .version: .version
        }
    }
}

extension CommandDefinition {
    fileprivate static let check = CommandDefinition(
        "Check the contract, both connections, permissions and how they fit; change nothing",
        description: [
            """
            Reads the contract, connects to MySQL and to DynamoDB, and lists everything that would \
            keep a run from succeeding: mistakes in the contract, columns that do not exist, types \
            that do not fit, keys that can be NULL, views and tables that are missing or differ, \
            permissions that are lacking. All findings stand in one report. Nothing is changed.
            """
        ],
        operand: .contract,
        exitStatuses: [.done, .failed, .usage],
        examples: [
            Example(
                commandLine: "unglue check store.json --mysql mysql://app@db.example.com/store",
                meaning: "Check everything before the first run."
            )
        ]
    )

    fileprivate static let views = CommandDefinition(
        "Print the SQL of the contract's MySQL views, create them or drop them",
        description: [
            """
            Each entity of the contract is read through one MySQL view. Without a flag the SQL is \
            printed, in the dialect of the server that --mysql names, and nothing is changed.
            """
        ],
        operand: .contract,
        exitStatuses: [.done, .failed, .usage],
        examples: [
            Example(commandLine: "unglue views store.json", meaning: "Print the SQL."),
            Example(commandLine: "unglue views store.json --apply", meaning: "Create the views."),
        ]
    )

    fileprivate static let tables = CommandDefinition(
        "Print the CreateTable requests of the contract, create the tables or delete them",
        description: [
            """
            Without a flag the requests are printed as a JSON array, each as `aws dynamodb \
            create-table --cli-input-json` takes it, and nothing is changed.
            """,
            """
            A table that exists and differs from the contract is an error that lists the \
            differences; it is never altered. --delete asks for each table's name, unless --yes is \
            given.
            """,
        ],
        operand: .contract,
        exitStatuses: [.done, .failed, .usage],
        examples: [
            Example(
                commandLine: "unglue tables store.json --create",
                meaning: "Create the tables and wait until they are active."
            )
        ]
    )

    fileprivate static let preview = CommandDefinition(
        "Print the first items of each table as DynamoDB JSON, one a line",
        description: [
            """
            Reads the first rows of each entity and prints the items that a run would write. Rows \
            that a run would reject are named on standard error. The views need not be there, and \
            DynamoDB need not be reachable.
            """
        ],
        operand: .contract,
        exitStatuses: [.done, .failed, .usage, .rejected],
        examples: [
            Example(
                commandLine: "unglue preview store.json --tables Users --limit 3",
                meaning: "Print three items of each entity of the table Users."
            )
        ]
    )

    fileprivate static let run = CommandDefinition(
        "Migrate: read every row, write every item, account for each",
        description: [
            """
            Migrates all tables of the contract at once. Rows that cannot become items, or that \
            DynamoDB refuses, are rejected: they stand with their reasons in the dead-letter file \
            that the report names. Rows with the key of another row are counted as duplicates and \
            named.
            """,
            """
            Every write puts a whole item, so a run that was interrupted or has failed can be \
            started again. Ctrl-C once stops after the writes in flight; twice stops at once.
            """,
        ],
        operand: .contract,
        exitStatuses: [.done, .failed, .usage, .rejected, .interrupted, .terminated],
        examples: [
            Example(
                commandLine: "unglue run store.json --setup",
                meaning: "Create the views and tables where they are missing, then migrate."
            ),
            Example(
                commandLine: "unglue run store.json --tables Users,Orders --output json",
                meaning: "Migrate two tables and report as JSON."
            ),
        ]
    )

    fileprivate static let status = CommandDefinition(
        "List runs and their tables: ready, running, succeeded, partial, failed, interrupted",
        description: [
            """
            Reads the ledger in the directory of --state, newest run first, and changes nothing; a \
            run that is under way is not disturbed. What a run that goes on has done is what its \
            last checkpoint says. A run whose process is gone is interrupted.
            """,
            """
            With RUN, the name of a run, all that is known of it: its tables, the finished chunks of \
            each entity, duplicate keys and errors.
            """,
        ],
        operand: .name("RUN"),
        exitStatuses: [.done, .failed, .usage],
        examples: [
            Example(commandLine: "unglue status", meaning: "List the runs of .unglue."),
            Example(
                commandLine: "unglue status 20261123T000319Z-40cf --output json",
                meaning: "Print one run as JSON."
            ),
        ]
    )

    fileprivate static let completions = CommandDefinition(
        "Print a completion script for a shell",
        description: ["Prints a script that completes commands, flags and values in the shell."],
        operand: .choice(name: "SHELL", values: ["bash", "zsh", "fish"], isOptional: false),
        exitStatuses: [.done, .usage],
        examples: [
            Example(
                commandLine: "source <(unglue completions bash)",
                meaning: "Complete in this bash session."
            ),
            Example(
                commandLine: "unglue completions zsh > \"${fpath[1]}/_unglue\"",
                meaning: "Install for zsh."
            ),
            Example(
                commandLine: "unglue completions fish > ~/.config/fish/completions/unglue.fish",
                meaning: "Install for fish."
            ),
        ]
    )

    fileprivate static let man = CommandDefinition(
        "Print the manual page",
        description: ["Prints the manual page in roff, as `man` reads it."],
        operand: .none,
        exitStatuses: [.done, .usage],
        examples: [
            Example(commandLine: "unglue man | man -l -", meaning: "Read it.")
        ]
    )

    fileprivate static let help = CommandDefinition(
        "Print the help of a command",
        description: ["Prints what --help prints."],
        operand: .choice(
            name: "COMMAND",
            values: Command.allCases.map(\.rawValue),
            isOptional: true
        ),
        exitStatuses: [.done, .usage]
    )

    fileprivate static let version = CommandDefinition(
        "Print the version",
        description: ["Prints the version of Unglue."],
        operand: .none,
        exitStatuses: [.done, .usage]
    )
}
