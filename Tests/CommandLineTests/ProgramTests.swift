import Foundation
import Glibc
import Testing

@testable import unglue

@Suite("the built program")
struct ProgramTests {
    @Test("explains each command", arguments: Command.allCases)
    func help(_ command: Command) throws {
        let directory = try TemporaryDirectory()
        let outcome = try Program.run([command.rawValue, "--help"], in: directory.path)
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        try Fixture.expect(outcome.output, is: "help-\(command.rawValue).txt")
        let other = try Program.run(["help", command.rawValue], in: directory.path)
        #expect(other == outcome)
    }

    @Test("explains itself")
    func overview() throws {
        let directory = try TemporaryDirectory()
        let outcome = try Program.run(["--help"], in: directory.path)
        #expect(outcome.status == 0)
        try Fixture.expect(outcome.output, is: "help.txt")
        let widest = outcome.output.split(separator: "\n").map(\.count).max() ?? 0
        #expect(widest <= Help.columns)
    }

    @Test("says its version")
    func version() throws {
        let directory = try TemporaryDirectory()
        for arguments in [["version"], ["--version"], ["-V"], ["run", "--version"]] {
            #expect(
                try Program.run(arguments, in: directory.path)
                    == Outcome(status: 0, output: "unglue \(Version.number)\n", errors: "")
            )
        }
    }

    static let refused: [(arguments: [String], errors: String)] = [
        ([], "unglue: error: no command is given\n`unglue --help` explains\n"),
        (
            ["run", "c.json", "--bogus", "--readers=0"],
            """
            unglue: error: unknown flag --bogus
            unglue: error: --readers must be a number from 1 to 64
            `unglue help run` explains

            """
        ),
        (
            ["tables", "nowhere.json"],
            "unglue: error: cannot read 'nowhere.json': there is no such file\n"
        ),
        (
            ["run", "--table-prefix=/"],
            """
            unglue: error: no contract is given: write unglue run CONTRACT
            unglue: error: no MySQL server is given: --mysql mysql://USER@HOST:PORT/DATABASE, or \
            UNGLUE_MYSQL_URL
            unglue: error: --table-prefix holds what no DynamoDB table's name may hold: letters, \
            digits, _, - and . only
            `unglue help run` explains

            """
        ),
    ]

    @Test("ends with status 2 and every problem when it is called wrongly", arguments: refused)
    func refusals(_ row: (arguments: [String], errors: String)) throws {
        let directory = try TemporaryDirectory()
        let outcome = try Program.run(row.arguments, in: directory.path)
        #expect(outcome == Outcome(status: 2, output: "", errors: row.errors))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
                == [".stderr", ".stdout"]
        )
    }

    @Test("tells every problem of a contract, with status 2")
    func badContract() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write(
            #"{"tables": [{"table": "a", "type": "single-entity"}, {"tabel": "Users"}]}"#,
            to: "bad.json"
        )
        let outcome = try Program.run(["tables", "bad.json"], in: directory.path)
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count > 2)
        #expect(lines.allSatisfy { $0.hasPrefix("unglue: ") })
        #expect(outcome.errors.contains("tables[0]"))
        #expect(outcome.errors.contains("tables[1]"))
        let json = try Program.run(["tables", "bad.json", "--log=json"], in: directory.path)
        for line in json.errors.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let members = try #require(object as? [String: Any])
            #expect(members["path"] is String)
        }
    }

    @Test("never shows a secret, wherever it stands and whatever goes wrong")
    func canary() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write(#"{"tables": []}"#, to: "c.json")
        _ = try directory.write(
            #"{"mysql": {"host": "127.0.0.1", "port": 1, "user": "u", "database": "d","#
                + #" "password": "canary-5"}, "aws": {"secret_access_key": "canary-6"}}"#,
            to: "config.json"
        )
        _ = try directory.write("[client]\npassword=canary-7\ncanary-8\n", to: "my.cnf")
        _ = try directory.write("canary-9\ncanary-10\n", to: "password")
        let environment = [
            "UNGLUE_MYSQL_URL": "mysql://u:canary-1@127.0.0.1:1/d",
            "UNGLUE_MYSQL_PASSWORD": "canary-2", "AWS_ACCESS_KEY_ID": "canary-3",
            "AWS_SECRET_ACCESS_KEY": "canary-4",
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        ]
        let attempts: [[String]] = [
            ["check", "c.json", "--verbose"], ["check", "c.json", "--config=config.json"],
            ["check", "c.json", "--mysql-option-file=my.cnf"],
            ["check", "c.json", "--mysql-password-file=password"],
            ["check", "c.json", "--mysql=mysql://u:canary-11@127.0.0.1:1/d"],
            ["check", "c.json", "--mysql", "mysql://u:canary%12@h/d"],
            ["check", "c.json", "--mysql-password=canary-13"], ["check", "--yes=canary-14"],
        ]
        for arguments in attempts {
            let outcome = try Program.run(
                arguments,
                environment: environment,
                in: directory.path
            )
            #expect(!outcome.output.contains("canary"), "\(arguments)")
            #expect(!outcome.errors.contains("canary"), "\(arguments)")
            #expect(outcome.status != 0, "\(arguments)")
        }
    }

    @Test("prints completions that bash can read and use")
    func bashCompletions() throws {
        let directory = try TemporaryDirectory()
        let script = try Program.run(["completions", "bash"], in: directory.path)
        #expect(script.status == 0)
        let path = try directory.write(script.output, to: "unglue.bash")
        #expect(try shell("bash -n '\(path)'", in: directory) == "")
        for (words, expected) in [
            ("unglue ta", "tables"), ("unglue run --re", "--readers\n--region\n--retry-for"),
            ("unglue run --output ", "text\njson"), ("unglue run --output = j", "json"),
            ("unglue completions z", "zsh"), ("unglue check --setu", ""),
        ] {
            let list = words.split(separator: " ", omittingEmptySubsequences: false)
            let array = list.map { "'\($0)'" }.joined(separator: " ")
            let command = """
                source '\(path)'; COMP_WORDS=(\(array)); COMP_CWORD=\(list.count - 1); \
                _unglue; printf '%s\\n' "${COMPREPLY[@]}" | sort -u
                """
            let reply = try shell(command, in: directory).split(separator: "\n").sorted()
            #expect(reply == expected.split(separator: "\n").sorted(), "\(words)")
        }
    }

    @Test("prints completions that zsh and fish can read, where they are installed")
    func otherCompletions() throws {
        let directory = try TemporaryDirectory()
        for (name, flag) in [("zsh", "-n"), ("fish", "--no-execute")] {
            let script = try Program.run(["completions", name], in: directory.path)
            #expect(script.status == 0)
            try Fixture.expect(script.output, is: "completions.\(name)")
            let path = try directory.write(script.output, to: "script")
            let command = "if command -v \(name) > /dev/null; then \(name) \(flag) '\(path)'; fi"
            #expect(try shell(command, in: directory) == "")
        }
    }

    @Test("prints a manual page that man can read, where it is installed")
    func manualPage() throws {
        let directory = try TemporaryDirectory()
        let page = try Program.run(["man"], in: directory.path)
        #expect(page.status == 0)
        try Fixture.expect(page.output, is: "unglue.1")
        let path = try directory.write(page.output, to: "unglue.1")
        let command = """
            if command -v mandoc > /dev/null; then mandoc -T lint -W error '\(path)'; \
            elif command -v groff > /dev/null; then groff -ww -man -Tutf8 -z '\(path)'; fi
            """
        #expect(try shell(command, in: directory) == "")
    }

    @Test("ends at once with 130 or 143 where a signal can stop nothing gently")
    func signals() throws {
        for (signal, status) in [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 143)] as [(Int32, Int32)] {
            let directory = try TemporaryDirectory()
            // It waits for somebody to write into this pipe, who never comes.
            let fifo = "\(directory.path)/fifo"
            #expect(unsafe mkfifo(fifo, 0o600) == 0)
            let process = try Program.start(
                ["check", "c.json", "--config", fifo],
                in: directory.path,
                output: FileHandle.nullDevice,
                errors: FileHandle.nullDevice
            )
            try waitUntilBlocked(process.processIdentifier)
            #expect(kill(process.processIdentifier, signal) == 0)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit)
            #expect(process.terminationStatus == status)
        }
    }

    @Test("ends quietly when nobody reads its output any more")
    func closedPipe() throws {
        let directory = try TemporaryDirectory()
        let text = try shell(
            "'\(Program.path)' man | head -n 1; echo ${PIPESTATUS[0]}",
            in: directory
        )
        #expect(text.hasPrefix(".TH UNGLUE 1"))
        #expect(text.hasSuffix("\n0\n") || text.hasSuffix("\n1\n"))
        let closed = try shell("'\(Program.path)' man >&-; echo $?", in: directory)
        #expect(
            closed == "unglue: error: cannot write the output: Bad file descriptor\n1\n"
        )
    }

    /// Runs a line of bash; standard output and error together.
    private func shell(_ command: String, in directory: TemporaryDirectory) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "{ \(command)\n} 2>&1"]
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// Returns once the process sleeps in opening the pipe: then its signals are set up.
    private func waitUntilBlocked(_ process: pid_t) throws {
        for _ in 0..<2000 {
            let call = try? String(contentsOfFile: "/proc/\(process)/wchan", encoding: .utf8)
            if call?.contains("fifo") == true || call?.contains("wait_for_partner") == true {
                return
            }
            usleep(5000)
        }
        Issue.record("the program did not get as far as reading its settings")
    }
}
