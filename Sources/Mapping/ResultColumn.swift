/// One column of a result set, as the server's metadata describes it.
public struct ResultColumn: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// TINY, SHORT, INT24, LONG, LONGLONG. The text is its digits, perhaps zero-padded.
        case integer
        case decimal
        /// FLOAT's own text: loses digits beyond six; see `ViewColumn.isFloat`.
        case float
        case double
        /// Big-endian bytes, at most eight.
        case bit
        /// DATE: `2024-02-29`.
        case date
        /// DATETIME and TIMESTAMP: `2024-02-29 23:59:59.123456`, with the column's own decimals.
        case dateTime
        /// TIME: `-838:59:59`.
        case time
        case year
        case `enum`
        /// A SET column: members joined by commas.
        case set
        /// Text in utf8mb4.
        case text
        /// BINARY, VARBINARY, BLOBs, GEOMETRY, VECTOR.
        case binary
        /// MySQL's JSON type. MariaDB sends its JSON as text.
        case json
        /// The type of a NULL literal.
        case null
    }

    /// The name in the result set.
    public var name: String
    public var kind: Kind
    public var isUnsigned: Bool
    /// Bits of a BIT column, display length of others, in the server's own count.
    public var length: Int
    /// Digits after the point; 31 where the server says there is no fixed number.
    public var decimals: Int

    public init(
        name: String,
        kind: Kind,
        isUnsigned: Bool = false,
        length: Int = 0,
        decimals: Int = 0
    ) {
        self.name = name
        self.kind = kind
        self.isUnsigned = isUnsigned
        self.length = length
        self.decimals = decimals
    }
}
