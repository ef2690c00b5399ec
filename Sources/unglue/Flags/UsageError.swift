/// One thing that is wrong with the command line, the environment or a settings file.
struct UsageProblem: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as a sentence without a full stop; never a secret.
    var message: String
    /// What to do instead, or nil.
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    var description: String {
        hint.map { "\(message): \($0)" } ?? message
    }
}

/// Everything that is wrong with how the program was called.
///
/// Exit status 2.
struct UsageError: Error, Sendable, Equatable {
    var problems: [UsageProblem]
    /// The command whose help is worth reading, as far as it is known.
    var command: Command?

    init(_ problems: [UsageProblem], command: Command? = nil) {
        self.problems = problems
        self.command = command
    }
}
