import Contract

/// What was asked for: a command, its flags and its operands.
struct Invocation: Sendable, Equatable {
    var command: Command
    var options: Options
    /// The contract's path, the shell or the command to explain; nil where none was given.
    var operand: String?
}

/// Turns arguments into an invocation, by the table of flags.
///
/// GNU conventions: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-qv`, flags and operands
/// in any order, `--` before operands that begin with a dash, `--no-name` for toggles. Nothing that
/// was typed behind a flag is ever repeated in a message: it may be a password.
struct CommandLineParser {
    private var options = Options()
    private var operands: [String] = []
    private var given: [Flag] = []
    private var problems: [UsageProblem] = []
    private var remaining: ArraySlice<String>

    private init(_ arguments: [String]) {
        remaining = arguments[...]
    }

    /// Parses the arguments, without the program's own name, or throws every problem there is.
    static func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
        var parser = CommandLineParser(arguments)
        parser.readAll()
        return try parser.finish()
    }

    private mutating func readAll() {
        while let argument = remaining.popFirst() {
            if argument == "--" {
                operands += remaining
                remaining = []
            } else if argument.hasPrefix("--") {
                readLong(argument.dropFirst(2))
            } else if argument.hasPrefix("-"), argument.count > 1 {
                readShort(argument.dropFirst())
            } else {
                operands.append(argument)
            }
        }
    }

    private mutating func readLong(_ argument: Substring) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let attached = parts.count == 2 ? String(parts[1]) : nil
        if let flag = Flag.named(name) {
            apply(flag, typed: "--\(name)", attached: attached, isOn: true)
        } else if name.hasPrefix("no-"), let flag = Flag.named(String(name.dropFirst(3))),
            flag.isToggle
        {
            apply(flag, typed: "--\(name)", attached: attached, isOn: false)
        } else {
            let names = Flag.all.map(\.name) + Flag.all.filter(\.isToggle).map { "no-\($0.name)" }
            problems.append(
                UsageProblem(
                    "unknown flag --\(Neutral.text(name))",
                    hint: NearestName.find(name, among: names).map { "did you mean --\($0)?" }
                )
            )
        }
    }

    private mutating func readShort(_ argument: Substring) {
        var rest = argument
        while let letter = rest.popFirst() {
            guard let flag = Flag.all.first(where: { $0.short == letter }) else {
                problems.append(UsageProblem("unknown flag -\(Neutral.text(String(letter)))"))
                return
            }
            if flag.placeholder != nil {
                let attached = rest.isEmpty ? nil : String(rest)
                apply(flag, typed: "-\(letter)", attached: attached, isOn: true)
                return
            }
            apply(flag, typed: "-\(letter)", attached: nil, isOn: true)
        }
    }

    private mutating func apply(_ flag: Flag, typed: String, attached: String?, isOn: Bool) {
        given.append(flag)
        switch flag.kind {
        case .toggle(_, let set):
            guard attached == nil else {
                return problems.append(UsageProblem("\(typed) takes no value"))
            }
            set(&options, isOn)
        case .request(let set):
            guard attached == nil else {
                return problems.append(UsageProblem("\(typed) takes no value"))
            }
            set(&options)
        default:
            guard let value = attached ?? takeValue() else {
                let placeholder = flag.placeholder ?? ""
                return problems.append(UsageProblem("\(typed) needs a value: \(placeholder)"))
            }
            if let problem = Self.set(flag, typed: typed, value: value, in: &options) {
                problems.append(problem)
            }
        }
    }

    /// The next argument, unless it looks like a flag: then the value was forgotten.
    private mutating func takeValue() -> String? {
        guard let next = remaining.first, !next.hasPrefix("-") || next == "-" else { return nil }
        remaining = remaining.dropFirst()
        return next
    }

    private static func set(
        _ flag: Flag,
        typed: String,
        value: String,
        in options: inout Options
    ) -> UsageProblem? {
        switch flag.kind {
        case .toggle, .request:
            return nil
        case .text(_, _, let set):
            guard !value.isEmpty else { return UsageProblem("\(typed) has an empty value") }
            guard !value.utf8.contains(0) else { return UsageProblem("\(typed) holds a NUL") }
            set(&options, value)
        case .choice(_, let values, let set):
            guard values.contains(value) else {
                return UsageProblem("\(typed) must be one of \(values.joined(separator: ", "))")
            }
            set(&options, value)
        case .number(_, let range, let set):
            guard let number = Int(value), range.contains(number) else {
                return UsageProblem(
                    "\(typed) must be a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            set(&options, number)
        case .list(_, let set):
            let names = value.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmed }
            guard names.allSatisfy({ !$0.isEmpty }) else {
                return UsageProblem("\(typed) has an empty name", hint: "write A,B,C")
            }
            set(&options, names)
        case .duration(_, let set):
            guard let duration = Duration(flagText: value) else {
                return UsageProblem(
                    "\(typed) must be a number and a unit",
                    hint: "90s, 15m, 2h or 1d"
                )
            }
            set(&options, duration)
        }
        return nil
    }

    private func finish() throws(UsageError) -> Invocation {
        var problems = self.problems
        // Help and version are for people who are lost: they are answered whatever else is wrong.
        if let request = options.request {
            let named = operands.first.flatMap(Command.init(rawValue:))
            switch request {
            case .version: return Invocation(command: .version, options: Options(), operand: nil)
            case .help:
                return Invocation(command: .help, options: Options(), operand: named?.rawValue)
            }
        }
        guard let word = operands.first else {
            problems.insert(UsageProblem("no command is given"), at: 0)
            throw UsageError(problems)
        }
        guard let command = Command(rawValue: word) else {
            let nearest = NearestName.find(word, among: Command.allCases.map(\.rawValue))
            problems.insert(
                UsageProblem(
                    "unknown command \(Neutral.quoted(word))",
                    hint: nearest.map { "did you mean \($0)?" }
                ),
                at: 0
            )
            throw UsageError(problems)
        }
        for flag in given where !flag.commands.contains(command) {
            let others = Command.allCases.filter { flag.commands.contains($0) }.map(\.rawValue)
            problems.append(
                UsageProblem(
                    "--\(flag.name) is no flag of \(command.rawValue)",
                    hint: "it belongs to \(others.joined(separator: ", "))"
                )
            )
        }
        problems += contradictions
        let operand = checkOperands(of: command, problems: &problems)
        guard problems.isEmpty else { throw UsageError(problems, command: command) }
        return Invocation(command: command, options: options, operand: operand)
    }

    private var contradictions: [UsageProblem] {
        var found: [UsageProblem] = []
        let pairs: [(String, Bool, String, Bool)] = [
            ("apply", options.apply, "drop", options.drop),
            ("create", options.create, "delete", options.delete),
            ("quiet", options.isQuiet, "verbose", options.isVerbose),
        ]
        for (first, isFirst, second, isSecond) in pairs where isFirst && isSecond {
            found.append(UsageProblem("--\(first) and --\(second) cannot be given together"))
        }
        if options.yes, !options.delete {
            found.append(UsageProblem("--yes means nothing without --delete"))
        }
        return found
    }

    private func checkOperands(of command: Command, problems: inout [UsageProblem]) -> String? {
        let rest = operands.dropFirst()
        switch command.definition.operand {
        case .none:
            if !rest.isEmpty {
                problems.append(UsageProblem("\(command.rawValue) takes no arguments"))
            }
            return nil
        case .contract:
            if rest.count > 1 {
                problems.append(
                    UsageProblem("\(command.rawValue) takes one contract, not \(rest.count)")
                )
            }
            return rest.first
        case .name(let name):
            if rest.count > 1 {
                problems.append(
                    UsageProblem("\(command.rawValue) takes one \(name), not \(rest.count)")
                )
            }
            return rest.first
        case .requiredName(let name):
            if rest.count != 1 {
                problems.append(
                    UsageProblem(
                        rest.isEmpty
                            ? "\(command.rawValue) needs a \(name)"
                            : "\(command.rawValue) takes one \(name), not \(rest.count)",
                        hint: "`unglue status` lists the runs"
                    )
                )
            }
            return rest.first
        case .choice(let name, let values, let isOptional):
            guard let value = rest.first else {
                if !isOptional {
                    problems.append(
                        UsageProblem(
                            "\(command.rawValue) needs a \(name)",
                            hint: "one of \(values.joined(separator: ", "))"
                        )
                    )
                }
                return nil
            }
            if rest.count > 1 || !values.contains(value) {
                problems.append(
                    UsageProblem(
                        "\(command.rawValue) takes one of \(values.joined(separator: ", "))",
                        hint: NearestName.find(value, among: values).map { "did you mean \($0)?" }
                    )
                )
            }
            return value
        }
    }
}

extension Duration {
    /// `90s`, `15m`, `2h`, `1d`: a whole number from 1 and a unit, at most a year.
    init?(flagText: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = flagText.last.flatMap({ units[$0] }),
            flagText.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int(flagText.dropLast()), (1...31_536_000 / unit).contains(count)
        else { return nil }
        self = .seconds(count * unit)
    }
}

extension StringProtocol {
    /// Without ASCII white space at both ends.
    var trimmed: String {
        let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.indices.reversed().first(where: { !isSpace(utf8[$0]) })
        else { return "" }
        return String(self[first...last])
    }
}
