/// Some hundred rows in one contiguous buffer with the cells' offsets beside it: what a cursor
/// fills and a worker maps.
///
/// A slab is owned by one worker at a time. The cursor fills it, the queue hands it over, the
/// mapper reads it, and it goes back empty to be filled again; nobody keeps a reference on the way.
/// The one who fills it hands it over when `byteCount` has passed what a slab should hold.
@safe
public final class RowSlab: @unchecked Sendable {  // Protected by the hand-over described above.
    /// A cell's place in the slab; a negative `length` is SQL NULL or an omitted value.
    public struct Cell: Sendable, Equatable {
        public var offset: UInt32
        public var length: Int32

        public init(offset: UInt32, length: Int32) {
            self.offset = offset
            self.length = length
        }

        @inline(__always)
        public var isNull: Bool { length == -1 }
        /// Whether the value was too long to be kept; `offset` then is its size in bytes.
        @inline(__always)
        public var isOmitted: Bool { length == -2 }
    }

    /// Bytes of a cell that are kept: far more than any value that fits an item of 400 KB, so a row
    /// with a longer one is rejected without its value being kept in memory.
    public static let cellBytesMax = 16 << 20
    /// Bytes of a row that are kept; the cells behind it are omitted.
    public static let rowBytesMax = 64 << 20
    /// Bytes of a slab: two of the longest rows, far below what offsets of 32 bits reach.
    ///
    /// One who hands slabs over in time never comes near.
    public static let bytesMax = 128 << 20

    @unsafe private struct State {
        var base: UnsafeMutablePointer<UInt8>
        var cells: UnsafeMutablePointer<Cell>
        var byteCapacity: Int
        var cellCapacity: Int
        var columnCount: Int
        var rowCount = 0
        var byteCount = 0
        var cellCount = 0
        /// Where the row being filled begins.
        var rowStart = 0
    }

    /// Which chunk attempt the rows are of; set by the reader.
    public var chunk: ChunkID
    /// Index of the first row within its chunk attempt, from 0.
    public var firstRow = 0

    // Behind a pointer for the same reason as in `ByteBuffer`.
    private let state: UnsafeMutablePointer<State>

    public init(columnCount: Int, chunk: ChunkID = ChunkID(entity: 0, attempt: 0)) {
        self.chunk = chunk
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(
            to: State(
                base: Self.allocateBytes(4096),
                cells: .allocate(capacity: 256),
                byteCapacity: 4096,
                cellCapacity: 256,
                columnCount: columnCount
            )
        )
    }

    deinit {
        unsafe state.pointee.base.deallocate()
        unsafe state.pointee.cells.deallocate()
        unsafe state.deallocate()
    }

    /// Cells a row.
    public var columnCount: Int { unsafe state.pointee.columnCount }
    public var rowCount: Int { unsafe state.pointee.rowCount }
    /// Bytes of all cells together.
    public var byteCount: Int { unsafe state.pointee.byteCount }

    /// Empties the slab for rows of `columnCount` cells; keeps the memory unless it has grown past
    /// `bytesKeptMax`.
    public func reset(columnCount: Int, chunk: ChunkID, firstRow: Int, bytesKeptMax: Int = 1 << 20)
    {
        self.chunk = chunk
        self.firstRow = firstRow
        unsafe state.pointee.columnCount = columnCount
        unsafe state.pointee.rowCount = 0
        unsafe state.pointee.byteCount = 0
        unsafe state.pointee.cellCount = 0
        unsafe state.pointee.rowStart = 0
        if unsafe state.pointee.byteCapacity > bytesKeptMax { reallocateBytes(4096) }
        if unsafe state.pointee.cellCapacity > max(bytesKeptMax / 8, 256) { reallocateCells(256) }
    }

    /// Adds a row as the MySQL client hands it out: `columnCount` pointers, null for SQL NULL, and
    /// as many lengths.
    public func appendRow(
        values: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        lengths: UnsafePointer<UInt>
    ) {
        var total = 0
        for column in 0..<columnCount where unsafe values[column] != nil {
            let length = unsafe Int(clamping: lengths[column])
            if length > Self.cellBytesMax { return unsafe appendLongRow(values, lengths) }
            total &+= length
        }
        if total > Self.rowBytesMax { return unsafe appendLongRow(values, lengths) }
        if unsafe total > state.pointee.byteCapacity - state.pointee.byteCount { growBytes(total) }
        if unsafe columnCount > state.pointee.cellCapacity - state.pointee.cellCount {
            growCells(columnCount)
        }
        var offset = byteCount
        let base = unsafe state.pointee.base
        let cell = unsafe state.pointee.cells + state.pointee.cellCount
        for column in 0..<columnCount {
            guard let value = unsafe values[column] else {
                unsafe cell[column] = Cell(offset: 0, length: -1)
                continue
            }
            let length = unsafe Int(lengths[column])
            unsafe UnsafeMutableRawPointer(base + offset).copyMemory(from: value, byteCount: length)
            unsafe cell[column] = Cell(
                offset: UInt32(truncatingIfNeeded: offset),
                length: Int32(truncatingIfNeeded: length)
            )
            offset &+= length
        }
        unsafe state.pointee.byteCount = offset
        unsafe state.pointee.rowStart = offset
        unsafe state.pointee.cellCount += columnCount
        unsafe state.pointee.rowCount += 1
    }

    /// Adds one cell of the row being filled; nil is SQL NULL.
    public func append(cell value: UnsafeBufferPointer<UInt8>?) {
        if unsafe state.pointee.cellCount == state.pointee.cellCapacity { growCells(1) }
        let cell = unsafe makeCell(value)
        unsafe state.pointee.cells[state.pointee.cellCount] = cell
        unsafe state.pointee.cellCount += 1
    }

    /// Ends the row: exactly `columnCount` cells must have been added to it.
    public func endRow() {
        unsafe state.pointee.rowCount += 1
        unsafe state.pointee.rowStart = byteCount
        precondition(
            unsafe state.pointee.cellCount == rowCount * columnCount,
            "a row has the wrong number of cells"
        )
    }

    /// A copy of a cell's value, for tests and rare paths; nil for NULL and for an omitted value.
    public func value(row: Int, column: Int) -> [UInt8]? {
        bytes(cell(row: row, column: column)).map { bytes in
            unsafe Array(UnsafeBufferPointer(start: bytes.base, count: bytes.count))
        }
    }

    public func cell(row: Int, column: Int) -> Cell {
        precondition(
            row >= 0 && row < rowCount && column >= 0 && column < columnCount,
            "cell is out of bounds"
        )
        return unsafe state.pointee.cells[row * columnCount + column]
    }

    /// The cells of a row.
    @inline(__always)
    func row(_ row: Int) -> Row {
        precondition(row >= 0 && row < rowCount, "row is out of bounds")
        return unsafe Row(
            cells: state.pointee.cells + row * columnCount,
            count: columnCount,
            base: state.pointee.base
        )
    }

    private func bytes(_ cell: Cell) -> Bytes? {
        guard cell.length >= 0 else { return nil }
        return unsafe Bytes(base: state.pointee.base + Int(cell.offset), count: Int(cell.length))
    }

    private func appendLongRow(
        _ values: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ lengths: UnsafePointer<UInt>
    ) {
        for column in 0..<columnCount {
            guard let value = unsafe values[column] else {
                unsafe append(cell: nil)
                continue
            }
            let length = unsafe Int(clamping: lengths[column])
            unsafe value.withMemoryRebound(to: UInt8.self, capacity: length) {
                unsafe append(cell: UnsafeBufferPointer(start: $0, count: length))
            }
        }
        endRow()
    }

    private func makeCell(_ value: UnsafeBufferPointer<UInt8>?) -> Cell {
        guard let value = unsafe value else { return Cell(offset: 0, length: -1) }
        let length = value.count
        let start = byteCount
        let isLong =
            unsafe length > Self.cellBytesMax
            || start - state.pointee.rowStart + length > Self.rowBytesMax
        if isLong { return Cell(offset: UInt32(clamping: length), length: -2) }
        if unsafe length > state.pointee.byteCapacity - start { growBytes(length) }
        if let bytes = value.baseAddress {
            unsafe (state.pointee.base + start).update(from: bytes, count: length)
        }
        unsafe state.pointee.byteCount = start + length
        return Cell(
            offset: UInt32(truncatingIfNeeded: start),
            length: Int32(truncatingIfNeeded: length)
        )
    }

    private func growBytes(_ extra: Int) {
        precondition(byteCount + extra <= Self.bytesMax, "a slab was not handed over in time")
        unsafe reallocateBytes(max(state.pointee.byteCapacity * 2, byteCount + extra))
    }

    private func growCells(_ extra: Int) {
        unsafe reallocateCells(
            max(state.pointee.cellCapacity * 2, state.pointee.cellCount + extra)
        )
    }

    private func reallocateBytes(_ capacity: Int) {
        let moved = unsafe Self.allocateBytes(capacity)
        unsafe moved.update(from: state.pointee.base, count: byteCount)
        unsafe state.pointee.base.deallocate()
        unsafe state.pointee.base = unsafe moved
        unsafe state.pointee.byteCapacity = capacity
    }

    private func reallocateCells(_ capacity: Int) {
        let moved = UnsafeMutablePointer<Cell>.allocate(capacity: capacity)
        unsafe moved.update(from: state.pointee.cells, count: state.pointee.cellCount)
        unsafe state.pointee.cells.deallocate()
        unsafe state.pointee.cells = unsafe moved
        unsafe state.pointee.cellCapacity = capacity
    }

    private static func allocateBytes(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Bytes.padding)
        unsafe memory.initialize(repeating: 0, count: capacity + Bytes.padding)
        return unsafe memory
    }
}

/// The cells of one row, borrowed from its slab while the row is mapped.
@safe
struct Row {
    private let cells: UnsafePointer<RowSlab.Cell>
    private let count: Int
    private let base: UnsafePointer<UInt8>

    @inline(__always)
    init(cells: UnsafePointer<RowSlab.Cell>, count: Int, base: UnsafePointer<UInt8>) {
        unsafe self.cells = cells
        self.count = count
        unsafe self.base = base
    }

    @inline(__always)
    subscript(column: Int) -> RowSlab.Cell {
        precondition(column >= 0 && column < count, "column is out of bounds")
        return unsafe cells[column]
    }

    /// The bytes of a cell that is neither NULL nor omitted.
    @inline(__always)
    func bytes(_ cell: RowSlab.Cell) -> Bytes {
        unsafe Bytes(base: base + Int(cell.offset), count: Int(cell.length))
    }
}

/// Which attempt to read which entity's chunk a row came from.
///
/// An attempt's number is unique within a run; a chunk that is read again gets a new one.
public struct ChunkID: Sendable, Hashable {
    /// Index of the entity in the run's list of entities.
    public var entity: UInt32
    public var attempt: UInt32
    /// Whether rows of the chunk may have been sent before: by an attempt that broke off, or by a
    /// process that ended.
    public var isReplay: Bool

    public init(entity: UInt32, attempt: UInt32, isReplay: Bool = false) {
        self.entity = entity
        self.attempt = attempt
        self.isReplay = isReplay
    }
}
