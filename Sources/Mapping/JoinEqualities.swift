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
        terms(tokens).flatMap { equality($0, tokens, written, joinedAlias) }
    }

    /// A condition that is one equality with the source row and, besides it, asks only for something of
    /// the joined row.
    struct Parted {
        var equality: Equality
        /// What it asks for besides; empty: nothing.
        var rest: [SQLToken]
    }

    /// nil where the condition is none such.
    static func parted(
        _ tokens: [SQLToken],
        _ written: WrittenFragment,
        joinedAlias: String
    ) -> Parted? {
        // The AND of a BETWEEN parts no terms.
        guard !tokens.contains(where: { $0.isWord("BETWEEN") }) else { return nil }
        var found: Equality?
        var rest: [[SQLToken]] = []
        for term in terms(tokens) {
            let others = written.references.filter {
                $0.row.alias != joinedAlias && term.contains($0.token)
            }
            if others.isEmpty {
                rest.append(term.map { tokens[$0] })
                continue
            }
            let equalities = equality(term, tokens, written, joinedAlias)
            guard found == nil, equalities.count == 1 else { return nil }
            found = equalities[0]
        }
        return found.map {
            Parted(equality: $0, rest: Array(rest.joined(separator: [.word("AND")])))
        }
    }

    /// Indexes of the tokens of each term that must hold; none where not all must.
    private static func terms(_ tokens: [SQLToken]) -> [[Int]] {
        var terms: [[Int]] = [[]]
        var depth = 0
        for (index, token) in tokens.enumerated() {
            switch token {
            case .symbol("("): depth += 1
            case .symbol(")"): depth -= 1
            case .word(let word) where depth == 0:
                switch word.uppercased() {
                case "AND":
                    terms.append([])
                    continue
                case "OR", "XOR", "CASE": return []
                default: break
                }
            case .symbol("&&") where depth == 0: return []
            default: break
            }
            terms[terms.count - 1].append(index)
        }
        return terms
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
