/// Some hundred rows in one contiguous buffer with the cells' offsets beside it: what a cursor
/// fills and a worker maps.
///
/// A slab is owned by one worker at a time. The cursor fills it, the queue hands it over, the
/// mapper reads it, and it goes back empty to be filled again; nobody keeps a reference on the way.
public final class RowSlab: @unchecked Sendable {  // Protected by the hand-over described above.
    /// A cell's place in `bytes`; a `length` of -1 is SQL NULL.
    public struct Cell: Sendable, Equatable {
        public var offset: UInt32
        public var length: Int32

        public init(offset: UInt32, length: Int32) {
            self.offset = offset
            self.length = length
        }

        public var isNull: Bool { length < 0 }
    }

    /// Cells a row.
    public private(set) var columnCount: Int
    public private(set) var rowCount = 0
    public private(set) var bytes: [UInt8] = []
    public private(set) var cells: [Cell] = []
    /// Which chunk attempt the rows are of; set by the reader.
    public var chunk: ChunkID
    /// Index of the first row within its chunk attempt, from 0.
    public var firstRow = 0

    public init(columnCount: Int, chunk: ChunkID = ChunkID(entity: 0, attempt: 0)) {
        self.columnCount = columnCount
        self.chunk = chunk
    }

    /// Empties the slab for rows of `columnCount` cells; keeps the memory unless it has grown past
    /// `bytesKeptMax`.
    public func reset(columnCount: Int, chunk: ChunkID, firstRow: Int, bytesKeptMax: Int = 1 << 20)
    {
        self.columnCount = columnCount
        self.chunk = chunk
        self.firstRow = firstRow
        rowCount = 0
        bytes.removeAll(keepingCapacity: bytes.capacity <= bytesKeptMax)
        cells.removeAll(keepingCapacity: cells.capacity <= bytesKeptMax / 8)
    }

    /// Adds one cell of the row being filled; nil is SQL NULL.
    @inlinable
    public func append(cell value: UnsafeBufferPointer<UInt8>?) {
        appendCell(value)
    }

    @usableFromInline
    func appendCell(_ value: UnsafeBufferPointer<UInt8>?) {
        guard let value = unsafe value else {
            cells.append(Cell(offset: UInt32(truncatingIfNeeded: bytes.count), length: -1))
            return
        }
        cells.append(Cell(offset: UInt32(bytes.count), length: Int32(value.count)))
        unsafe bytes.append(contentsOf: value)
    }

    /// Ends the row: exactly `columnCount` cells must have been added to it.
    public func endRow() {
        rowCount += 1
        precondition(cells.count == rowCount * columnCount, "a row has the wrong number of cells")
    }
}

/// Which attempt to read which entity's chunk a row came from. An attempt's number is unique
/// within a run; a chunk that is read again gets a new one.
public struct ChunkID: Sendable, Hashable {
    /// Index of the entity in the run's list of entities.
    public var entity: UInt32
    public var attempt: UInt32

    public init(entity: UInt32, attempt: UInt32) {
        self.entity = entity
        self.attempt = attempt
    }
}
