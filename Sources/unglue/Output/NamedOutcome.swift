import Contract

/// What became of one view or table.
struct NamedOutcome: Sendable, Equatable {
    var name: String
    /// In one or a few words: `created`, `exists`.
    var outcome: String
}

extension TextReporter {
    func text(of outcomes: [NamedOutcome], kind: String) -> String {
        guard !outcomes.isEmpty else { return "The contract has no \(kind) of its own.\n" }
        return outcomes.map { "\(kind) \(Neutral.text($0.name)): \($0.outcome)\n" }.joined()
    }
}

extension JSONReporter {
    func text(of outcomes: [NamedOutcome], kind: String) -> String {
        let elements = outcomes.map { outcome in
            JSONValue.object([
                JSONMember(name: kind, value: .string(outcome.name)),
                JSONMember(name: "outcome", value: .string(outcome.outcome)),
            ])
        }
        return Self.document([JSONMember(name: "\(kind)s", value: .array(elements))])
    }
}
