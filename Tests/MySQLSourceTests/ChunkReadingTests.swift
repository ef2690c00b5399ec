import Mapping
import MySQLSource
import Pipeline
import Testing

@Suite("Reading in chunks", .enabled(if: TestServer.isAnyPresent))
struct ChunkReadingTests {
    @Test("dense integer keys are read once each", arguments: TestServer.present)
    func denseIntegers(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "chunks_dense",
            create: [
                "CREATE TABLE chunks_dense (id INT NOT NULL PRIMARY KEY)",
                """
                INSERT INTO chunks_dense WITH RECURSIVE n(i) AS \
                (SELECT -500 UNION ALL SELECT i + 1 FROM n WHERE i < 400) SELECT i FROM n
                """,
            ]
        )
        let key = ChunkKeyColumn(
            viewColumn: "id",
            sourceColumn: "id",
            kind: .integer(isUnsigned: false),
            isNullable: false
        )
        let entity = EntityRead(
            name: "chunks_dense",
            selectSQL: "SELECT id FROM chunks_dense",
            chunkKey: [key],
            baseTable: "chunks_dense",
            estimatedRows: 900,
            rowsPerChunk: 100
        )
        let result = try readAll(entity, tables.settings)
        #expect(result.rows.sorted() == (-500...400).map { "\($0)" }.sorted())
        #expect(result.ranges.count == 10)
    }
}

func readAll(_ entity: EntityRead, _ settings: MySQLSettings) throws -> (
    rows: [String], ranges: [ChunkRange]
) {
    let source = MySQLSource(settings: settings, entities: [entity])
    let reader = try source.connect()
    let planner = try source.planner(entity: 0)
    var rows: [String] = []
    var ranges: [ChunkRange] = []
    while let range = try planner.next(on: reader) {
        ranges.append(range)
        let count = try reader.read(
            entity: 0,
            range: range,
            chunk: ChunkID(entity: 0, attempt: UInt32(ranges.count)),
            first: RowSlab(columnCount: 0)
        ) { slab in
            for row in 0..<slab.rowCount {
                let cells = slab.cells[row * slab.columnCount..<(row + 1) * slab.columnCount]
                rows.append(
                    cells.map { cell in
                        cell.isNull
                            ? "NULL"
                            : String(
                                decoding: slab.bytes[
                                    Int(cell.offset)..<Int(cell.offset) + Int(cell.length)
                                ],
                                as: UTF8.self
                            )
                    }.joined(separator: "|")
                )
            }
            return RowSlab(columnCount: 0)
        }
        _ = count
    }
    return (rows, ranges)
}
