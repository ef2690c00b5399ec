/// The help texts, made of the tables of commands and flags.
enum Help {
    static let columns = 80

    /// What `unglue --help` prints.
    static var overview: String {
        var text = """
            \(Version.line)
            Migrates MySQL to DynamoDB by contract.

            Usage: unglue COMMAND [FLAGS] [CONTRACT]

            Commands:

            """
        for command in Command.allCases {
            text += item("  \(command.rawValue)", command.definition.summary, indent: 15)
        }
        text += "\n"
        text += paragraph(
            """
            `unglue help COMMAND` explains a command with its flags and exit statuses; \
            `unglue man` prints the manual page.
            """
        )
        text += "\nEnvironment:\n"
        for variable in EnvironmentVariable.all {
            text += item("  \(variable.name)", variable.meaning, indent: 28)
        }
        text += "\nExit status:\n" + exitStatuses(ExitStatus.allCases.filter(isUsed))
        return text
    }

    /// What `unglue COMMAND --help` prints.
    static func text(of command: Command) -> String {
        let definition = command.definition
        let flags = Flag.flags(of: command)
        var usage = "Usage: unglue \(command.rawValue)"
        if flags.contains(where: { $0.group != .general }) { usage += " [FLAGS]" }
        if let operand = definition.operand.usage { usage += " \(operand)" }
        var text = "\(definition.summary)\n\n\(usage)\n"
        for description in definition.description { text += "\n" + paragraph(description) }
        if case .choice(let name, let values, _) = definition.operand {
            text += "\n" + paragraph("\(name) is one of \(values.joined(separator: ", ")).")
        }
        for group in Flag.Group.allCases {
            let members = flags.filter { $0.group == group }
            if members.isEmpty { continue }
            text += "\n\(group.rawValue):\n"
            for flag in members { text += item("  \(flag.heading)", explanation(flag), indent: 10) }
        }
        if !definition.examples.isEmpty {
            text += "\nExamples:\n"
            for example in definition.examples {
                text += "  \(example.commandLine)\n" + paragraph(example.meaning, indent: 10)
            }
        }
        return text + "\nExit status:\n" + exitStatuses(definition.exitStatuses)
    }

    /// Everything there is to say of a flag, as one paragraph.
    static func explanation(_ flag: Flag) -> String {
        var text = flag.summary + "."
        if !flag.details.isEmpty { text += " " + flag.details }
        if case .number(_, let range, _) = flag.kind {
            text += " From \(range.lowerBound) to \(range.upperBound)."
        }
        if let standard = flag.standard { text += " [default: \(standard)]" }
        return text
    }

    /// A status is listed once a command ends with it.
    static func isUsed(_ status: ExitStatus) -> Bool {
        Command.allCases.contains { $0.definition.exitStatuses.contains(status) }
    }

    private static func exitStatuses(_ statuses: [ExitStatus]) -> String {
        statuses.map { item("  \($0.rawValue)", $0.meaning, indent: 8) }.joined()
    }

    /// A heading and its text beside it, or below it where it is too long to stand beside.
    private static func item(_ heading: String, _ text: String, indent: Int) -> String {
        let body = paragraph(text, indent: indent)
        guard heading.count < indent - 1 else { return "\(heading)\n\(body)" }
        return heading + body.dropFirst(heading.count)
    }

    private static func paragraph(_ text: String, indent: Int = 0) -> String {
        wrap(text, columns: columns - indent)
            .map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
    }

    /// Words on lines of at most so many columns; a longer word has a line of its own.
    static func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= columns {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}

/// An environment variable that is read, for help and the manual page.
struct EnvironmentVariable: Sendable {
    var name: String
    var meaning: String

    static let all = [
        EnvironmentVariable(
            name: "UNGLUE_MYSQL_URL",
            meaning: "as --mysql; may hold the password"
        ),
        EnvironmentVariable(
            name: "UNGLUE_MYSQL_PASSWORD",
            meaning: "the password of the MySQL account"
        ),
        EnvironmentVariable(
            name: "AWS_…",
            meaning: "region, profile, endpoint and credentials, as the AWS tools read them"
        ),
        EnvironmentVariable(name: "NO_COLOR", meaning: "if set and not empty: no colour"),
    ]
}

/// The version of this program.
enum Version {
    static let number = "0.1.0"
    static let line = "unglue \(number)"
}
