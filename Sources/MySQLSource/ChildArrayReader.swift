internal import Mapping
internal import Pipeline

/// Reads the child rows of one array, chunk by chunk; belongs to one reader.
final class ChildArrayReader {
    /// The arrays of the chunk that was loaded last.
    let texts: ChildTexts
    /// Whether the rows of that chunk were read in the order of their primary key; for tests.
    private(set) var hasReadInPlace = false
    private let statement: ChildStatement
    /// Child rows a chunk that are read at most.
    private let rowsMax: Int
    /// Chunks in a row whose rows were looked for in one place and lay apart.
    private var scatteredInARow = 0

    /// - Parameters:
    ///   - array: what is read.
    ///   - entity: whose chunks it is read for.
    ///   - texts: where the arrays are kept.
    init(_ array: ChildArray, of entity: EntityRead, into texts: ChildTexts) {
        self.texts = texts
        statement = ChildStatement(array: array, entity: entity.name)
        rowsMax = SourceLimits.childRowsPerRowMax * entity.rowsPerChunk
    }

    /// Reads the child rows of a range of the entity.
    ///
    /// - Parameters:
    ///   - range: of the entity's rows.
    ///   - bytesMax: bytes of text that may be kept.
    ///   - connection: in a snapshot.
    /// - Returns: false where the rows are more than may be kept, or an element is NULL, of which only
    ///   the view says what becomes.
    /// - Throws: what the server says.
    func load(_ range: ChunkRange, bytesMax: Int, on connection: MySQLConnection)
        throws(MySQLError) -> Bool
    {
        texts.reset(bytesMax: bytesMax)
        hasReadInPlace = false
        guard let rowKey = statement.array.rowKey,
            scatteredInARow < SourceLimits.scatteredChunksMax
        else {
            // Between two keys there may be any number of rows without a parent.
            let more = try rows(try statement.more(than: rowsMax, range), connection)
            return more.isEmpty ? try read(range, at: nil, connection) : false
        }
        guard let extent = try extent(range, rowKey, connection) else { return true }
        guard extent.count <= rowsMax else { return false }
        guard try lieTogether(extent, rowKey, connection) else {
            scatteredInARow += 1
            return try read(range, at: nil, connection)
        }
        scatteredInARow = 0
        if try read(range, at: extent.places, connection) {
            hasReadInPlace = true
            return true
        }
        // Arrays that had to be moved to grow have taken room: in the order of their key none has.
        guard texts.hasMoved else { return false }
        texts.reset(bytesMax: bytesMax)
        return try read(range, at: nil, connection)
    }

    /// The child rows of a range: how many, counted up to one more than may be, and between which
    /// primary keys.
    private struct Extent {
        var count: Int
        var places: ClosedRange<Int128>
    }

    /// nil where there is none.
    private func extent(
        _ range: ChunkRange,
        _ rowKey: ChunkKeyColumn,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> Extent? {
        let sql = try statement.extent(range, rowKey, rowsMax: rowsMax + 1)
        let cells = try rows(sql, connection).first?.map { $0 ?? "NULL" } ?? []
        if cells.first == "0" { return nil }
        guard cells.count == 3, let count = Int(cells[0]), count > 0,
            let least = Int128(cells[1]), let greatest = Int128(cells[2]), least <= greatest,
            least >= Int128(Int64.min), greatest <= Int128(UInt64.max)
        else { throw statement.noInteger(on: connection) }
        return Extent(count: count, places: least...greatest)
    }

    /// Whether rows that lie between are few enough for the child rows to be read as they lie: others
    /// cost a lookup each.
    private func lieTogether(
        _ extent: Extent,
        _ rowKey: ChunkKeyColumn,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> Bool {
        let countMax = extent.count * SourceLimits.childPlacesPerRowMax
        if extent.places.upperBound - extent.places.lowerBound < Int128(countMax) { return true }
        let sql = statement.more(than: countMax, at: extent.places, rowKey)
        return try rows(sql, connection).isEmpty
    }

    private func read(
        _ range: ChunkRange,
        at places: ClosedRange<Int128>?,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> Bool {
        let cursor = try connection.stream(
            try statement.rows(range, at: places),
            operation: "read child rows",
            on: statement.name
        )
        var hasRoom = true
        while try cursor.advance() {
            guard hasRoom else { continue }
            hasRoom = try unsafe cursor.withCells { cells, lengths throws(MySQLError) in
                guard let key = unsafe cells[0] else { return true }
                guard let element = unsafe cells[1] else { return false }
                return unsafe texts.append(
                    element.bytes(lengths[1]),
                    to: try statement.number(key.bytes(lengths[0]), on: connection)
                )
            }
        }
        return hasRoom
    }

    private func rows(_ sql: String, _ connection: MySQLConnection) throws(MySQLError)
        -> [[String?]]
    {
        let operation = "look for child rows"
        return try connection.query(sql, operation: operation, on: statement.name).map { row in
            row.map { $0.map { String(decoding: $0, as: UTF8.self) } }
        }
    }
}

extension ChildStatement {
    /// How messages name what is read.
    var name: String { "\(entity), rows of \(array.table)" }

    /// The number that a key's text is.
    @inline(__always)
    func number(_ text: UnsafeBufferPointer<UInt8>, on connection: MySQLConnection)
        throws(MySQLError) -> UInt64
    {
        guard let number = unsafe UInt64(integerText: text) else {
            throw noInteger(on: connection)
        }
        return number
    }

    func noInteger(on connection: MySQLConnection) -> MySQLError {
        MySQLError(
            code: 0,
            operation: "join child rows",
            subject: connection.subject(name),
            message: "the server gave something else than an integer for an integer key",
            hint: "Connect to the server itself, not to a proxy that changes results."
        )
    }
}

extension UnsafeMutablePointer<CChar> {
    /// A cell of so many bytes.
    @inline(__always)
    func bytes(_ length: UInt) -> UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(
            start: UnsafeRawPointer(self).assumingMemoryBound(to: UInt8.self),
            count: Int(length)
        )
    }
}
