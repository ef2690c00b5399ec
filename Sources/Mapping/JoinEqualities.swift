internal import Contract

/// Which columns of the joined row a condition fixes to one value.
enum JoinEqualities {
    struct Equality {
        /// The joined row's column.
        var column: String
        /// What it equals; nil for a literal.
        var other: WrittenFragment.Reference?
    }

    /// The equalities that must hold in every match: those joined by AND outside of everything.
    ///
    /// Only such count whose two sides compare by the column's own rules.
    static func find(
        _ tokens: [SQLToken],
        _ written: WrittenFragment,
        joinedAlias: String
    ) -> [Equality] {
        var equalities: [Equality] = []
        var term: [Int] = []
        var depth = 0
        for (index, token) in tokens.enumerated() {
            switch token {
            case .symbol("("): depth += 1
            case .symbol(")"): depth -= 1
            case .word(let word) where depth == 0:
                switch word.uppercased() {
                case "AND":
                    equalities += equality(term, tokens, written, joinedAlias)
                    term = []
                    continue
                case "OR", "XOR", "CASE": return []
                default: break
                }
            case .symbol("&&") where depth == 0: return []
            default: break
            }
            term.append(index)
        }
        return equalities + equality(term, tokens, written, joinedAlias)
    }

    private static func equality(
        _ term: [Int],
        _ tokens: [SQLToken],
        _ written: WrittenFragment,
        _ joinedAlias: String
    ) -> [Equality] {
        var term = term
        if term.count == 5, tokens[term[0]] == .symbol("("), tokens[term[4]] == .symbol(")") {
            term = Array(term[1...3])
        }
        guard term.count == 3, tokens[term[1]] == .symbol("=") else { return [] }
        let left = written.references.first { $0.token == term[0] }
        let right = written.references.first { $0.token == term[2] }
        var equalities: [Equality] = []
        for (one, other, literal) in [(left, right, term[2]), (right, left, term[0])] {
            guard let one, one.row.alias == joinedAlias else { continue }
            if let other {
                guard other.row.alias != joinedAlias, one.column.comparesExactly(with: other.column)
                else { continue }
                equalities.append(Equality(column: one.column.name, other: other))
            } else if compares(one.column, with: tokens[literal]) {
                equalities.append(Equality(column: one.column.name, other: nil))
            }
        }
        return equalities
    }

    private static func compares(_ column: CatalogColumn, with literal: SQLToken) -> Bool {
        switch (column.columnClass, literal) {
        case (.integer, .number), (.decimal, .number), (.year, .number): true
        case (.text, .string), (.enum, .string): true
        default: false
        }
    }
}
