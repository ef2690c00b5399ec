/// What the command line asks for.
struct Options {
    enum Mode {
        case measure
        /// Allocations only: quick, and the same however busy the machine is.
        case allocations
        /// For valgrind: each benchmark's instructions in `measure_region`.
        case instructions
        case list
        case help
    }

    var mode = Mode.measure
    /// A benchmark runs if its name has one of these in it; all run if there is none.
    var filters: [String] = []
    /// A stored run to compare with.
    var compare: String?
    /// Where to store this run.
    var output: String?
    /// Put into the stored run: when, what on, of which change.
    var notes: [(name: String, value: String)] = []

    static let help = """
        Usage: benchmarks [--filter TEXT]... [--compare RUN] [--output FILE] [--note NAME=VALUE]...
                          [--allocations | --instructions | --list]

        Measures the engine's parts and prints what an item costs: the median time, between which \
        times half of
        the samples lie, items and bytes a second, and allocations.

          --filter TEXT      only benchmarks with TEXT in their names
          --compare RUN      prints the ratio to a run that --output has stored
          --output FILE      stores the run as JSON
          --note NAME=VALUE  stored with it
          --allocations      allocations only, as JSON on standard output
          --instructions     runs each once in measure_region, for valgrind (scripts/bench-check)
          --list             the names

        """

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--filter": filters.append(try Self.value(of: argument, &rest))
            case "--compare": compare = try Self.value(of: argument, &rest)
            case "--output": output = try Self.value(of: argument, &rest)
            case "--note":
                let note = try Self.value(of: argument, &rest)
                let parts = note.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw UsageError("not NAME=VALUE: \(note)") }
                notes.append((parts[0], parts[1]))
            case "--allocations": mode = .allocations
            case "--instructions": mode = .instructions
            case "--list": mode = .list
            case "--help", "-h": mode = .help
            default: throw UsageError("no such option: \(argument)")
            }
        }
    }

    func selects(_ name: String) -> Bool {
        filters.isEmpty || filters.contains { name.contains($0) }
    }

    private static func value(
        of option: String,
        _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> String {
        guard let value = rest.popFirst() else { throw UsageError("\(option) wants a value") }
        return value
    }
}

struct UsageError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
