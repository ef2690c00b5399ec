public import Mapping

/// The ports through which a verification reads and mends the target.

/// Items that the target has sent, in its own words.
public struct ItemPage {
    /// What the target has sent.
    public var text: ByteBuffer
    /// Where each item's JSON (`{"PK":{"S":"a"},…}`) lies in it.
    public var items: [Range<Int>]
    /// Where the next page begins, as the target says it; nil after the last.
    public var next: [UInt8]?
    /// Read capacity units, as the target reported them; 0 if it does not.
    public var readUnits: Double

    public init(
        text: ByteBuffer,
        items: [Range<Int>] = [],
        next: [UInt8]? = nil,
        readUnits: Double = 0
    ) {
        self.text = text
        self.items = items
        self.next = next
        self.readUnits = readUnits
    }
}

/// One page of one of the parts that a table is scanned in.
public struct SegmentScan: Sendable, Equatable {
    /// The target's name, prefix included.
    public var table: String
    /// From 0.
    public var segment: Int
    public var segments: Int
    /// The `next` of the page before; nil for the first page.
    public var after: [UInt8]?
    /// Whether what was written before the request must be seen; costs twice the read units.
    public var isConsistent: Bool

    public init(
        table: String,
        segment: Int,
        segments: Int,
        after: [UInt8]? = nil,
        isConsistent: Bool
    ) {
        self.table = table
        self.segment = segment
        self.segments = segments
        self.after = after
        self.isConsistent = isConsistent
    }
}

/// One connection to the target.
///
/// Used on one thread. What is worth another try is tried again inside, for as long as the target's
/// settings say; what is thrown ends the verification.
public protocol TargetReader: AnyObject {
    func scan(_ scan: SegmentScan) throws -> ItemPage
    /// The items of some keys as they are now (a consistent read), in any order; a key without an
    /// item has none.
    ///
    /// `table` is the target's name, prefix included; `keys` are DynamoDB JSON, each once, at most
    /// `Limits.keysPerGet`.
    func get(table: String, keys: [[UInt8]]) throws -> ItemPage
    /// Deletes the items of some keys; one that is not there is no error.
    ///
    /// - Returns: write capacity units.
    func delete(table: String, keys: [[UInt8]]) throws -> Double
}

/// The target of a verification: opens readers.
public protocol TargetStore: Sendable {
    /// A reader for one thread.
    ///
    /// `isStopped` is asked while the reader waits for another try; it then throws soon.
    func connect(isStopped: @escaping @Sendable () -> Bool) throws -> any TargetReader
}
