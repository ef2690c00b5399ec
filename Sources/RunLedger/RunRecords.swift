public import Pipeline

/// What a run is bound to: a name and the text that must be the same when it is resumed.
public struct IdentityFacet: Sendable, Equatable {
    public var name: String
    public var text: String

    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// A run that is to begin.
public struct NewRun: Sendable, Equatable {
    public struct Table: Sendable, Equatable {
        /// The contract's name.
        public var name: String
        /// The target's name, prefix included.
        public var targetName: String

        public init(name: String, targetName: String) {
            self.name = name
            self.targetName = targetName
        }
    }

    public struct Entity: Sendable, Equatable {
        /// Index into `tables`.
        public var table: Int
        public var name: String

        public init(table: Int, name: String) {
            self.table = table
            self.name = name
        }
    }

    /// As in `20261123T000319Z-40cf`; no other run of the ledger has it.
    public var run: String
    /// What makes a run the successor of another: the contract's path, the target and the prefix,
    /// say.
    ///
    /// Compared as it is.
    public var lineage: String
    public var contractPath: String
    public var contractName: String
    public var contractDigest: String
    public var mode: WriteMode
    /// `chunk` or `snapshot`, and how the snapshot was had.
    public var consistency: String
    /// The options of the run as JSON.
    public var options: String
    public var identity: [IdentityFacet]
    /// In the order of the run's plan.
    public var tables: [Table]
    /// In the order of the run's plan.
    public var entities: [Entity]

    public init(
        run: String,
        lineage: String,
        contractPath: String,
        contractName: String,
        contractDigest: String,
        mode: WriteMode,
        consistency: String,
        options: String,
        identity: [IdentityFacet],
        tables: [Table],
        entities: [Entity]
    ) {
        self.run = run
        self.lineage = lineage
        self.contractPath = contractPath
        self.contractName = contractName
        self.contractDigest = contractDigest
        self.mode = mode
        self.consistency = consistency
        self.options = options
        self.identity = identity
        self.tables = tables
        self.entities = entities
    }
}

/// What the ledger says of a run.
public struct RunSummary: Sendable, Equatable {
    public var run: String
    public var lineage: String
    public var contractPath: String
    public var contractName: String
    public var contractDigest: String
    /// `interrupted` also where the ledger says that it runs and nobody works on it.
    public var state: RunState
    /// Milliseconds since 1970 in UTC, as are the next two.
    public var started: Int
    /// The last checkpoint, or whatever came after it.
    public var updated: Int
    /// nil while it is not over.
    public var ended: Int?
    /// Of all processes of the run together.
    public var seconds: Double
    public var mode: WriteMode
    public var consistency: String
    public var options: String
    /// Why it failed, one sentence an element.
    public var errors: [String]
    /// One a table, in the order of the run's plan.
    public var jobs: [JobSummary]

    /// Whether it may be resumed: it ran out of time, luck or power, but not out of rows.
    public var isUnfinished: Bool { state != .succeeded && state != .partial }
}

/// What the ledger says of one table of a run.
public struct JobSummary: Sendable, Equatable {
    public var targetName: String
    /// While the run goes on, what the finished chunks add up to; then what the run has reported.
    public var report: TableReport
    /// Finished chunks.
    public var chunks: Int
    /// Bytes of the table's key log at the last checkpoint.
    public var keyLogBytes: Int
}

/// What the finished chunks of one entity add up to.
public struct EntitySummary: Sendable, Equatable {
    public var name: String
    /// Index of its table in the run's plan.
    public var table: Int
    public var chunks = 0
    public var rowsRead = 0
    /// Duplicates among them.
    public var written = 0
    public var kept = 0
    public var rejected = 0
}
