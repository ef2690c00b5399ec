import Mapping
import MySQLSource
import Pipeline
import Testing

@Suite("Reading in chunks", .enabled(if: TestServer.isAnyPresent), .serialized)
struct ChunkReadingTests {
    /// The table `chunks` of one signed integer key.
    private func integers(
        estimatedRows: Int,
        rowsPerChunk: Int,
        isChunked: Bool = true
    ) -> EntityRead {
        EntityRead(
            name: "chunks",
            selectSQL: "SELECT k FROM chunks",
            chunkKey: [column("k", .integer(isUnsigned: false))],
            baseTable: "chunks",
            estimatedRows: estimatedRows,
            rowsPerChunk: rowsPerChunk,
            isChunked: isChunked
        )
    }

    @Test("every row is read exactly once", arguments: TestServer.present, keyCases)
    func exactlyOnce(server: TestServer, keyCase: KeyCase) throws {
        guard keyCase.servers.contains(server) else { return }
        let tables = try keyCase.tables(server, "chunks")
        let reading = try MySQLConnection(tables.settings)
        let expected = keyCase.rows.indices.map { "\($0)" }
        for rowsPerChunk in [1, 2, 3, 7, 100] {
            for estimate in [nil, max(keyCase.rows.count, 1)] {
                let entity = keyCase.entity(
                    "chunks",
                    rowsPerChunk: rowsPerChunk,
                    estimatedRows: estimate
                )
                let result = try readAll(entity, on: reading)
                #expect(
                    result.rows.sorted() == expected.sorted(),
                    "with \(rowsPerChunk) rows a chunk: \(result.ranges)"
                )
                // A range of a key with equals may be longer than asked for, never a hundred times.
                if rowsPerChunk == 1, keyCase.rows.count > 4 {
                    #expect(result.ranges.count >= keyCase.rows.count / 5)
                }
            }
        }
    }

    @Test("dense integer keys are cut by arithmetic", arguments: TestServer.present)
    func denseIntegers(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "chunks",
            create: ["CREATE TABLE chunks (k INT NOT NULL PRIMARY KEY)"] + numbers(-500...400)
        )
        let entity = integers(estimatedRows: 901, rowsPerChunk: 300)
        let result = try readAll(entity, tables.settings)
        #expect(result.rows == (-500...400).map { "\($0)" })
        let bounds = ["-201", "99", "399"].map { [Array($0.utf8)] }
        #expect(
            result.ranges == [
                ChunkRange(upper: bounds[0]), ChunkRange(lower: bounds[0], upper: bounds[1]),
                ChunkRange(lower: bounds[1], upper: bounds[2]), ChunkRange(lower: bounds[2]),
            ]
        )
        #expect(result.slabs == [256, 44, 256, 44, 256, 44, 1])
    }

    @Test(
        "chunks hold the rows asked for though the server's estimate is too low",
        arguments: TestServer.present,
        [20, 260, 400]
    )
    func lowEstimate(server: TestServer, estimate: Int) throws {
        let tables = try TestTables(
            server,
            "chunks",
            create: ["CREATE TABLE chunks (k BIGINT NOT NULL PRIMARY KEY)"] + numbers(-400...599)
        )
        // The estimate is one that was made while the rows came in.
        let entity = integers(estimatedRows: estimate, rowsPerChunk: 100)
        let result = try readAll(entity, tables.settings)
        #expect(result.rows == (-400...599).map { "\($0)" })
        #expect((10...11).contains(result.ranges.count), "\(result.ranges)")
    }

    @Test("an entity that is not chunked is one stream", arguments: TestServer.present)
    func oneStream(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "chunks",
            create: ["CREATE TABLE chunks (k INT NOT NULL PRIMARY KEY)"] + numbers(1...1000)
        )
        let entity = integers(estimatedRows: 1000, rowsPerChunk: 10, isChunked: false)
        let result = try readAll(entity, tables.settings)
        #expect(result.ranges == [.everything])
        #expect(result.rows.count == 1000)
    }

    @Test("a slab ends when its bytes are enough", arguments: TestServer.present)
    func slabBytes(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "chunks",
            create: ["CREATE TABLE chunks (k INT NOT NULL PRIMARY KEY)"] + numbers(1...10)
        )
        let entity = EntityRead(
            name: "chunks",
            selectSQL: "SELECT k, REPEAT('x', 70000) FROM chunks",
            chunkKey: [],
            baseTable: nil
        )
        let result = try readAll(entity, tables.settings)
        #expect(result.slabs == [2, 2, 2, 2, 2])
        #expect(result.rows.allSatisfy { $0.utf8.count > 70_000 })
    }

    @Test("rows inserted at both ends meanwhile are read once", arguments: TestServer.present)
    func insertsMeanwhile(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "chunks",
            create: ["CREATE TABLE chunks (k INT NOT NULL PRIMARY KEY)"] + numbers(0...99)
        )
        let entity = EntityRead(
            name: "chunks",
            selectSQL: "SELECT k FROM chunks",
            chunkKey: [column("k", .integer(isUnsigned: false))],
            baseTable: "chunks",
            estimatedRows: 100,
            rowsPerChunk: 30
        )
        let source = MySQLSource(settings: tables.settings, entities: [entity])
        let reader = try source.connect()
        let planner = try source.planner(entity: 0, after: nil)
        var ranges: [ChunkRange] = []
        while let range = try planner.next(on: reader) { ranges.append(range) }
        try tables.run("INSERT INTO chunks VALUES (-7), (100), (2000)")
        var rows: [String] = []
        for range in ranges.reversed() {
            let slab = RowSlab(columnCount: 1)
            let chunk = ChunkID(entity: 0, attempt: 0)
            let count = try reader.read(
                entity: 0,
                range: range,
                isOrdered: false,
                chunk: chunk,
                first: slab
            ) { slab in
                rows += (0..<slab.rowCount).map { slab.text(row: $0) }
                return RowSlab(columnCount: 1)
            }
            #expect(count > 0)
        }
        #expect(rows.sorted() == (["-7", "100", "2000"] + (0...99).map { "\($0)" }).sorted())
    }

    @Test(
        "bounds are looked for in the query itself where there is no base table",
        arguments: TestServer.present
    )
    func foreignView(server: TestServer) throws {
        let tables = try TestTables(
            server,
            "chunks_view",
            "chunks",
            create: ["CREATE TABLE chunks (k INT NOT NULL PRIMARY KEY)"] + numbers(1...20) + [
                "CREATE VIEW chunks_view AS SELECT k AS code, k * 2 AS twice FROM chunks"
            ]
        )
        let entity = EntityRead(
            name: "chunks_view",
            selectSQL: "SELECT code, twice FROM chunks_view",
            chunkKey: [column("code", .integer(isUnsigned: false))],
            baseTable: nil,
            rowsPerChunk: 6
        )
        let result = try readAll(entity, tables.settings)
        #expect(result.rows == (1...20).map { "\($0)|\($0 * 2)" })
        #expect(result.ranges.count == 4)
    }
}
