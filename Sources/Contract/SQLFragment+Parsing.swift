extension SQLFragment {
    /// Takes a contract's SQL if it is one scalar expression and harmless.
    ///
    /// Strings stand in single quotes (or double ones, which mean the same here), with doubled
    /// quotes and backslash escapes; names are bare or `table.column`. Functions are those of MySQL
    /// and MariaDB whose value depends on their arguments only.
    ///
    /// - Throws: `SyntaxRefusal` with the reason: a statement or subselect, a comment, a variable,
    ///   unbalanced quotes or parentheses, several expressions, a function that waits, reads files
    ///   or gives another value at each read.
    public static func parse(_ text: String) throws(SyntaxRefusal) -> SQLFragment {
        let lexemes = try SQLScanner.scan(text)
        let tokens = lexemes.map(\.token)
        try SQLRules.check(tokens)
        return SQLFragment(text: text, tokens: tokens)
    }

    /// The column that the fragment is, and nothing else: `name` of `users.name`; nil otherwise.
    public var bareColumn: String? {
        guard tokens.count == 1 else { return nil }
        switch tokens[0] {
        case .word(let name): return name
        case .qualified(_, let name): return name
        default: return nil
        }
    }
}

extension ConditionalValue {
    /// Reads `select_column` or `else_value` of a conditional join: a quoted literal, a bare word or
    /// a number is a literal; the word NULL, and all else, is an expression.
    ///
    /// - Parameters:
    ///   - text: as the contract has it; an empty text is the empty literal.
    ///   - isText: whether the words TRUE and FALSE are text; else they are SQL's.
    /// - Returns: the literal, unquoted, or the expression.
    /// - Throws: `SyntaxRefusal`, as `SQLFragment.parse` does, and for several words that are no
    ///   expression.
    public static func parse(_ text: String, isText: Bool) throws(SyntaxRefusal) -> ConditionalValue
    {
        if text.isEmpty { return .literal("") }
        let fragment = try SQLFragment.parse(text)
        if fragment.tokens.count == 1 {
            switch fragment.tokens[0] {
            case .string(let literal), .number(let literal): return .literal(literal)
            case .word(let word):
                let upper = word.uppercased()
                if upper == "NULL" { return .expression(fragment) }
                if !isText, upper == "TRUE" || upper == "FALSE" { return .expression(fragment) }
                return .literal(word)
            default: return .expression(fragment)
            }
        }
        let words = fragment.tokens.compactMap { token -> String? in
            guard case .word(let word) = token else { return nil }
            return word.uppercased()
        }
        if words.count == fragment.tokens.count,
            !words.contains(where: SQLVocabulary.operatorWords.contains)
        {
            throw SyntaxRefusal(
                "\(Quoted.text(text)) is several words",
                hint: "put text into single quotes, or write one SQL expression"
            )
        }
        return .expression(fragment)
    }
}

extension JSONConstruction.Order {
    /// Reads `order_by`: expressions with commas between, each with ASC (the default) or DESC.
    ///
    /// - Throws: `SyntaxRefusal`, as `SQLFragment.parse` does.
    public static func parse(_ text: String) throws(SyntaxRefusal) -> [JSONConstruction.Order] {
        let lexemes = try SQLScanner.scan(text)
        var orders: [JSONConstruction.Order] = []
        var depth = 0
        var piece: [SQLScanner.Lexeme] = []
        for lexeme in lexemes {
            switch lexeme.token {
            case .symbol("("): depth += 1
            case .symbol(")"): depth -= 1
            case .symbol(",") where depth == 0:
                orders.append(try order(piece, of: text))
                piece = []
                continue
            default: break
            }
            piece.append(lexeme)
        }
        orders.append(try order(piece, of: text))
        return orders
    }

    private static func order(
        _ lexemes: [SQLScanner.Lexeme],
        of text: String
    ) throws(SyntaxRefusal) -> JSONConstruction.Order {
        var lexemes = lexemes
        var descending = false
        if case .word(let word) = lexemes.last?.token, lexemes.count > 1,
            ["ASC", "DESC"].contains(word.uppercased())
        {
            descending = word.uppercased() == "DESC"
            lexemes.removeLast()
        }
        let tokens = lexemes.map(\.token)
        try SQLRules.check(tokens)
        let scalars = Array(text.unicodeScalars)
        var piece = String.UnicodeScalarView()
        piece.append(contentsOf: scalars[(lexemes.first?.start ?? 0)..<(lexemes.last?.end ?? 0)])
        return JSONConstruction.Order(
            expression: SQLFragment(text: String(piece), tokens: tokens),
            descending: descending
        )
    }
}
