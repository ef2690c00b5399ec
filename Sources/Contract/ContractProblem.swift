/// One finding about a contract: where, what is wrong, and what to write instead.
public struct ContractProblem: Sendable, Equatable {
    public enum Severity: String, Sendable, Equatable {
        case error
        case warning
    }

    public var severity: Severity
    /// `tables[0].entities[2].attributes[1].join`; empty for the file as a whole.
    public var path: String
    /// What is wrong, as a sentence without a full stop.
    public var message: String
    /// What to write instead, or nil.
    public var hint: String?

    public init(severity: Severity, path: String, message: String, hint: String? = nil) {
        self.severity = severity
        self.path = path
        self.message = message
        self.hint = hint
    }
}

extension ContractProblem: CustomStringConvertible {
    public var description: String {
        let place = path.isEmpty ? "contract" : path
        let advice = hint.map { ": \($0)" } ?? ""
        return "\(severity.rawValue): \(place): \(message)\(advice)"
    }
}

/// A contract that cannot be used, with every problem that was found in it.
public struct ContractError: Error, Sendable, CustomStringConvertible {
    public var problems: [ContractProblem]

    public init(problems: [ContractProblem]) {
        self.problems = problems
    }

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
