/// How a run, or a table in it, stands.
public enum RunState: String, Sendable, Equatable {
    case ready
    case running
    case succeeded
    /// Finished, some rows rejected.
    case partial
    case failed
    case interrupted
}

/// What `run` says at its end.
public struct RunReport: Sendable, Equatable {
    /// Identifies the run: time of the start in UTC and a few random digits.
    public var run: String
    public var state: RunState
    public var seconds: Double
    /// Path of the dead-letter file; nil if no row was rejected.
    public var deadLetters: String?
    /// Of the requests of this process; nil where there were none.
    public var latency: LatencySummary?
    public var tables: [TableReport]
    /// Why the run failed, one sentence an element.
    public var errors: [String]
    /// What has bounded the rate; nil where nothing was read.
    public var bottleneck: Bottleneck?

    public init(
        run: String,
        state: RunState,
        seconds: Double,
        deadLetters: String?,
        latency: LatencySummary? = nil,
        tables: [TableReport],
        errors: [String],
        bottleneck: Bottleneck? = nil
    ) {
        self.run = run
        self.state = state
        self.seconds = seconds
        self.deadLetters = deadLetters
        self.latency = latency
        self.tables = tables
        self.errors = errors
        self.bottleneck = bottleneck
    }
}

/// The accounts of one table.
///
/// `rowsRead = itemsWritten + itemsKept + duplicates + rejected`.
public struct TableReport: Sendable, Equatable {
    public var table: String
    public var state: RunState
    public var rowsRead = 0
    public var itemsWritten = 0
    /// Items that the target kept because the write mode says so.
    public var itemsKept = 0
    /// Rows whose key an earlier row had.
    public var duplicates = 0
    public var rejected = 0
    /// Bytes of request bodies, retries included.
    public var bytesWritten = 0
    public var writeUnits = 0.0
    public var requests = 0
    public var retries = 0
    public var throttles = 0
    public var seconds = 0.0
    /// Keys that more than one row has, as DynamoDB JSON; at most `Limits.duplicateKeysNamedMax`.
    public var duplicateKeys: [DuplicateKey] = []

    public init(table: String, state: RunState) {
        self.table = table
        self.state = state
    }

    /// Whether every row that was read is accounted for.
    public var isBalanced: Bool {
        rowsRead == itemsWritten + itemsKept + duplicates + rejected
    }
}

public struct DuplicateKey: Sendable, Equatable {
    /// The key as DynamoDB JSON.
    public var key: String
    /// Rows that have it; at least 2.
    public var rows: Int

    public init(key: String, rows: Int) {
        self.key = key
        self.rows = rows
    }
}

/// A look at a run while it goes on.
public struct RunProgress: Sendable, Equatable {
    public struct Table: Sendable, Equatable {
        public var table: String
        public var state: RunState
        public var rowsRead: Int
        /// The source's estimate of all rows; nil where it has none.
        public var rowsEstimated: Int?
        public var itemsWritten: Int
        public var rejected: Int
        public var retries: Int
        public var throttles: Int

        public init(
            table: String,
            state: RunState,
            rowsRead: Int,
            rowsEstimated: Int?,
            itemsWritten: Int,
            rejected: Int,
            retries: Int,
            throttles: Int
        ) {
            self.table = table
            self.state = state
            self.rowsRead = rowsRead
            self.rowsEstimated = rowsEstimated
            self.itemsWritten = itemsWritten
            self.rejected = rejected
            self.retries = retries
            self.throttles = throttles
        }
    }

    public var seconds: Double
    public var tables: [Table]

    public init(seconds: Double, tables: [Table]) {
        self.seconds = seconds
        self.tables = tables
    }
}
