/// What makes a list of tokens one harmless scalar expression.
///
/// Shape only: whether its columns exist and its functions get the arguments that they want is for
/// the server to say.
enum SQLRules {
    static func check(_ tokens: [SQLToken]) throws(SyntaxRefusal) {
        guard !tokens.isEmpty else {
            throw SyntaxRefusal("the SQL is empty", hint: "write one scalar expression")
        }
        try checkParentheses(tokens)
        for (index, token) in tokens.enumerated() {
            guard case .word(let word) = token else { continue }
            try checkWord(
                word,
                previous: index > 0 ? tokens[index - 1] : nil,
                next: self.token(tokens, index + 1),
                afterNext: self.token(tokens, index + 2)
            )
        }
        // After the words, so that a statement is told from a forgotten operator.
        for (index, token) in tokens.enumerated() {
            try checkNeighbours(token, self.token(tokens, index + 1))
        }
        try checkEnds(tokens)
    }

    private static func token(_ tokens: [SQLToken], _ index: Int) -> SQLToken? {
        index < tokens.count ? tokens[index] : nil
    }

    /// Balanced, and no comma or alias outside of parentheses.
    private static func checkParentheses(_ tokens: [SQLToken]) throws(SyntaxRefusal) {
        var depth = 0
        for token in tokens {
            switch token {
            case .symbol("("):
                depth += 1
            case .symbol(")"):
                depth -= 1
                guard depth >= 0 else {
                    throw SyntaxRefusal("a parenthesis is closed that was not opened")
                }
            case .symbol(",") where depth == 0:
                throw SyntaxRefusal(
                    "a comma divides several expressions",
                    hint: "write one scalar expression"
                )
            case .word(let word) where depth == 0 && ["AS", "FROM"].contains(word.uppercased()):
                throw SyntaxRefusal(
                    "\(Quoted.text(word)) does not belong into an expression",
                    hint: "write one scalar expression; the attribute's name is its alias"
                )
            default: continue
            }
        }
        if depth > 0 { throw SyntaxRefusal("a parenthesis is not closed") }
    }

    private static func checkWord(
        _ word: String,
        previous: SQLToken?,
        next: SQLToken?,
        afterNext: SQLToken?
    ) throws(SyntaxRefusal) {
        let upper = word.uppercased()
        let isCalled = next == .symbol("(")
        if isCalled, SQLVocabulary.functionsNamedLikeStatements.contains(upper) { return }
        if SQLVocabulary.statementWords.contains(upper), !isCharacterSet(upper, previous) {
            throw SyntaxRefusal(
                "\(Quoted.text(word)) does not belong into an expression",
                hint:
                    "write one scalar expression, without statement, clause or subselect; a column"
                    + " of this name is written with its table, as in orders.\(word)"
            )
        }
        if !isCalled, SQLVocabulary.bareFunctions.contains(upper),
            let reason = SQLVocabulary.refusal(ofFunction: upper)
        {
            throw SyntaxRefusal("\(upper) \(reason)")
        }
        guard isCalled, !SQLVocabulary.wordsBeforeParenthesis.contains(upper) else { return }
        if upper == "UNIX_TIMESTAMP", afterNext == .symbol(")") {
            throw SyntaxRefusal(
                "UNIX_TIMESTAMP() gives another value at each read, so that no two runs would write"
                    + " the same",
                hint: "give it a column: UNIX_TIMESTAMP(created_at)"
            )
        }
        if let reason = SQLVocabulary.refusal(ofFunction: upper) {
            throw SyntaxRefusal("\(upper)() \(reason)", hint: hint(forFunction: upper))
        }
        if !SQLVocabulary.isPure(upper) {
            throw SyntaxRefusal(
                "\(Quoted.text(word)) is no function known to depend on its arguments only",
                hint:
                    "use MySQL's own functions, or compute the value in a view of your own and name"
                    + " it under \"view\""
            )
        }
    }

    private static func hint(forFunction name: String) -> String? {
        switch name {
        case "COUNT", "SUM", "AVG", "MIN", "MAX":
            "use a \"calculation\" of type \"aggregate\" with \"operation\": \"\(name)\""
        case "GROUP_CONCAT", "JSON_ARRAYAGG", "JSON_OBJECTAGG":
            "use a \"join\" of type \"json-construction\""
        default: nil
        }
    }

    /// `CAST(x AS CHAR CHARACTER SET utf8mb4)` is the one place for SET.
    private static func isCharacterSet(_ upper: String, _ previous: SQLToken?) -> Bool {
        guard upper == "SET", case .word(let word) = previous else { return false }
        return word.uppercased() == "CHARACTER"
    }

    private static let binaryOperators: Set<String> = [
        "=", "<>", "!=", "<", ">", "<=", ">=", "<=>", "*", "/", "%", "&&", "||", "&", "|", "^",
        "<<",
        ">>", "->", "->>",
    ]

    /// Refuses two operators, or two values, in a row.
    private static func checkNeighbours(
        _ token: SQLToken,
        _ next: SQLToken?
    ) throws(SyntaxRefusal) {
        guard let next else { return }
        if case .symbol(let right) = next, isOpen(token) {
            if binaryOperators.contains(right) || right == ","
                || (right == ")" && token != .symbol("("))
            {
                throw SyntaxRefusal("no value stands before `\(right)`")
            }
        }
        guard isValue(token) else { return }
        switch next {
        case .qualified(let table, let column):
            throw twoValues("\(table).\(column)")
        case .number(let text): throw twoValues(text)
        case .string:
            if case .string = token { return }
            throw twoValues("'…'")
        case .symbol("("): throw twoValues("(")
        case .word(let word):
            guard !SQLVocabulary.wordsAfterValue.contains(word.uppercased()) else { return }
            throw twoValues(word)
        case .symbol: return
        }
    }

    private static func twoValues(_ text: String) -> SyntaxRefusal {
        SyntaxRefusal(
            "no operator stands before \(Quoted.text(text))",
            hint: "write one scalar expression"
        )
    }

    /// Whether a value must follow: an operator, a comma or an opening parenthesis.
    private static func isOpen(_ token: SQLToken) -> Bool {
        guard case .symbol(let symbol) = token else { return false }
        return symbol != ")"
    }

    private static func isValue(_ token: SQLToken) -> Bool {
        switch token {
        case .qualified, .string, .number, .symbol(")"): true
        case .word, .symbol: false
        }
    }

    private static func checkEnds(_ tokens: [SQLToken]) throws(SyntaxRefusal) {
        if case .symbol(let first) = tokens[0], binaryOperators.contains(first) {
            throw SyntaxRefusal("no value stands before `\(first)`")
        }
        if let last = tokens.last, isOpen(last), case .symbol(let symbol) = last {
            throw SyntaxRefusal("no value stands after `\(symbol)`")
        }
    }
}
