/// A piece of SQL from a contract, tokenised and found harmless: one balanced scalar expression,
/// no statement, no comment, no subselect, no variable.
///
/// Names in it are not yet resolved: that needs the source's catalog, which Mapping has.
public struct SQLFragment: Sendable, Equatable {
    /// As the contract has it.
    public var text: String
    public var tokens: [SQLToken]

    public init(text: String, tokens: [SQLToken]) {
        self.text = text
        self.tokens = tokens
    }
}

public enum SQLToken: Sendable, Equatable {
    /// A bare word: a keyword, a function's name (the next token is `(`), or a column.
    case word(String)
    /// `qualifier.column`.
    case qualified(String, String)
    /// A quoted literal, unescaped.
    case string(String)
    /// A numeric literal as written.
    case number(String)
    /// An operator or punctuation: `=`, `<>`, `(`, `)`, `,`, `+`, `||` …
    case symbol(String)
}
