/// How a verification ended.
public enum VerificationState: String, Sendable, Equatable {
    case identical
    case different
    case failed
    case interrupted
}

/// What a verification says at its end.
public struct VerificationResult: Sendable {
    public var state: VerificationState
    public var seconds: Double
    public var tables: [TableVerdict]
    public var errors: [any Error]
    /// Set where only a sample was compared.
    public var sample: VerificationOptions.Sample?

    public init(
        state: VerificationState,
        seconds: Double,
        tables: [TableVerdict],
        errors: [any Error],
        sample: VerificationOptions.Sample? = nil
    ) {
        self.state = state
        self.seconds = seconds
        self.tables = tables
        self.errors = errors
        self.sample = sample
    }
}

/// What was found of one table.
///
/// `expected` − `missing` + `extra` = `found`, where no row or item changed meanwhile.
public struct TableVerdict: Sendable, Equatable {
    /// The contract's name.
    public var table: String
    /// nil: this table was not compared to its end.
    public var isIdentical: Bool?
    /// Items that the source's rows make: rows less those rejected and the duplicates.
    public var expected = 0
    /// Items of the target; of a sample, those of the rows looked at.
    public var found = 0
    /// Items that the source has and the target has not.
    public var missing = 0
    /// Items that both have, but not the same.
    public var different = 0
    /// Items that the target has and the source has not; nil where nobody looked, as in a sample.
    public var extra: Int? = 0
    /// Rows that cannot be items; no item is expected of them.
    public var rejected = 0
    /// Rows whose key an earlier row has; that row's item is expected.
    public var duplicates = 0
    /// Differences that were gone when they were looked at again: the data changed meanwhile.
    public var settled = 0
    /// Items put by `--repair`.
    public var repaired = 0
    /// Items that the target refused in a repair.
    public var refused = 0
    /// Items deleted by `--delete-extra`.
    public var deleted = 0
    public var readUnits = 0.0
    public var writeUnits = 0.0
    public var seconds = 0.0
    /// Some of the differences, as they were found.
    public var examples: [VerificationExample] = []

    public init(table: String) {
        self.table = table
    }

    var hasDifference: Bool { missing > 0 || different > 0 || (extra ?? 0) > 0 }
}

/// One difference, by name.
public struct VerificationExample: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        case missing
        case different
        case extra
    }

    /// An attribute that differs; nil where a side has none of that name.
    public struct Attribute: Sendable, Equatable {
        public var name: String
        /// DynamoDB JSON, cut to `Limits.exampleBytesMax`.
        public var expected: String?
        public var found: String?

        public init(name: String, expected: String?, found: String?) {
            self.name = name
            self.expected = expected
            self.found = found
        }
    }

    public var kind: Kind
    /// The key as DynamoDB JSON.
    public var key: String
    /// For `different`: the attributes that differ, by name.
    public var attributes: [Attribute]

    public init(kind: Kind, key: String, attributes: [Attribute] = []) {
        self.kind = kind
        self.key = key
        self.attributes = attributes
    }
}

/// A look at a verification while it goes on.
public struct VerificationProgress: Sendable, Equatable {
    public enum Step: String, Sendable, Equatable {
        case comparing
        case naming = "naming differences"
        case rechecking = "looking again"
        case repairing
        case confirming = "confirming the repair"
        case sampling
    }

    public var seconds: Double
    /// Of all tables, 0 to `tables`.
    public var tablesDone: Int
    public var tables: Int
    /// nil before the first and after the last.
    public var table: String?
    public var step: Step
    /// Of this step.
    public var rows: Int
    public var items: Int
    /// The source's estimate for the table; nil where it has none.
    public var rowsEstimated: Int?
}
