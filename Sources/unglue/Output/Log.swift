import Contract

enum LogLevel: Int, Sendable, Equatable, Comparable, CaseIterable {
    case error
    case warning
    case info
    case debug

    var name: String {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }

    static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Messages for people and for log collectors, on standard error: text, or one JSON object a line.
///
/// Control characters in messages are neutralised here, so that no caller can forget it.
struct Log: Sendable {
    let level: LogLevel
    let format: LogFormat
    private let stream: ErrorStream
    private let style: Style
    private let now: @Sendable () -> Timestamp

    init(
        level: LogLevel,
        format: LogFormat,
        stream: ErrorStream,
        style: Style = .plain,
        now: @escaping @Sendable () -> Timestamp = { Timestamp.now() }
    ) {
        self.level = level
        self.format = format
        self.stream = stream
        self.style = style
        self.now = now
    }

    func error(_ message: String) { write(.error, message, []) }
    func warning(_ message: String) { write(.warning, message, []) }
    func info(_ message: String) { write(.info, message, []) }
    func debug(_ message: @autoclosure () -> String) {
        if level >= .debug { write(.debug, message(), []) }
    }

    /// Writes a message; `fields` are further members of its JSON line, and not part of its text.
    func write(_ level: LogLevel, _ message: String, _ fields: [JSONMember]) {
        guard level <= self.level else { return }
        for line in lines(level, message, fields) { stream.writeLine(line) }
    }

    /// The lines that a message makes.
    func lines(_ level: LogLevel, _ message: String, _ fields: [JSONMember] = []) -> [String] {
        switch format {
        case .json:
            let members =
                [
                    JSONMember(name: "time", value: .string(now().iso8601)),
                    JSONMember(name: "level", value: .string(level.name)),
                    JSONMember(name: "message", value: .string(message)),
                ] + fields
            return [Neutral.json(JSONValue.object(members).serialized())]
        case .text:
            let lines = Neutral.lines(message)
            let label: String
            switch level {
            case .error: label = style.paint("unglue: error: ", .red)
            case .warning: label = style.paint("unglue: warning: ", .yellow)
            case .info, .debug: label = ""
            }
            return lines.enumerated().map { $0 == 0 ? label + $1 : "  \($1)" }
        }
    }
}

/// Colour, where it is wanted.
struct Style: Sendable, Equatable {
    enum Colour: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
    }

    var isColoured: Bool

    static let plain = Style(isColoured: false)

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    /// The style for a stream, by `--color`, NO_COLOR and the terminal.
    init(_ settings: Settings, isTerminal: Bool) {
        self.init(
            settings.color,
            isWanted: isTerminal && !settings.isColourUnwanted && !settings.terminalIsDumb
        )
    }

    /// `isWanted`: whether `auto` means colour here.
    init(_ choice: ColorChoice, isWanted: Bool) {
        switch choice {
        case .always: isColoured = true
        case .never: isColoured = false
        case .auto: isColoured = isWanted
        }
    }

    func paint(_ text: String, _ colour: Colour) -> String {
        isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}
