/// One flag: everything that parsing, help, completions and the manual page need to know of it.
struct Flag: Sendable {
    /// What a value is completed with.
    enum Completion: Sendable, Equatable {
        case file
        case directory
        case nothing
    }

    /// What the flag takes, and what it does to the options.
    ///
    /// The last of several wins.
    enum Kind: Sendable {
        /// `--name` and `--no-name`.
        case toggle(isOn: Bool, set: @Sendable (inout Options, Bool) -> Void)
        /// `--help`, `--version`: no negative form.
        case request(set: @Sendable (inout Options) -> Void)
        case text(String, Completion, set: @Sendable (inout Options, String) -> Void)
        case choice(String, [String], set: @Sendable (inout Options, String) -> Void)
        case number(String, ClosedRange<Int>, set: @Sendable (inout Options, Int) -> Void)
        /// Names parted by commas.
        case list(String, set: @Sendable (inout Options, [String]) -> Void)
        case duration(String, set: @Sendable (inout Options, Duration) -> Void)
    }

    /// Where the flag stands in help.
    enum Group: String, Sendable, CaseIterable {
        case command = "Flags of this command"
        case source = "MySQL"
        case target = "DynamoDB"
        case general = "General"
    }

    /// Without the dashes.
    var name: String
    var short: Character?
    var group: Group
    var kind: Kind
    /// A sentence without a full stop.
    var summary: String
    /// More sentences, for the manual page and a command's help; may be empty.
    var details: String
    /// What holds when the flag is not given, in words; nil where nothing does.
    var standard: String?
    var commands: Set<Command>

    init(
        _ name: String,
        short: Character? = nil,
        group: Group,
        kind: Kind,
        _ summary: String,
        details: String = "",
        standard: String? = nil,
        commands: Set<Command>
    ) {
        self.name = name
        self.short = short
        self.group = group
        self.kind = kind
        self.summary = summary
        self.details = details
        self.standard = standard
        self.commands = commands
    }
}

extension Flag {
    /// The placeholder of its value; nil where it takes none.
    var placeholder: String? {
        switch kind {
        case .toggle, .request: nil
        case .text(let name, _, _), .number(let name, _, _), .list(let name, _),
            .duration(let name, _):
            name
        case .choice(let name, _, _): name
        }
    }

    /// The form that changes something: `no-progress` for a toggle that is on by default.
    var shownName: String {
        if case .toggle(isOn: true, _) = kind { return "no-\(name)" }
        return name
    }

    var isToggle: Bool {
        if case .toggle = kind { return true }
        return false
    }

    var choices: [String] {
        if case .choice(_, let values, _) = kind { return values }
        return []
    }

    /// `--log text|json`, as a heading in help.
    var heading: String {
        let long = "--\(shownName)"
        let names = short.map { "-\($0), \(long)" } ?? "    \(long)"
        return placeholder.map { "\(names) \($0)" } ?? names
    }

    static func named(_ name: String) -> Flag? {
        all.first { $0.name == name }
    }

    static func flags(of command: Command) -> [Flag] {
        all.filter { $0.commands.contains(command) }
    }
}
