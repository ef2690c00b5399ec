import Dispatch
internal import Mapping
internal import Pipeline
import Synchronization

/// Cuts one entity into chunks, lazily: each call looks for no more than the next bound.
///
/// Dense integer keys are cut by arithmetic between their least and their greatest; all others by
/// stepping through the key's index, which gives chunks of exactly the size asked for. The first
/// range is unbounded below and the last unbounded above, so that a row which is inserted at an end
/// meanwhile belongs to exactly one chunk too.
///
/// May be used by several readers at once; they take turns.
final class EntityPlanner: ChunkPlanner {
    private enum State: Sendable {
        case untouched
        /// The last range ended here; nil: it has not begun.
        case stepping(from: [[UInt8]]?)
        case counting(IntegerRanges)
        case nullKeys
        case finished
    }

    private let entity: EntityRead
    private let state = Mutex<State>(.untouched)
    /// Whoever holds it looks for the next bound, which depends on the last one found; the others
    /// must wait for the server's answer in any case.
    private let turn = DispatchSemaphore(value: 1)

    init(_ entity: EntityRead) {
        self.entity = entity
    }

    func next(on reader: any RowReader) throws -> ChunkRange? {
        guard let reader = reader as? MySQLRowReader else {
            preconditionFailure("a MySQL planner needs a reader of the same source")
        }
        return try next(on: reader.connection)
    }

    /// The next range; where it throws, nothing has changed, and the same may be asked again.
    func next(on connection: MySQLConnection) throws(MySQLError) -> ChunkRange? {
        turn.wait()
        defer { turn.signal() }
        let (range, next) = try step(state.withLock { $0 }, connection)
        state.withLock { $0 = next }
        return range
    }

    private func step(_ state: State, _ connection: MySQLConnection) throws(MySQLError)
        -> (ChunkRange?, State)
    {
        switch state {
        case .finished:
            return (nil, .finished)
        case .nullKeys:
            return (ChunkRange(isNullKeys: true), .finished)
        case .untouched:
            guard entity.isChunked, !entity.chunkKey.isEmpty else {
                return (.everything, .finished)
            }
            if let ranges = try denseRanges(connection) {
                return try step(.counting(ranges), connection)
            }
            return try step(.stepping(from: nil), connection)
        case .counting(var ranges):
            guard let range = ranges.next() else { return (nil, .finished) }
            return (range, ranges.isFinished ? afterLast(range) : .counting(ranges))
        case .stepping(let from):
            let bounds = KeyBounds(entity: entity)
            let bound = try bounds.key(
                after: from,
                offset: entity.rowsPerChunk - 1,
                on: connection
            )
            // A key that is not above itself would be looked for for ever.
            guard bound == nil || bound != from else {
                throw MySQLError(
                    code: 0,
                    operation: "look for a chunk's bound",
                    subject: connection.subject(entity.name),
                    message: "the server does not compare the chunk key as its column does",
                    hint: "Choose another chunk_key for this entity."
                )
            }
            let range = ChunkRange(lower: from, upper: bound)
            return (range, bound == nil ? afterLast(range) : .stepping(from: bound))
        }
    }

    /// Rows with NULL in their key are in no range, save in the one that has no bounds at all.
    private func afterLast(_ range: ChunkRange) -> State {
        let hasNullKeys = entity.chunkKey.contains { $0.isNullable } && range != .everything
        return hasNullKeys ? .nullKeys : .finished
    }

    private func denseRanges(_ connection: MySQLConnection) throws(MySQLError) -> IntegerRanges? {
        guard entity.chunkKey.count == 1, case .integer(let isUnsigned) = entity.chunkKey[0].kind,
            let rows = entity.estimatedRows, rows > 0
        else { return nil }
        guard let ends = try KeyBounds(entity: entity).leastAndGreatest(on: connection) else {
            return nil
        }
        return IntegerRanges(
            least: ends.least,
            greatest: ends.greatest,
            isUnsigned: isUnsigned,
            rows: rows,
            rowsPerChunk: entity.rowsPerChunk
        )
    }
}

/// Cuts the integers between two by arithmetic.
struct IntegerRanges: Sendable {
    /// The least key, as its bits.
    ///
    /// Keys are kept as their distance from it, which fits 64 bits for
    /// every pair of keys.
    private let origin: UInt64
    private let isUnsigned: Bool
    private let distance: UInt64
    private let width: UInt64
    private var lastBound: UInt64?
    private(set) var isFinished = false

    /// nil where the keys are too sparse for it, or no integers.
    ///
    /// - Parameters:
    ///   - least: digits of the least key.
    ///   - greatest: digits of the greatest key.
    ///   - isUnsigned: whether keys may lie above the greatest signed number.
    ///   - rows: estimate of how many there are; at least 1.
    ///   - rowsPerChunk: how many a range should hold on average; at least 1.
    init?(least: [UInt8], greatest: [UInt8], isUnsigned: Bool, rows: Int, rowsPerChunk: Int) {
        self.isUnsigned = isUnsigned
        if isUnsigned {
            guard let low = UInt64(digits: least), let high = UInt64(digits: greatest), high >= low
            else { return nil }
            (origin, distance) = (low, high - low)
        } else {
            guard let low = Int64(digits: least), let high = Int64(digits: greatest), high >= low
            else { return nil }
            (origin, distance) = (UInt64(bitPattern: low), UInt64(bitPattern: high &- low))
        }
        let perRow = distance / UInt64(rows)
        guard perRow < UInt64(SourceLimits.keysPerRowMax) else { return nil }
        // At most the limit times the rows asked for, which no overflow is near of.
        let exact = Double(rowsPerChunk) * (Double(distance) + 1) / Double(rows)
        width = max(1, UInt64(max(exact, Double(rowsPerChunk))))
    }

    /// The next range; nil after the last, which is unbounded above.
    mutating func next() -> ChunkRange? {
        if isFinished { return nil }
        let lower = lastBound.map { [key($0)] }
        let (bound, overflows) =
            lastBound.map { $0.addingReportingOverflow(width) }
            ?? (width - 1, false)
        if overflows || bound >= distance {
            isFinished = true
            return ChunkRange(lower: lower, upper: nil)
        }
        lastBound = bound
        return ChunkRange(lower: lower, upper: [key(bound)])
    }

    private func key(_ offset: UInt64) -> [UInt8] {
        let bits = origin &+ offset
        return Array((isUnsigned ? String(bits) : String(Int64(bitPattern: bits))).utf8)
    }
}
