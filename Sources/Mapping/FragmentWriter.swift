internal import Contract

/// A fragment as SQL of ours: every name resolved, qualified and quoted.
struct WrittenFragment {
    /// A column of a row, as the fragment names it.
    struct Reference {
        var row: ScopeRow
        var column: CatalogColumn
        /// Index of its token in the fragment.
        var token: Int
    }

    var sql: String
    var references: [Reference]
    /// Set where the fragment is one column and nothing else.
    var column: Reference?
    /// Qualifiers that are no table of the contract: taken as names of the joined row.
    var looseQualifiers: [String]

    /// Whether it names the row of this alias.
    func names(_ alias: String) -> Bool { references.contains { $0.row.alias == alias } }
}

/// Re-qualifies a fragment token by token.
///
/// It never has to understand an expression; it only has to know whether a word stands where an
/// operand may stand (then it can be a column) or behind one.
struct FragmentWriter {
    private let scope: FragmentScope
    private let tokens: [SQLToken]
    private let isMariaDB: Bool

    private var output = ""
    private var written = WrittenFragment(
        sql: "",
        references: [],
        column: nil,
        looseQualifiers: []
    )
    private var isAfterOperand = false
    /// The side of the comparison, one element an open parenthesis and one for the outside.
    private var sides: [FragmentScope.Side] = [.left]
    /// BETWEENs whose AND has not come yet.
    private var openBetweens = 0
    private var previousWord = ""
    /// Index of the token at work.
    private var position = 0

    /// The fragment as SQL in this scope.
    static func write(
        _ fragment: SQLFragment,
        in scope: FragmentScope,
        server: ServerVersion
    ) throws(FragmentProblem) -> WrittenFragment {
        var writer = FragmentWriter(
            scope: scope,
            tokens: fragment.tokens,
            isMariaDB: server.flavour == .mariadb
        )
        return try writer.write()
    }

    private init(scope: FragmentScope, tokens: [SQLToken], isMariaDB: Bool) {
        self.scope = scope
        self.tokens = tokens
        self.isMariaDB = isMariaDB
    }

    private mutating func write() throws(FragmentProblem) -> WrittenFragment {
        guard !tokens.isEmpty else { throw FragmentProblem("the expression is empty") }
        for index in tokens.indices {
            position = index
            switch tokens[index] {
            case .word(let word): try write(word: word, at: index)
            case .qualified(let qualifier, let name):
                try startOperand("\(qualifier).\(name)")
                try write(qualifier: qualifier, name: name)
            case .string(let text):
                if case .string? = token(index - 1) { continue }
                try startOperand("a text literal")
                emit(SQLText.literal(text + followingText(index)))
                isAfterOperand = true
            case .number(let digits):
                try startOperand(digits)
                emit(digits)
                isAfterOperand = true
            case .symbol(let symbol): try write(symbol: symbol)
            }
            if case .word(let word) = tokens[index] {
                previousWord = word.uppercased()
            } else {
                previousWord = ""
            }
        }
        guard sides.count == 1 else { throw FragmentProblem("a parenthesis is not closed") }
        guard isAfterOperand else { throw FragmentProblem("the expression ends in an operator") }
        written.sql = output
        if tokens.count == 1, written.references.count == 1 {
            written.column = written.references[0]
        }
        return written
    }

    // MARK: Names

    private mutating func write(
        qualifier: String,
        name: String
    ) throws(FragmentProblem) {
        let row = try scope.row(qualifier, side: sides[sides.count - 1])
        guard let column = row.table.column(name) else {
            throw FragmentProblem(
                "\(row.table.name) has no column \(name)",
                hint: NameHint.nearest(name, among: row.table.columns.map(\.name))
            )
        }
        if qualifier != row.name, qualifier != row.contractAlias {
            written.looseQualifiers.append(qualifier)
        }
        write(column: column, of: row)
    }

    private mutating func write(column: CatalogColumn, of row: ScopeRow) {
        emit(SQLText.column(column.name, of: row.alias))
        written.references.append(
            WrittenFragment.Reference(row: row, column: column, token: position)
        )
        isAfterOperand = true
    }

    private mutating func write(word: String, at index: Int) throws(FragmentProblem) {
        let upper = word.uppercased()
        if tokens.count == 1, let row = try scope.row(ofColumn: word),
            let column = row.table.column(word)
        {
            return write(column: column, of: row)
        }
        if try writeInContext(word, upper) { return }
        if FragmentWords.always.contains(upper) || (isAfterOperand && isInfix(upper)) {
            return try write(keyword: upper)
        }
        if case .symbol("(")? = token(index + 1), !isAfterOperand, !isPrefix(upper, at: index) {
            return try write(function: word, upper)
        }
        guard !isAfterOperand else {
            throw FragmentProblem(
                "an operator is missing before \(word)",
                hint: "there are two values side by side"
            )
        }
        if !nextIsOperand(index), let row = try scope.row(ofColumn: word),
            let column = row.table.column(word)
        {
            return write(column: column, of: row)
        }
        if isPrefix(upper, at: index) { return try write(keyword: upper) }
        throw FragmentProblem(
            "\(scope.homeName) has no column \(word)",
            hint: NameHint.nearest(word, among: scope.columnNames)
        )
    }

    /// Words whose meaning the word before them fixes: types, character sets and units.
    private mutating func writeInContext(_ word: String, _ upper: String) throws(FragmentProblem)
        -> Bool
    {
        switch previousWord {
        case "AS", "RETURNING":
            guard FragmentWords.types.contains(upper) else {
                throw FragmentProblem("\(word) is not a type that CAST makes")
            }
            emit(upper)
            pendingFunction = upper
        case "CHARACTER":
            guard upper == "SET" else { throw FragmentProblem("SET is missing after CHARACTER") }
            emit(upper)
        case "COLLATE", "USING", "CHARSET", "SET":
            guard isIdentifier(word) else {
                throw FragmentProblem("\(word) is not the name of a character set or collation")
            }
            emit(word)
        default:
            let opensUnit = ["EXTRACT", "TIMESTAMPADD", "TIMESTAMPDIFF"].contains(lastFunction)
            let isUnit = FragmentWords.units.contains(upper)
            guard isUnit, isAfterOperand || (opensUnit && isFirstArgument) else {
                return try writeConversionType(upper)
            }
            emit(upper)
        }
        isAfterOperand = true
        return true
    }

    /// The second argument of `CONVERT(value, CHAR)`.
    private mutating func writeConversionType(_ upper: String) throws(FragmentProblem) -> Bool {
        guard functions.last == "CONVERT", !isFirstArgument, output.hasSuffix(","),
            FragmentWords.types.contains(upper)
        else { return false }
        emit(upper)
        isAfterOperand = true
        return true
    }

    private mutating func write(keyword: String) throws(FragmentProblem) {
        let side = sides.count - 1
        switch keyword {
        case "AND" where openBetweens > 0: openBetweens -= 1
        case "AND", "OR", "XOR", "WHEN", "THEN", "ELSE": sides[side] = .left
        default: break
        }
        if keyword == "BETWEEN" { openBetweens += 1 }
        if FragmentWords.comparisons.contains(keyword) { sides[side] = .right }
        emit(keyword)
        isAfterOperand = ["NULL", "TRUE", "FALSE", "UNKNOWN", "END"].contains(keyword)
    }

    // MARK: Functions and symbols

    /// Open parentheses: the function's name, or nothing for a mere group.
    private var functions: [String] = []
    private var argumentCounts: [Int] = []

    private var lastFunction: String { functions.last ?? "" }
    private var isFirstArgument: Bool { argumentCounts.last == 0 && output.hasSuffix("(") }

    private mutating func write(function: String, _ upper: String) throws(FragmentProblem) {
        guard isIdentifier(function) else {
            throw FragmentProblem("\(function) is not the name of a function")
        }
        emit(function)
        pendingFunction = upper
    }

    /// The function whose parenthesis comes next.
    private var pendingFunction: String?

    private mutating func write(symbol: String) throws(FragmentProblem) {
        guard FragmentWords.symbols.contains(symbol) else {
            let isBars = symbol == "||"
            throw FragmentProblem(
                "\(symbol) is not allowed in a contract",
                hint: isBars ? "write OR, or CONCAT(a, b) to join text" : nil
            )
        }
        let side = sides.count - 1
        switch symbol {
        case "(":
            if let function = pendingFunction {
                output += "("
                functions.append(function)
            } else {
                emit("(")
                functions.append("")
            }
            pendingFunction = nil
            argumentCounts.append(0)
            sides.append(sides[side])
            isAfterOperand = false
        case ")":
            guard sides.count > 1 else { throw FragmentProblem("a parenthesis is not opened") }
            sides.removeLast()
            functions.removeLast()
            argumentCounts.removeLast()
            pendingFunction = nil
            output += ")"
            isAfterOperand = true
        case ",":
            guard !argumentCounts.isEmpty else {
                throw FragmentProblem("a comma stands outside of parentheses")
            }
            argumentCounts[argumentCounts.count - 1] += 1
            output += ","
            isAfterOperand = false
        case "->", "->>":
            guard !isMariaDB else {
                throw FragmentProblem(
                    "MariaDB has no operator \(symbol)",
                    hint: "write JSON_VALUE(column, path)"
                )
            }
            emit(symbol)
            isAfterOperand = false
        case "&&":
            try write(keyword: "AND")
        default:
            guard isAfterOperand || ["+", "-", "!", "~"].contains(symbol) else {
                throw FragmentProblem("a value is missing before \(symbol)")
            }
            if FragmentWords.comparisonSymbols.contains(symbol) { sides[side] = .right }
            emit(symbol)
            isAfterOperand = false
        }
    }

    // MARK: Small things

    /// SQL joins text literals that stand side by side.
    private func followingText(_ index: Int) -> String {
        var text = ""
        var next = index + 1
        while case .string(let more)? = token(next) {
            text += more
            next += 1
        }
        return text
    }

    private mutating func startOperand(_ what: String) throws(FragmentProblem) {
        guard !isAfterOperand else {
            throw FragmentProblem(
                "an operator is missing before \(what)",
                hint: "there are two values side by side"
            )
        }
    }

    private mutating func emit(_ text: String) {
        if !output.isEmpty, !output.hasSuffix("(") { output += " " }
        output += text
    }

    private func token(_ index: Int) -> SQLToken? {
        tokens.indices.contains(index) ? tokens[index] : nil
    }

    private func isInfix(_ upper: String) -> Bool { FragmentWords.infixes.contains(upper) }

    /// `BINARY (name)` and `INTERVAL (a + b) DAY` are no functions; `DATE(x)` is one.
    private func isPrefix(_ upper: String, at index: Int) -> Bool {
        guard FragmentWords.prefixes.contains(upper) else { return false }
        guard case .symbol("(")? = token(index + 1) else { return true }
        return ["INTERVAL", "BINARY", "BOTH", "LEADING", "TRAILING"].contains(upper)
    }

    /// Whether the next token is a value: then this word stands before an operand, not for one.
    private func nextIsOperand(_ index: Int) -> Bool {
        switch token(index + 1) {
        case .string?, .number?, .qualified?: true
        case .word(let word)?: !isInfix(word.uppercased()) && !isUnitAfterInterval(word, index)
        case .symbol?, nil: false
        }
    }

    /// The column in `INTERVAL days DAY`.
    private func isUnitAfterInterval(_ word: String, _ index: Int) -> Bool {
        previousWord == "INTERVAL" && FragmentWords.units.contains(word.uppercased())
    }

    private func isIdentifier(_ word: String) -> Bool {
        !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A)
                    || (byte >= 0x61 && byte <= 0x7A) || byte == 0x5F
            }
    }
}
