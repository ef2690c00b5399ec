internal import Contract

/// Whether an expression's value is a date or a time, as far as its shape tells.
///
/// MySQL prints dates with microseconds when it puts them into JSON, unlike everywhere else; so such
/// values are cast to text first.
enum TemporalExpression {
    private static let temporalFunctions: Set<String> = [
        "DATE", "TIME", "TIMESTAMP", "DATE_ADD", "DATE_SUB", "ADDDATE", "SUBDATE", "ADDTIME",
        "SUBTIME",
        "TIMESTAMPADD", "FROM_DAYS", "FROM_UNIXTIME", "LAST_DAY", "MAKEDATE", "MAKETIME",
        "SEC_TO_TIME",
        "STR_TO_DATE", "TIMEDIFF", "CONVERT_TZ",
    ]

    /// Functions whose value is one of their arguments.
    private static let choosingFunctions: Set<String> = [
        "IFNULL", "COALESCE", "NULLIF", "IF", "GREATEST", "LEAST", "NVL", "NVL2",
    ]

    static func isTemporal(_ tokens: [SQLToken], _ written: WrittenFragment) -> Bool {
        isTemporal(tokens[...], written)
    }

    private static func isTemporal(
        _ tokens: ArraySlice<SQLToken>,
        _ written: WrittenFragment
    ) -> Bool {
        var tokens = tokens
        while tokens.first == .symbol("("), isOneGroup(tokens) {
            tokens = tokens.dropFirst().dropLast()
        }
        if tokens.count == 1, let only = tokens.indices.first {
            let reference = written.references.first { $0.token == only }
            return reference?.column.columnClass == .temporal
        }
        if case .word(let word)? = tokens.first, isOneGroup(tokens.dropFirst()) {
            let function = word.uppercased()
            if temporalFunctions.contains(function) { return true }
            let inner = tokens.dropFirst(2).dropLast()
            if function == "CAST", case .word(let type)? = inner.last {
                return ["DATE", "DATETIME", "TIME"].contains(type.uppercased())
            }
            guard choosingFunctions.contains(function) else { return false }
            return arguments(inner).contains { isTemporal($0, written) }
        }
        if tokens.first?.isWord("CASE") == true {
            return branches(tokens).contains { isTemporal($0, written) }
        }
        var depth = 0
        for token in tokens {
            switch token {
            case .symbol("("): depth += 1
            case .symbol(")"): depth -= 1
            case .word where depth == 0 && token.isWord("INTERVAL"): return true
            default: break
            }
        }
        return false
    }

    /// Whether the tokens are one pair of parentheses and what is between.
    private static func isOneGroup(_ tokens: ArraySlice<SQLToken>) -> Bool {
        guard tokens.first == .symbol("("), tokens.count > 1 else { return false }
        var depth = 0
        for (index, token) in zip(tokens.indices, tokens) {
            if token == .symbol("(") { depth += 1 }
            if token == .symbol(")") { depth -= 1 }
            if depth == 0 { return index == tokens.endIndex - 1 }
        }
        return false
    }

    private static func arguments(_ tokens: ArraySlice<SQLToken>) -> [ArraySlice<SQLToken>] {
        parts(tokens) { $0 == .symbol(",") }
    }

    /// What stands behind THEN and ELSE; the conditions come along and do no harm, since a
    /// comparison is never taken for a date.
    private static func branches(_ tokens: ArraySlice<SQLToken>) -> [ArraySlice<SQLToken>] {
        parts(tokens.dropFirst().dropLast()) { token in
            ["WHEN", "THEN", "ELSE"].contains { token.isWord($0) }
        }
    }

    private static func parts(
        _ tokens: ArraySlice<SQLToken>,
        isDivider: (SQLToken) -> Bool
    ) -> [ArraySlice<SQLToken>] {
        var parts: [ArraySlice<SQLToken>] = []
        var start = tokens.startIndex
        var depth = 0
        for (index, token) in zip(tokens.indices, tokens) {
            if token == .symbol("(") { depth += 1 }
            if token == .symbol(")") { depth -= 1 }
            if depth == 0, isDivider(token) {
                parts.append(tokens[start..<index])
                start = index + 1
            }
        }
        parts.append(tokens[start..<tokens.endIndex])
        return parts.filter { !$0.isEmpty }
    }
}

extension SQLToken {
    func isWord(_ upper: String) -> Bool {
        guard case .word(let word) = self else { return false }
        return word.uppercased() == upper
    }
}
