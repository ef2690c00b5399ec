import Dispatch
import Mapping
import Pipeline
import Synchronization
import Testing

@testable import MySQLSource

/// A table whose rows all have the same version at every moment, and how a snapshot of it is read.
struct SnapshotFixture {
    static let rowCount = 400

    let tables: TestTables
    let entity: EntityRead

    init(_ server: TestServer, _ table: String) throws {
        tables = try TestTables(
            server,
            table,
            create: [
                "CREATE TABLE \(table) (k INT NOT NULL PRIMARY KEY, version INT NOT NULL) "
                    + "ENGINE=InnoDB",
                "INSERT INTO \(table) VALUES "
                    + (1...Self.rowCount).map { "(\($0), 0)" }.joined(separator: ", "),
            ]
        )
        entity = EntityRead(
            name: table,
            selectSQL: "SELECT k, version FROM \(table)",
            chunkKey: [column("k", .integer(isUnsigned: false))],
            baseTable: table,
            rowsPerChunk: 20
        )
    }

    /// Whether the server writes a binary log that tells of changes.
    func hasLog() throws -> Bool {
        try tables.connection.query("SELECT @@log_bin", operation: "test")[0][0] == Array("1".utf8)
    }

    /// Every row as several readers at once read it.
    func readAtOnce(_ source: MySQLSource, readers: Int) throws -> [String] {
        let rows = Mutex<[String]>([])
        let failures = Mutex<[String]>([])
        let planner = try source.planner(entity: 0, after: nil)
        DispatchQueue.concurrentPerform(iterations: readers) { _ in
            do {
                let reader = try source.connect()
                while let range = try planner.next(on: reader) {
                    _ = try reader.read(
                        entity: 0,
                        range: range,
                        isOrdered: false,
                        chunk: ChunkID(entity: 0, attempt: 1),
                        first: RowSlab(columnCount: 2)
                    ) { slab in
                        let texts = (0..<slab.rowCount).map { slab.text(row: $0) }
                        rows.withLock { $0 += texts }
                        return slab
                    }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        return rows.withLock { $0.sorted() }
    }

    /// What each way must give: all rows of one version, whatever was written meanwhile.
    func expectOneMoment(_ source: MySQLSource) throws {
        let version = try tables.connection.query(
            "SELECT MAX(version) FROM \(entity.name)",
            operation: "test"
        )
        let before = Int(String(decoding: version[0][0] ?? [], as: UTF8.self)) ?? -1
        try tables.run("UPDATE \(entity.name) SET version = version + 1")
        try tables.run("DELETE FROM \(entity.name) WHERE k % 7 = 0")
        try tables.run("INSERT INTO \(entity.name) VALUES (-1, -1), (100000, -1)")
        let rows = try readAtOnce(source, readers: source.readersMax ?? 1)
        #expect(rows.count == Self.rowCount)
        let versions = Set(rows.map { $0.split(separator: "|")[1] })
        #expect(versions.count == 1)
        #expect(versions.allSatisfy { (Int($0) ?? .max) <= before })
        // What was settled afterwards is of the same moment.
        #expect(try readAtOnce(source, readers: 1) == rows)
    }
}
