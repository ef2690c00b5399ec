public import Mapping

/// The ports through which the pipeline reaches the outside: rows in, items out, dead letters aside.
/// Adapters implement them; the pipeline never sees a C library.

/// Part of an entity: the rows whose chunk key lies above `lower` and not above `upper`, in the
/// order in which the server itself compares the key's columns.
///
/// Bounds are one value a key column, as the server prints it. nil is unbounded.
public struct ChunkRange: Sendable, Equatable {
    public var lower: [[UInt8]]?
    public var upper: [[UInt8]]?
    /// The rows where a nullable chunk key is NULL; then there are no bounds.
    ///
    /// No other range has them.
    public var isNullKeys: Bool
    public init(lower: [[UInt8]]? = nil, upper: [[UInt8]]? = nil, isNullKeys: Bool = false) {
        self.lower = lower
        self.upper = upper
        self.isNullKeys = isNullKeys
    }

    /// All rows in one stream, save those with a NULL in the chunk key.
    public static let everything = ChunkRange()
}

/// Thrown by a reader whose `deliver` asked it to stop.
public struct ReadingStopped: Error {
    public init() {}
}

/// What a source throws.
///
/// Anything else is taken as fatal.
public protocol SourceError: Error {
    /// Whether the same chunk may be read again on a new connection.
    var isRetryable: Bool { get }
    /// Whether the server stopped the statement for taking too long, or at somebody's wish: the same
    /// chunk in two halves may get through.
    var isStatementStopped: Bool { get }
    /// Whether this reader is over, but others may go on: its snapshot cannot be had again.
    var endsReader: Bool { get }
}

extension SourceError {
    public var isStatementStopped: Bool { false }
    public var endsReader: Bool { false }
}

/// Hands out an entity's chunks in key order, one after another; the ranges cover every key there
/// is, with no gap and no overlap.
///
/// Called by one reader at a time, on that reader's own connection.
public protocol ChunkPlanner: AnyObject, Sendable {
    /// The next range; nil when the last one has been handed out.
    func next(on reader: any RowReader) throws -> ChunkRange?
    /// A key about in the middle of `range`, at which it can be cut in two; nil where it cannot.
    func middle(of range: ChunkRange, on reader: any RowReader) throws -> [[UInt8]]?
}

extension ChunkPlanner {
    public func middle(of range: ChunkRange, on reader: any RowReader) throws -> [[UInt8]]? { nil }
}

/// One connection to the source.
///
/// It is opened, used and closed on one thread.
public protocol RowReader: AnyObject {
    /// Streams the rows of `range` of entity number `entity`, slab by slab, in one pass.
    ///
    /// `deliver` takes over each filled slab and answers with an empty one to fill next, or nil to
    /// stop: then the stream is broken off at once and `ReadingStopped` is thrown. The range was
    /// read to its end if and only if the call returns.
    ///
    /// With `isOrdered` the rows come in the order of the chunk key, which costs the server a sort
    /// where it would read them in another.
    ///
    /// - Returns: the number of rows delivered.
    func read(
        entity: Int,
        range: ChunkRange,
        isOrdered: Bool,
        chunk: ChunkID,
        first slab: RowSlab,
        deliver: (RowSlab) -> RowSlab?
    ) throws -> Int
}

/// A reader that finds single rows again.
public protocol KeyedRowReader: RowReader {
    /// Streams the rows of entity number `entity` that have one of these keys, in any order, slab by
    /// slab.
    ///
    /// A key is one value a column of the entity's row key, as a row of the result has it; a row
    /// whose key the server holds equal to it, other letters' case say, is read too. `deliver` is
    /// that of `read(entity:range:…)`.
    ///
    /// - Returns: the number of rows delivered.
    func read(
        entity: Int,
        keys: [[[UInt8]]],
        chunk: ChunkID,
        first slab: RowSlab,
        deliver: (RowSlab) -> RowSlab?
    ) throws -> Int
}

/// The source: opens readers.
public protocol RowSource: Sendable {
    /// Connects, with the session settings that exact values need, asserted.
    func connect() throws -> any RowReader
    /// A planner of entity number `entity`, for all readers of one run.
    ///
    /// - Parameters:
    ///   - entity: index of the entity in the run's plan.
    ///   - last: the last range, in key order, that an earlier process of the run has finished;
    ///     the planner then hands out only what lies behind it. nil: everything.
    /// - Returns: a planner of its own.
    /// - Throws: what the source throws.
    func planner(entity: Int, after last: ChunkRange?) throws -> any ChunkPlanner
    /// Looks whether what is read is still defined as it was when the run began.
    ///
    /// Called once everything was read, after the last chunk; readers look before each chunk by
    /// themselves.
    func confirmUnchanged() throws
    /// Called on a thread that has used readers, after the last of them is gone.
    func readerThreadWillEnd()
}

extension RowSource {
    public func readerThreadWillEnd() {}
    public func confirmUnchanged() throws {}
}

/// What became of a batch.
///
/// Every item of it is accounted for exactly once.
public struct BatchOutcome: Sendable {
    /// Items that the target refuses for good, by their index in the batch, with its own words.
    public var refused: [(index: Int, reason: String)]
    /// Items in whose place the target keeps what it has, because the write mode says so; by index.
    public var kept: [Int]
    /// Set when the run cannot go on: then the items that are neither refused nor written are
    /// counted in `unwritten`.
    public var fatal: (any Error)?
    /// Items neither written nor refused; 0 unless `fatal` is set.
    public var unwritten: Int
    /// Write capacity units, indexes included, as the target reported them; 0 if it does not.
    public var writeUnits: Double
    /// Requests sent for the batch, first tries and retries.
    public var requests: Int
    public var retries: Int
    /// Requests or parts of them that the target throttled.
    public var throttles: Int
    /// Bytes of request bodies sent.
    public var bytesSent: Int

    public init() {
        refused = []
        kept = []
        fatal = nil
        unwritten = 0
        writeUnits = 0
        requests = 0
        retries = 0
        throttles = 0
        bytesSent = 0
    }
}

/// The target.
///
/// Batches may be submitted from many threads; each is answered exactly once.
public protocol ItemSink: Sendable {
    /// Takes over the batch and sends it, again and again until every item is written or refused
    /// or nothing more can be done. Blocks while as much is in flight as may be.
    ///
    /// `done` is called once, on the sink's own thread; it must be quick and must not submit.
    func submit(_ batch: Batch, done: @escaping @Sendable (Batch, BatchOutcome) -> Void)
    /// Blocks until every submitted batch was answered.
    func drain()
    /// Gives up retries: batches that are not yet written are answered as fatal at the end of their
    /// current request, which is broken off soon.
    func cancel()
    /// How long `submit` has held its callers back so far.
    var waits: SinkWaits { get }
}

extension ItemSink {
    public var waits: SinkWaits { SinkWaits() }
}

/// Where rejected rows go, one JSON line each.
///
/// Called from any thread.
public protocol DeadLetters: Sendable {
    /// - Parameters:
    ///   - letter: the row and the reason.
    ///   - attempt: the chunk attempt that the row was read in: letters of an attempt that breaks
    ///     off do not count, since its rows are read again.
    /// - Throws: where the letter cannot be kept; the run must stop then.
    func write(_ letter: DeadLetter, attempt: UInt32) throws
    /// Makes sure that what was written is on the disk.
    func sync() throws
}

/// A row that did not become an item, and why.
public struct DeadLetter: Sendable, Equatable {
    public var table: String
    public var entity: String?
    /// The item's key as DynamoDB JSON, as far as it could be made.
    public var key: String
    public var reason: String
    /// The row as JSON: column name to value, as text; base64 under `{"base64": …}` where a value is
    /// not UTF-8; null for NULL.
    public var row: String

    public init(table: String, entity: String?, key: String, reason: String, row: String) {
        self.table = table
        self.entity = entity
        self.key = key
        self.reason = reason
        self.row = row
    }
}

/// Room on the disk for what a run must remember of a table.
public protocol SpillSpace: Sendable {
    /// A scratch file, gone with the process.
    func makeFile() throws -> any SpillFile
    /// The key log of a table: kept with the run's state, with what an earlier process of the run
    /// has written.
    func keyLog(table: Int) throws -> any DurableFile
}
