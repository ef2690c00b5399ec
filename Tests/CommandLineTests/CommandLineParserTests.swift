import Pipeline
import Testing

@testable import unglue

@Suite("the command line's parser")
struct CommandLineParserTests {
    struct Accepted: Sendable {
        var arguments: [String]
        var command: Command
        var operand: String?
        var options: @Sendable (inout Options) -> Void = { _ in }
    }

    static let accepted: [Accepted] = [
        Accepted(arguments: ["run", "c.json"], command: .run, operand: "c.json"),
        Accepted(arguments: ["check"], command: .check),
        Accepted(arguments: ["run", "--", "-c.json"], command: .run, operand: "-c.json"),
        Accepted(arguments: ["run", "-"], command: .run, operand: "-"),
        Accepted(
            arguments: ["--output", "json", "run", "c", "--setup"],
            command: .run,
            operand: "c",
            options: {
                $0.output = .json
                $0.setup = true
            }
        ),
        Accepted(
            arguments: ["run", "c", "--output=json", "--output=text"],
            command: .run,
            operand: "c",
            options: { $0.output = .text }
        ),
        Accepted(
            arguments: ["run", "-ojson", "-q", "c"],
            command: .run,
            operand: "c",
            options: {
                $0.output = .json
                $0.isQuiet = true
            }
        ),
        Accepted(
            arguments: ["run", "-qo", "json", "c"],
            command: .run,
            operand: "c",
            options: {
                $0.output = .json
                $0.isQuiet = true
            }
        ),
        Accepted(
            arguments: ["run", "--no-progress", "--setup", "--no-setup", "c"],
            command: .run,
            operand: "c",
            options: { $0.progress = false }
        ),
        Accepted(
            arguments: ["run", "--tables", "Users, Orders", "--retry-for", "90s", "c"],
            command: .run,
            operand: "c",
            options: {
                $0.tableNames = ["Users", "Orders"]
                $0.retryFor = .seconds(90)
            }
        ),
        Accepted(
            arguments: [
                "run", "--readers=2", "--workers=3", "--in-flight=4", "--chunk-rows=500",
                "--max-write-units=60", "--mode=if-absent", "c",
            ],
            command: .run,
            operand: "c",
            options: {
                $0.readers = 2
                $0.workers = 3
                $0.inFlight = 4
                $0.chunkRows = 500
                $0.maxWriteUnits = 60
                $0.mode = .ifAbsent
            }
        ),
        Accepted(
            arguments: ["run", "--table-prefix=-x", "c"],
            command: .run,
            operand: "c",
            options: { $0.tablePrefix = "-x" }
        ),
        Accepted(
            arguments: ["tables", "--delete", "-y", "--no-wait", "c"],
            command: .tables,
            operand: "c",
            options: {
                $0.delete = true
                $0.yes = true
                $0.wait = false
            }
        ),
        Accepted(
            arguments: ["preview", "-n3", "c"],
            command: .preview,
            operand: "c",
            options: { $0.limit = 3 }
        ),
        Accepted(arguments: ["status"], command: .status),
        Accepted(
            arguments: ["status", "20261123T000319Z-40cf", "--state=s"],
            command: .status,
            operand: "20261123T000319Z-40cf",
            options: { $0.stateDirectory = "s" }
        ),
        Accepted(arguments: ["run", "--help", "--bogus"], command: .help, operand: "run"),
        Accepted(arguments: ["--help"], command: .help),
        Accepted(arguments: ["-h", "views"], command: .help, operand: "views"),
        Accepted(arguments: ["--version"], command: .version),
        Accepted(arguments: ["help", "tables"], command: .help, operand: "tables"),
        Accepted(arguments: ["completions", "zsh"], command: .completions, operand: "zsh"),
    ]

    @Test("arguments become a command, its flags and its operand", arguments: accepted)
    func accepts(_ row: Accepted) throws {
        var options = Options()
        row.options(&options)
        let expected = Invocation(command: row.command, options: options, operand: row.operand)
        #expect(try CommandLineParser.parse(row.arguments) == expected)
    }

    static let refused: [(arguments: [String], messages: [String])] = [
        ([], ["no command is given"]),
        (["rnu", "c"], ["unknown command 'rnu': did you mean run?"]),
        (["frobnicate"], ["unknown command 'frobnicate'"]),
        (["run", "c", "--reader=2"], ["unknown flag --reader: did you mean --readers?"]),
        (["run", "c", "--no-progres"], ["unknown flag --no-progres: did you mean --no-progress?"]),
        (["run", "c", "--no-mysql"], ["unknown flag --no-mysql"]),
        (["run", "c", "-x"], ["unknown flag -x"]),
        (["run", "c", "--setup=yes"], ["--setup takes no value"]),
        (["run", "c", "--mysql"], ["--mysql needs a value: URL"]),
        (["run", "c", "--mysql", "--setup"], ["--mysql needs a value: URL"]),
        (["run", "c", "--mysql="], ["--mysql has an empty value"]),
        (["run", "c", "--readers", "0"], ["--readers must be a number from 1 to 64"]),
        (["run", "c", "--readers", "many"], ["--readers must be a number from 1 to 64"]),
        (["run", "c", "--output=xml"], ["--output must be one of text, json"]),
        (["run", "c", "--tables", "a,,b"], ["--tables has an empty name: write A,B,C"]),
        (
            ["run", "c", "--retry-for", "15"],
            ["--retry-for must be a number and a unit: 90s, 15m, 2h or 1d"]
        ),
        (
            ["run", "c", "--retry-for", "400d"],
            ["--retry-for must be a number and a unit: 90s, 15m, 2h or 1d"]
        ),
        (["run", "a", "b"], ["run takes one contract, not 2"]),
        (["status", "a", "b", "c"], ["status takes one RUN, not 3"]),
        (["man", "c"], ["man takes no arguments"]),
        (["completions"], ["completions needs a SHELL: one of bash, zsh, fish"]),
        (
            ["completions", "basch"],
            ["completions takes one of bash, zsh, fish: did you mean bash?"]
        ),
        (
            ["check", "c", "--setup", "--limit=2"],
            [
                "--setup is no flag of check: it belongs to run",
                "--limit is no flag of check: it belongs to preview, status",
            ]
        ),
        (["views", "c", "--apply", "--drop"], ["--apply and --drop cannot be given together"]),
        (
            ["tables", "c", "--create", "--delete"],
            ["--create and --delete cannot be given together"]
        ),
        (["tables", "c", "--yes"], ["--yes means nothing without --delete"]),
        (["run", "c", "-q", "-v"], ["--quiet and --verbose cannot be given together"]),
        (
            ["run", "--bogus", "--readers=x", "a", "b"],
            [
                "unknown flag --bogus", "--readers must be a number from 1 to 64",
                "run takes one contract, not 2",
            ]
        ),
    ]

    @Test("every mistake is told, each with what to do instead", arguments: refused)
    func refuses(_ row: (arguments: [String], messages: [String])) {
        let error = #expect(throws: UsageError.self) {
            try CommandLineParser.parse(row.arguments)
        }
        #expect(error?.problems.map(\.description) == row.messages)
    }

    @Test(
        "what stands behind a flag is never repeated",
        arguments: [
            ["run", "--password=canary", "c"], ["run", "-pcanary"],
            ["run", "--output=canary", "c"], ["run", "--readers", "canary", "c"],
            ["run", "--setup=canary", "c"], ["run", "--retry-for=canary", "c"],
        ]
    )
    func keepsValuesToItself(_ arguments: [String]) {
        let error = #expect(throws: UsageError.self) { try CommandLineParser.parse(arguments) }
        let text = error?.problems.map(\.description).joined() ?? "canary"
        #expect(!text.contains("canary"))
    }
}

@Suite("the table of flags")
struct FlagTableTests {
    @Test("no two flags share a name or a letter")
    func namesAreUnique() {
        let names = Flag.all.map(\.name)
        #expect(Set(names).count == names.count)
        let letters = Flag.all.compactMap(\.short)
        #expect(Set(letters).count == letters.count)
    }

    @Test("no flag can be taken for the negative form of another")
    func noFlagBeginsWithNo() {
        #expect(Flag.all.filter { $0.name.hasPrefix("no-") }.map(\.name) == [])
    }

    @Test("every flag belongs to a command and has a summary without a full stop")
    func everyFlagIsExplained() {
        for flag in Flag.all {
            #expect(!flag.commands.isEmpty, "\(flag.name)")
            #expect(!flag.summary.isEmpty && !flag.summary.hasSuffix("."), "\(flag.name)")
            #expect(flag.details.isEmpty || flag.details.hasSuffix("."), "\(flag.name)")
        }
    }

    @Test("every command says with which statuses it ends")
    func everyCommandListsStatuses() {
        for command in Command.allCases {
            let statuses = command.definition.exitStatuses
            #expect(statuses.contains(.done) && statuses.contains(.usage), "\(command.rawValue)")
        }
    }
}
