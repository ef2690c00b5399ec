import Dispatch
import Mapping
import MySQLSource
import Pipeline
import Synchronization
import Testing

@Suite("Reading with several connections", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ParallelReadingTests {
    @Test(
        "shares one planner, and every row is read once",
        arguments: TestServer.present,
        [nil, 3000]
    )
    func shared(server: TestServer, estimatedRows: Int?) throws {
        let tables = try TestTables(
            server,
            "parallel",
            create: [
                "CREATE TABLE parallel (k INT NOT NULL PRIMARY KEY)",
                "INSERT INTO parallel VALUES "
                    + (1...3000).map { "(\($0))" }.joined(separator: ", "),
            ]
        )
        let key = ChunkKeyColumn(
            viewColumn: "k",
            sourceColumn: "k",
            kind: .integer(isUnsigned: false),
            isNullable: false
        )
        let entity = EntityRead(
            name: "parallel",
            selectSQL: "SELECT k FROM parallel",
            chunkKey: [key],
            baseTable: "parallel",
            estimatedRows: estimatedRows,
            rowsPerChunk: 50
        )
        let source = MySQLSource(settings: tables.settings, entities: [entity])
        let planner = try source.planner(entity: 0, after: nil)
        let rows = Mutex<[String]>([])
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            do {
                let reader = try source.connect()
                while let range = try planner.next(on: reader) {
                    let count = try reader.read(
                        entity: 0,
                        range: range,
                        isOrdered: false,
                        chunk: ChunkID(entity: 0, attempt: 1),
                        first: RowSlab(columnCount: 1)
                    ) { slab in
                        let texts = (0..<slab.rowCount).map { slab.text(row: $0) }
                        rows.withLock { $0 += texts }
                        return slab
                    }
                    if count > 200 { failures.withLock { $0.append("a chunk of \(count) rows") } }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        MySQLLibrary.threadWillEnd()
        #expect(failures.withLock { $0 } == [])
        #expect(rows.withLock { $0.sorted() } == (1...3000).map { "\($0)" }.sorted())
    }
}
