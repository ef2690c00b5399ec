/// Where a run's progress is kept, so that it can be resumed after whatever ended it.
///
/// Called from one thread at a time.
public protocol Ledger: Sendable {
    /// Records finished chunks and where the run stands; all of it or nothing.
    ///
    /// Durable when it returns: neither kill -9 nor a loss of power takes it back.
    func record(_ checkpoint: Checkpoint) throws
}

/// A chunk of which every row was acknowledged by the target or set aside as a dead letter.
public struct ChunkRecord: Sendable, Equatable {
    /// Index of the entity in the run's plan.
    public var entity: Int
    /// The attempt that finished it: unique in the run, resumptions included.
    public var attempt: UInt32
    /// Where it lies among its entity's chunks, in key order; see `ChunkPlaces`.
    public var places: Range<Int64>
    public var range: ChunkRange
    public var rowsRead: Int
    /// Items that were written, duplicates among them.
    public var written: Int
    public var kept: Int
    public var rejected: Int
    /// Entries that the key log holds of the attempt.
    public var keysLogged: Int
    /// Sum, modulo 2^64, of the key hashes that the key log holds of the attempt: what tells a
    /// damaged key log from a sound one.
    public var keyChecksum: UInt64

    public init(
        entity: Int,
        attempt: UInt32,
        places: Range<Int64>,
        range: ChunkRange,
        rowsRead: Int = 0,
        written: Int = 0,
        kept: Int = 0,
        rejected: Int = 0,
        keysLogged: Int = 0,
        keyChecksum: UInt64 = 0
    ) {
        self.entity = entity
        self.attempt = attempt
        self.places = places
        self.range = range
        self.rowsRead = rowsRead
        self.written = written
        self.kept = kept
        self.rejected = rejected
        self.keysLogged = keysLogged
        self.keyChecksum = keyChecksum
    }
}

/// How chunks are numbered in key order: each has a half-open interval of places, so that one can be
/// split, and several that were lost can be read as one, without a number changing.
public enum ChunkPlaces {
    /// Places of a chunk as it is planned; it can be halved so many times.
    public static let perChunk: Int64 = 1 << 20

    /// The places of the chunk that a planner hands out as number `ordinal`.
    public static func planned(_ ordinal: Int64) -> Range<Int64> {
        ordinal * perChunk..<(ordinal + 1) * perChunk
    }
}

/// What a table's requests have cost so far, all processes of the run together.
public struct TableTotals: Sendable, Equatable {
    /// Bytes of request bodies, retries included.
    public var bytesWritten = 0
    public var writeUnits = 0.0
    public var requests = 0
    public var retries = 0
    public var throttles = 0
    /// Seconds from the first read to the last answer.
    public var seconds = 0.0

    public init() {}
}

/// One step of progress.
public struct Checkpoint: Sendable, Equatable {
    /// Chunks that were finished since the last checkpoint.
    public var chunks: [ChunkRecord]
    /// One a table, by its index in the plan; since the run's beginning.
    public var totals: [TableTotals]
    /// Bytes of each table's key log that are on the disk, by the table's index.
    public var keyLogBytes: [Int]
    /// Seconds of the run, all of its processes together.
    public var seconds: Double

    public init(
        chunks: [ChunkRecord],
        totals: [TableTotals],
        keyLogBytes: [Int],
        seconds: Double
    ) {
        self.chunks = chunks
        self.totals = totals
        self.keyLogBytes = keyLogBytes
        self.seconds = seconds
    }
}

/// Where an unfinished run stands: what its last checkpoint says.
public struct ResumePoint: Sendable, Equatable {
    /// Finished chunks, one array an entity by its index in the plan, each in the order of places.
    public var chunks: [[ChunkRecord]]
    public var totals: [TableTotals]
    public var keyLogBytes: [Int]
    public var seconds: Double

    public init(
        chunks: [[ChunkRecord]],
        totals: [TableTotals],
        keyLogBytes: [Int],
        seconds: Double
    ) {
        self.chunks = chunks
        self.totals = totals
        self.keyLogBytes = keyLogBytes
        self.seconds = seconds
    }
}

/// What a put does where the target has an item with the same key.
public enum WriteMode: String, Sendable, Equatable, CaseIterable {
    /// It takes the item's place.
    case replace
    /// The item stays: whatever the application has written wins.
    case ifAbsent = "if-absent"
    /// It takes the item's place only where its version attribute is greater; an item without one
    /// stays.
    case newer
}
