internal import Mapping
internal import Pipeline

/// Puts the arrays of child rows into an entity's own rows, chunk by chunk; belongs to one reader.
@safe
final class ChildJoin {
    /// One an array.
    let arrays: [ChildArrayReader]
    private let read: EntityRead
    private let plan: ChildReadPlan
    private let textBytesMax: Int
    /// The result's columns that the arrays fill.
    private let indexes: [Int]
    private let keyIndex: Int
    /// For the errors of a key.
    private let statement: ChildStatement
    /// A row as the slab takes it: the cursor's cells, but for the arrays.
    private let values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let lengths: UnsafeMutablePointer<UInt>
    private let columnCount: Int
    /// Chunks in a row whose child rows could not be kept.
    private var givenUpInARow = 0

    /// nil where the entity is not read so.
    ///
    /// - Parameters:
    ///   - read: the entity.
    ///   - pool: where the arrays are kept: the reader's, for one entity after another.
    ///   - textBytesMax: bytes of all arrays of a chunk that are kept at most.
    init?(
        _ read: EntityRead,
        pool: ChildTextPool = ChildTextPool(),
        textBytesMax: Int = SourceLimits.childTextBytesMax
    ) {
        guard let plan = read.children, let first = plan.columns.first, let columns = read.columns
        else { return nil }
        self.read = read
        self.plan = plan
        self.textBytesMax = textBytesMax
        arrays = zip(plan.columns, pool.texts(plan.columns.count)).map {
            ChildArrayReader($0.array, of: read, into: $1)
        }
        indexes = plan.columns.map(\.index)
        keyIndex = plan.keyIndex
        statement = ChildStatement(array: first.array, entity: read.name)
        columnCount = columns.count
        unsafe values = .allocate(capacity: columns.count)
        unsafe values.initialize(repeating: nil, count: columns.count)
        unsafe lengths = .allocate(capacity: columns.count)
        unsafe lengths.initialize(repeating: 0, count: columns.count)
    }

    deinit {
        unsafe values.deallocate()
        unsafe lengths.deallocate()
    }

    /// The query of a range's own rows.
    func sql(range: ChunkRange, isOrdered: Bool) throws(MySQLError) -> String {
        var rows = read
        rows.selectSQL = plan.rowsSQL
        return try rows.sql(range: range, isOrdered: isOrdered)
    }

    /// Whether the column of this index is filled here.
    func fills(_ index: Int) -> Bool { indexes.contains(index) }

    /// Reads the child rows of a range.
    ///
    /// - Returns: false where the view must be read: they are too many to be kept, or the server cannot
    ///   make an element of one of them, which may have no parent, so that the view has no such element.
    func load(_ range: ChunkRange, on connection: MySQLConnection) throws(MySQLError) -> Bool {
        guard givenUpInARow < SourceLimits.givenUpChunksMax else { return false }
        let isLoaded: Bool
        do throws(MySQLError) {
            isLoaded = try loadAll(range, connection)
        } catch  where error.isOfValue {
            isLoaded = false
        }
        givenUpInARow = isLoaded ? 0 : givenUpInARow + 1
        return isLoaded
    }

    private func loadAll(_ range: ChunkRange, _ connection: MySQLConnection) throws(MySQLError)
        -> Bool
    {
        var bytesLeft = textBytesMax
        for array in arrays {
            guard try array.load(range, bytesMax: bytesLeft, on: connection) else { return false }
            bytesLeft -= array.texts.byteCount
        }
        return true
    }

    /// Copies the cursor's current row with its arrays to the end of the slab.
    ///
    /// - Returns: bytes of the row's cells.
    func copyRow(of cursor: StreamingCursor, into slab: RowSlab, on connection: MySQLConnection)
        throws(MySQLError) -> Int
    {
        let before = slab.byteCount
        try unsafe cursor.withCells { cells, cellLengths throws(MySQLError) in
            unsafe values.update(from: cells, count: columnCount)
            unsafe lengths.update(from: cellLengths, count: columnCount)
        }
        guard let keyText = unsafe values[keyIndex] else {
            throw statement.noInteger(on: connection)
        }
        let key = try unsafe statement.number(keyText.bytes(lengths[keyIndex]), on: connection)
        for place in indexes.indices {
            let text = unsafe arrays[place].texts.text(of: key)
            // The slab only reads it.
            unsafe values[indexes[place]] = UnsafeMutableRawPointer(
                mutating: text.baseAddress
            )?.assumingMemoryBound(to: CChar.self)
            unsafe lengths[indexes[place]] = UInt(text.count)
        }
        unsafe slab.appendRow(values: values, lengths: lengths)
        return slab.byteCount - before
    }
}
