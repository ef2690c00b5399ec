import Mapping
import MySQLSource
import Pipeline

/// What reading an entity chunk by chunk gave.
struct ChunkedRead {
    /// Cells joined by `|`, NULL as `NULL`, in the order in which they came.
    var rows: [String] = []
    var ranges: [ChunkRange] = []
    /// Rows of each slab that was delivered.
    var slabs: [Int] = []
    var slabBytes: [Int] = []
}

/// Reads the whole entity over one connection, as a run does.
func readAll(_ entity: EntityRead, _ settings: MySQLSettings) throws -> ChunkedRead {
    try readAll(entity, on: MySQLConnection(settings))
}

/// Reads everything, or what lies behind the range `last`.
func readAll(
    _ entity: EntityRead,
    on connection: MySQLConnection,
    after last: ChunkRange? = nil
) throws -> ChunkedRead {
    let source = MySQLSource(settings: connection.settings, entities: [entity])
    let reader = MySQLRowReader(connection: connection, entities: [entity])
    let planner = try source.planner(entity: 0, after: last)
    var ranges: [ChunkRange] = []
    while let range = try planner.next(on: reader) { ranges.append(range) }
    return try readAll(entity, ranges: ranges, on: connection)
}

/// Reads these ranges, in this order.
func readAll(
    _ entity: EntityRead,
    ranges: [ChunkRange],
    on connection: MySQLConnection
) throws -> ChunkedRead {
    try readAll(ranges, on: MySQLRowReader(connection: connection, entities: [entity]))
}

/// Reads these ranges of the reader's first entity, in this order.
func readAll(
    _ ranges: [ChunkRange],
    on reader: any RowReader,
    isOrdered: Bool = false
) throws -> ChunkedRead {
    var result = ChunkedRead()
    for range in ranges {
        result.ranges.append(range)
        let chunk = ChunkID(entity: 0, attempt: UInt32(result.ranges.count))
        let before = result.rows.count
        let count = try reader.read(
            entity: 0,
            range: range,
            isOrdered: isOrdered,
            chunk: chunk,
            first: RowSlab(columnCount: 0)
        ) { slab in
            precondition(slab.chunk == chunk && slab.firstRow == result.rows.count - before)
            result.slabs.append(slab.rowCount)
            result.slabBytes.append(slab.byteCount)
            for row in 0..<slab.rowCount { result.rows.append(slab.text(row: row)) }
            return RowSlab(columnCount: 0)
        }
        precondition(count == result.rows.count - before)
    }
    return result
}

extension RowSlab {
    /// A row's cells as text joined by `|`.
    func text(row: Int) -> String {
        (0..<columnCount).map { column in
            value(row: row, column: column).map { String(decoding: $0, as: UTF8.self) } ?? "NULL"
        }.joined(separator: "|")
    }
}

/// The statement that fills a table with a row a number.
func numbers(_ range: ClosedRange<Int>, into table: String = "chunks") -> [String] {
    ["INSERT INTO \(table) VALUES " + range.map { "(\($0))" }.joined(separator: ", ")]
}
