/// The manual page, in roff with the man macros, made of the tables of commands and flags.
/// https://man7.org/linux/man-pages/man7/man.7.html
enum ManualPage {
    static var text: String {
        var page = """
            .TH UNGLUE 1 "" "\(escape(Version.line))" "User Commands"
            .SH NAME
            unglue \\- migrate MySQL to DynamoDB by contract
            .SH SYNOPSIS
            .B unglue
            .I COMMAND
            [\\fIFLAGS\\fR] [\\fICONTRACT\\fR]
            .SH DESCRIPTION
            A migration contract says which DynamoDB tables there are, which keys they have, and \
            which MySQL columns, joins and formats fill each attribute.
            .B unglue
            turns the contract into MySQL views and DynamoDB tables, streams the views into the \
            tables, and accounts for every row.
            .SH COMMANDS

            """
        for command in Command.allCases { page += section(of: command) }
        for group in Flag.Group.allCases {
            page += ".SH \(escape(title(of: group).uppercased()))\n"
            for flag in Flag.all where flag.group == group { page += entry(for: flag) }
        }
        page += ".SH EXIT STATUS\n"
        for status in ExitStatus.allCases where Help.isUsed(status) {
            page += ".TP\n.B \(status.rawValue)\n\(line(status.meaning))\n"
        }
        page += ".SH ENVIRONMENT\n"
        for variable in EnvironmentVariable.all {
            page += ".TP\n.B \(escape(variable.name))\n\(line(variable.meaning))\n"
        }
        return page + examples
    }

    private static func title(of group: Flag.Group) -> String {
        switch group {
        case .command: "Flags of commands"
        case .source: "MySQL flags"
        case .target: "DynamoDB flags"
        case .general: "General flags"
        }
    }

    private static func section(of command: Command) -> String {
        let definition = command.definition
        var text = ".SS \"unglue \(command.rawValue)"
        if let operand = definition.operand.usage { text += " \(escape(operand))" }
        text += "\"\n\(line(definition.summary + "."))\n"
        for paragraph in definition.description { text += ".PP\n\(line(paragraph))\n" }
        return text
    }

    private static func entry(for flag: Flag) -> String {
        var heading = flag.short.map { "\\fB\\-\($0)\\fR, " } ?? ""
        heading += "\\fB\\-\\-\(escape(flag.shownName))\\fR"
        if let placeholder = flag.placeholder { heading += " \\fI\(escape(placeholder))\\fR" }
        var text = ".TP\n\(heading)\n\(line(Help.explanation(flag)))\n"
        if flag.commands.count < Command.allCases.count {
            let names = Command.allCases.filter { flag.commands.contains($0) }.map(\.rawValue)
            text += "(\(escape(names.joined(separator: ", "))))\n"
        }
        return text
    }

    private static var examples: String {
        var text = ".SH EXAMPLES\n"
        for command in Command.allCases {
            for example in command.definition.examples {
                text += ".TP\n.B \(escape(example.commandLine))\n\(line(example.meaning))\n"
            }
        }
        return text
    }

    /// A line of running text: a `.` or `'` at its beginning is no request.
    private static func line(_ text: String) -> String {
        let escaped = escape(text)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\"": result += "\\(dq"
            case "…": result += "..."
            case "`": result += "\\(ga"
            case "~": result += "\\(ti"
            default: result.append(character)
            }
        }
        return result
    }
}
