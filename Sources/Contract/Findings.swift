/// Where a value stands in a contract: the steps to it from the file's root.
struct Place {
    struct Step {
        var text: String
        /// Index of the member or element within its parent, by which findings are sorted.
        var order: Int
    }

    private(set) var steps: [Step] = []

    func member(_ name: String, order: Int) -> Place {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
                true
            default: false
            }
        }
        let text = isPlain && !name.isEmpty && name.utf8.count <= 80 ? name : nil
        let dot = steps.isEmpty ? "" : "."
        return adding(Step(text: text.map { dot + $0 } ?? "[\(Quoted.text(name))]", order: order))
    }

    func element(_ index: Int) -> Place {
        adding(Step(text: "[\(index)]", order: index))
    }

    /// `tables[0].entities[2].attributes[1].join`; empty for the root.
    var path: String { steps.map(\.text).joined() }

    private func adding(_ step: Step) -> Place {
        var place = self
        place.steps.append(step)
        return place
    }

    /// Whether this place comes before the other in the file; a parent comes before its members.
    func precedes(_ other: Place) -> Bool {
        steps.lexicographicallyPrecedes(other.steps) { $0.order < $1.order }
    }
}

/// What has been found about a contract so far.
///
/// A class, because every decoder of one run writes to the same list; it never leaves the call of
/// `ContractDecoder.decode`.
final class Findings {
    private struct Entry {
        var place: Place
        var problem: ContractProblem
    }

    private var entries: [Entry] = []
    private var errors = 0
    private var warnings = 0

    var hasErrors: Bool { errors > 0 }

    /// Whether a further warning would be kept; if not, it is only counted, and its text need not be
    /// made.
    var keepsWarnings: Bool { warnings < ContractLimits.problemsMax }

    func error(_ place: Place, _ message: String, hint: String? = nil) {
        errors += 1
        guard errors <= ContractLimits.problemsMax else { return }
        add(.error, place, message, hint)
    }

    func error(_ place: Place, _ refusal: SyntaxRefusal) {
        error(place, refusal.reason, hint: refusal.hint)
    }

    func warning(_ place: Place, _ message: String, hint: String? = nil) {
        warnings += 1
        guard warnings <= ContractLimits.problemsMax else { return }
        add(.warning, place, message, hint)
    }

    private func add(
        _ severity: ContractProblem.Severity,
        _ place: Place,
        _ message: String,
        _ hint: String?
    ) {
        let problem = ContractProblem(
            severity: severity,
            path: place.path,
            message: message,
            hint: hint
        )
        entries.append(Entry(place: place, problem: problem))
    }

    /// In file order; those of one place in the order in which they were found.
    func sorted() -> [ContractProblem] {
        let order = entries.indices.sorted { left, right in
            if entries[left].place.precedes(entries[right].place) { return true }
            if entries[right].place.precedes(entries[left].place) { return false }
            return left < right
        }
        var problems = order.map { entries[$0].problem }
        for (count, severity) in [(errors, "errors"), (warnings, "warnings")]
        where count > ContractLimits.problemsMax {
            let kind: ContractProblem.Severity = severity == "errors" ? .error : .warning
            problems.append(
                ContractProblem(
                    severity: kind,
                    path: "",
                    message: "there are \(count - ContractLimits.problemsMax) more \(severity)",
                    hint: "mend those above, then check again"
                )
            )
        }
        return problems
    }
}
