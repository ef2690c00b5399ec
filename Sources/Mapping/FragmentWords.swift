/// The words of SQL that may stand in a fragment besides columns and functions.
///
/// Which functions are harmless, Contract has already decided.
enum FragmentWords {
    /// These are never columns.
    static let always: Set<String> = [
        "AND", "OR", "XOR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE",
        "NULL", "TRUE", "FALSE",
    ]

    /// Stand before an operand: `INTERVAL 30 DAY`, `BINARY name`, `DATE '2024-02-29'`.
    static let prefixes: Set<String> = [
        "INTERVAL", "BINARY", "DATE", "TIME", "TIMESTAMP", "BOTH", "LEADING", "TRAILING", "UNKNOWN",
    ]

    /// Stand after an operand.
    static let infixes: Set<String> = [
        "AND", "OR", "XOR", "NOT", "IS", "IN", "LIKE", "BETWEEN", "WHEN", "THEN", "ELSE", "END",
        "DIV", "MOD", "REGEXP", "RLIKE", "SOUNDS", "ESCAPE", "COLLATE", "AS", "USING", "FROM",
        "FOR",
        "MEMBER", "OF", "CHARACTER", "CHARSET", "RETURNING", "DEFAULT", "ERROR", "EMPTY", "ON",
    ]

    /// Units of INTERVAL, EXTRACT, TIMESTAMPADD and TIMESTAMPDIFF.
    static let units: Set<String> = [
        "MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR",
        "SECOND_MICROSECOND", "MINUTE_MICROSECOND", "MINUTE_SECOND", "HOUR_MICROSECOND",
        "HOUR_SECOND", "HOUR_MINUTE", "DAY_MICROSECOND", "DAY_SECOND", "DAY_MINUTE", "DAY_HOUR",
        "YEAR_MONTH",
    ]

    /// What CAST and CONVERT make.
    static let types: Set<String> = [
        "CHAR", "NCHAR", "SIGNED", "UNSIGNED", "INTEGER", "DECIMAL", "DATE", "DATETIME", "TIME",
        "YEAR",
        "JSON", "DOUBLE", "FLOAT", "REAL", "BINARY",
    ]

    /// The words that make an operand's neighbour a comparison: the right side begins behind them.
    static let comparisons: Set<String> = ["LIKE", "IN", "BETWEEN", "REGEXP", "RLIKE"]

    /// The symbols that a fragment may have.
    ///
    /// `||` is not among them: it is OR or joins text, depending on the session.
    static let symbols: Set<String> = [
        "=", "<>", "!=", "<", ">", "<=", ">=", "<=>", "+", "-", "*", "/", "%", "(", ")", ",", "!",
        "~",
        "&", "|", "^", "<<", ">>", "->", "->>", "&&",
    ]

    static let comparisonSymbols: Set<String> = ["=", "<>", "!=", "<", ">", "<=", ">=", "<=>"]
}
