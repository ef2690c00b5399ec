/// What the mapper does to a value after it was read.
public enum Transformation: Sendable, Equatable {
    /// `string-format`, key templates and composite key names.
    case template(Template)
    case date(DateFormat, source: DateSource)
    case number(NumberFormat)
    /// JSON text or a JSON column as a native value.
    case jsonParse
    /// The contract's `static` value: text for S, digits for N, `true`/`false` for BOOL, base64 for
    /// B, JSON text for M, L and the sets, `null` for NULL.
    case constant(String)
}

/// Text with placeholders: `ORDER#{created_at}#{id}`.
///
/// In an attribute that has a join or a calculation (its `source` says so), the placeholder of the
/// attribute's own name means the joined or calculated value, before anything else is looked up.
/// The contract may also write the bare name of the column that the join selects there (`{email}`
/// for `users.email`): the decoder puts the attribute's own name in its place. In any other
/// attribute a placeholder of the attribute's own name can only mean a column.
public struct Template: Sendable, Equatable {
    public enum Part: Sendable, Equatable {
        case text(String)
        case placeholder(String)
    }

    /// What a placeholder's name is looked up in first.
    public enum Lookup: Sendable, Equatable {
        /// `string-format`: a column of the source table, else an attribute.
        case columnFirst
        /// Key templates and composite key names: an attribute, else a column of the source table.
        case attributeFirst
    }

    /// No two texts follow each other; never empty unless the template is.
    public var parts: [Part]
    public var lookup: Lookup

    public init(parts: [Part], lookup: Lookup) {
        self.parts = parts
        self.lookup = lookup
    }

    /// The template's text, if it has no placeholder.
    public var constant: String? {
        switch parts.count {
        case 0: return ""
        case 1:
            if case .text(let text) = parts[0] { return text }
            return nil
        default: return nil
        }
    }
}

public enum DateFormat: Sendable, Equatable {
    public enum Part: Sendable, Equatable {
        case text(String)
        case year
        case month
        case day
        case hour
        case minute
        case second
        case millisecond
    }

    /// `YYYY MM DD HH mm ss SSS` and text between.
    case pattern([Part])
    /// Whole seconds since 1970.
    case epoch
    /// Milliseconds since 1970.
    case epochMilliseconds
    /// `2024-02-29T23:59:59Z`.
    case iso8601
}

/// What the value is before a `date-format`.
public enum DateSource: String, Sendable, Equatable, CaseIterable {
    /// A date column, or text of one. The default.
    case timestamp
    case epoch
    case epochMilliseconds = "epoch-ms"
}

/// `0.00` (fixed decimals), `00000` (padded), `#,##0.0` (grouped).
public struct NumberFormat: Sendable, Equatable {
    public var minimumIntegerDigits: Int
    public var decimals: Int
    public var isGrouped: Bool

    public init(minimumIntegerDigits: Int, decimals: Int, isGrouped: Bool) {
        self.minimumIntegerDigits = minimumIntegerDigits
        self.decimals = decimals
        self.isGrouped = isGrouped
    }
}
