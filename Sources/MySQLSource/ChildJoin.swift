internal import Mapping
internal import Pipeline

/// Puts the arrays of child rows into an entity's own rows, chunk by chunk; belongs to one reader.
@safe
final class ChildJoin {
    private let read: EntityRead
    private let children: ChildRead
    /// One an array, as the next.
    private let texts: [ChildTexts]
    /// The result's columns that the arrays fill.
    private let indexes: [Int]
    private let keyIndex: Int
    /// A row as the slab takes it: the cursor's cells, but for the arrays.
    private let values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let lengths: UnsafeMutablePointer<UInt>
    private let columnCount: Int
    /// Whether the child rows of a chunk were too many to be kept: the rest is read by the view.
    private var isTooLarge = false
    /// Whether each array's rows of the last chunk were read in the order of their primary key.
    private(set) var readInPlace: [Bool]

    /// nil where the entity is not read so.
    ///
    /// - Parameters:
    ///   - read: the entity.
    ///   - textBytesMax: bytes of all arrays of a chunk that are kept at most.
    init?(_ read: EntityRead, textBytesMax: Int = SourceLimits.childTextBytesMax) {
        guard let children = read.children, let columns = read.columns else { return nil }
        self.read = read
        self.children = children
        columnCount = columns.count
        indexes = children.columns.map(\.index)
        keyIndex = children.keyIndex
        texts = children.columns.map { _ in
            ChildTexts(bytesMax: textBytesMax / children.columns.count)
        }
        readInPlace = indexes.map { _ in false }
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
        rows.selectSQL = children.rowsSQL
        return try rows.sql(range: range, isOrdered: isOrdered)
    }

    /// Whether the column of this index is filled here.
    func fills(_ index: Int) -> Bool { indexes.contains(index) }

    /// Reads the child rows of a range.
    ///
    /// - Returns: false where they are too many to be kept: then the view must be read.
    func load(_ range: ChunkRange, on connection: MySQLConnection) throws(MySQLError) -> Bool {
        for place in texts.indices {
            if isTooLarge { return false }
            isTooLarge = try !load(place, range, connection)
        }
        return !isTooLarge
    }

    private func load(_ place: Int, _ range: ChunkRange, _ connection: MySQLConnection)
        throws(MySQLError) -> Bool
    {
        let (array, texts) = (children.columns[place].array, texts[place])
        texts.reset()
        readInPlace[place] = false
        let statement = ChildStatement(array: array, entity: read.name)
        // Below the first key and above the last there may be any number of rows without a parent.
        if range.lower == nil || range.upper == nil {
            let rowsMax = SourceLimits.childRowsPerRowMax * read.rowsPerChunk
            let sql = try statement.more(than: rowsMax, range)
            guard try rows(sql, connection).isEmpty else { return false }
        }
        var places: ClosedRange<Int128>?
        if let rowKey = array.rowKey {
            let extent = try rows(try statement.extent(range, rowKey), connection)
            guard let cells = extent.first, cells.count == 3,
                let count = cells[0].flatMap(Int.init), count > 0,
                let least = cells[1].flatMap(Int128.init),
                let greatest = cells[2].flatMap(Int128.init), least <= greatest
            else { return true }
            // Rows that lie together are read as they lie; others cost a lookup each.
            let sql = statement.more(
                than: count * SourceLimits.childRowsSkippedMax,
                at: least...greatest,
                rowKey
            )
            if try rows(sql, connection).isEmpty { places = least...greatest }
        }
        let cursor = try connection.stream(
            try statement.rows(range, at: places),
            operation: "read child rows",
            on: read.name
        )
        readInPlace[place] = places != nil
        var hasRoom = true
        while try cursor.advance() {
            guard hasRoom, case (let key?, let element?) = unsafe cursor.firstCells() else {
                continue
            }
            hasRoom = unsafe texts.append(element, to: try number(key, connection))
        }
        return hasRoom
    }

    private func rows(_ sql: String, _ connection: MySQLConnection) throws(MySQLError)
        -> [[String?]]
    {
        try connection.query(sql, operation: "look for child rows", on: read.name).map { row in
            row.map { $0.map { String(decoding: $0, as: UTF8.self) } }
        }
    }

    /// Adds a row with its arrays to the slab.
    func append(
        _ cells: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ cellLengths: UnsafePointer<UInt>,
        to slab: RowSlab,
        _ connection: MySQLConnection
    ) throws(MySQLError) {
        unsafe values.update(from: cells, count: columnCount)
        unsafe lengths.update(from: cellLengths, count: columnCount)
        guard let keyText = unsafe values[keyIndex] else {
            throw wrongKey("NULL", connection)
        }
        let key = try unsafe keyText.withMemoryRebound(
            to: UInt8.self,
            capacity: Int(lengths[keyIndex])
        ) { text throws(MySQLError) in
            unsafe try number(
                UnsafeBufferPointer(start: text, count: Int(lengths[keyIndex])),
                connection
            )
        }
        for place in indexes.indices {
            let text = unsafe texts[place].text(of: key)
            // The slab only reads it.
            unsafe values[indexes[place]] = UnsafeMutableRawPointer(
                mutating: text.baseAddress
            )?.assumingMemoryBound(to: CChar.self)
            unsafe lengths[indexes[place]] = UInt(text.count)
        }
        unsafe slab.appendRow(values: values, lengths: lengths)
    }

    @inline(__always)
    private func number(
        _ text: UnsafeBufferPointer<UInt8>,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> UInt64 {
        guard let number = unsafe UInt64(integerText: text) else {
            throw unsafe wrongKey(String(decoding: text, as: UTF8.self), connection)
        }
        return number
    }

    private func wrongKey(_ text: String, _ connection: MySQLConnection) -> MySQLError {
        MySQLError(
            code: 0,
            operation: "join child rows",
            subject: connection.subject(read.name),
            message: "the server gave \(text) for a key that is an integer",
            hint: "Connect to the server itself, not to a proxy that changes results."
        )
    }
}
