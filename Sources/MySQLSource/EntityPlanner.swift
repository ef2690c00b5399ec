import Dispatch
internal import Mapping
internal import Pipeline
import Synchronization

/// Cuts one entity into chunks, lazily: each call looks for no more than the next bound.
///
/// Dense integer keys are cut by arithmetic between their least and their greatest; all others, and
/// those that begin denser than the server's estimate says, by stepping through the key's index,
/// which gives chunks of exactly the size asked for. The first range is unbounded below and the last
/// unbounded above, so that a row which is inserted at an end meanwhile belongs to exactly one chunk
/// too.
///
/// After a resume it goes on behind the last range that was finished: by stepping, or by arithmetic
/// from that range's own bound. Bounds need not be keys that exist.
///
/// May be used by several readers at once; they take turns.
final class EntityPlanner: ChunkPlanner {
    private enum State: Sendable {
        /// Nothing was handed out; all up to this bound was read before; nil: nothing was.
        case untouched(after: [[UInt8]]?)
        /// The last range ended here; nil: it has not begun.
        case stepping(from: [[UInt8]]?)
        case counting(IntegerRanges)
        case nullKeys
        case finished
    }

    private let entity: EntityRead
    private let state: Mutex<State>
    /// Whoever holds it looks for the next bound, which depends on the last one found; the others
    /// must wait for the server's answer in any case.
    private let turn = DispatchSemaphore(value: 1)

    /// - Parameters:
    ///   - entity: what is cut.
    ///   - last: the last range, in key order, that was read before; nil: none was.
    init(_ entity: EntityRead, after last: ChunkRange? = nil) {
        self.entity = entity
        state = Mutex(Self.state(of: entity, after: last))
    }

    private static func state(of entity: EntityRead, after last: ChunkRange?) -> State {
        guard let last else { return .untouched(after: nil) }
        if last.isNullKeys { return .finished }
        return last.upper == nil ? afterLast(entity) : .untouched(after: last.upper)
    }

    func next(on reader: any RowReader) throws -> ChunkRange? {
        try MySQLRowReader.using(reader, for: entity) { try next(on: $0) }
    }

    func middle(of range: ChunkRange, on reader: any RowReader) throws -> [[UInt8]]? {
        guard !entity.chunkKey.isEmpty, !range.isNullKeys else { return nil }
        return try MySQLRowReader.using(reader, for: entity) {
            try KeyBounds(entity: entity).middle(of: range, on: $0)
        }
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
        case .untouched(let bound):
            guard entity.isChunked, !entity.chunkKey.isEmpty else {
                return (ChunkRange(lower: bound), Self.afterLast(entity))
            }
            if let ranges = try denseRanges(after: bound, connection) {
                return try step(.counting(ranges), connection)
            }
            return try step(.stepping(from: bound), connection)
        case .counting(var ranges):
            guard let range = ranges.next() else { return (nil, .finished) }
            return (range, ranges.isFinished ? Self.afterLast(entity) : .counting(ranges))
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
            return (range, bound == nil ? Self.afterLast(entity) : .stepping(from: bound))
        }
    }

    /// Rows with NULL in their key are in no range, not even in the one without bounds.
    private static func afterLast(_ entity: EntityRead) -> State {
        entity.chunkKey.contains { $0.isNullable } ? .nullKeys : .finished
    }

    private func denseRanges(after bound: [[UInt8]]?, _ connection: MySQLConnection)
        throws(MySQLError) -> IntegerRanges?
    {
        guard entity.chunkKey.count == 1, case .integer(let isUnsigned) = entity.chunkKey[0].kind,
            let rows = entity.estimatedRows, rows > 0
        else { return nil }
        guard let ends = try KeyBounds(entity: entity).leastAndGreatest(on: connection) else {
            return nil
        }
        let ranges = IntegerRanges(
            least: ends.least,
            greatest: ends.greatest,
            isUnsigned: isUnsigned,
            rows: rows,
            rowsPerChunk: entity.rowsPerChunk,
            after: bound?.first
        )
        guard let ranges, try !holdsTooMany(ranges, after: bound, connection) else { return nil }
        return ranges
    }

    /// Whether the first range holds twice the rows asked for.
    ///
    /// Ranges are wide where the server says that keys are missing. But it says so of a table as well
    /// that was filled just now: its estimate may be of a time when half of the rows were there.
    private func holdsTooMany(
        _ ranges: IntegerRanges,
        after bound: [[UInt8]]?,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> Bool {
        let rows = 2 * entity.rowsPerChunk
        guard ranges.width >= UInt64(rows) else { return false }
        let key = try KeyBounds(entity: entity).key(after: bound, offset: rows - 1, on: connection)
        return key.map { ranges.firstHolds($0[0]) } ?? false
    }
}
