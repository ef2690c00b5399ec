import Mapping
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What a run remembers, and what another process makes of it.
@Suite("A resumed migration")
struct ResumptionTests {
    private func rows(_ prefix: String, _ count: Int) -> [ScriptedSource.Row] {
        (0..<count).map { ["\(prefix)\($0)", "\($0)", "text \($0)"] }
    }

    /// The items of an undisturbed run.
    private func expected(_ entities: [[ScriptedSource.Row]]) throws -> [String: String] {
        let sink = ScriptedSink(keyNames: ["id"])
        _ = try ThingsMigration.make(ScriptedSource(entities: entities), sink).run()
        return sink.items
    }

    @Test(
        "killed again and again, it ends with the same items and the same accounts",
        arguments: 1...8
    )
    func again(seed: Int) throws {
        var first = rows("a", 400)
        first[390] = ["a3", "999", "late"]
        first[200] = ["odd", "no number", "x"]
        let second = rows("b", 100) + [["a5", "7", "again"]]
        let entities = [first, second]
        let ledger = MemoryLedger()
        let spill = MemorySpill()
        let items = Mutex<[String: String]>([:])
        var result: MigrationResult?
        var processes = 0
        while result?.state != .partial {
            processes += 1
            try #require(processes < 100)
            let sink = ScriptedSink(
                keyNames: ["id"],
                seed: UInt64(seed),
                // The last process is let through.
                fatalAfterPuts: processes < 12 ? 20 + 11 * seed : .max
            )
            let options = MigrationOptions(readers: 1 + seed % 4, workers: 1 + seed % 3)
            let migration = try ThingsMigration.make(
                ScriptedSource(entities: entities, rowsPerChunk: 7),
                sink,
                options: options,
                ledger: ledger,
                spill: spill,
                resume: ledger.resumePoint(entities: 2)
            )
            result = migration.run()
            items.withLock { $0.merge(sink.items) { _, new in new } }
        }
        let table = try #require(result?.tables[0])
        #expect(table.rowsRead == 501)
        #expect(table.rejected == 1)
        #expect(table.duplicates == 2)
        #expect(table.itemsWritten == 498)
        #expect(table.isBalanced)
        #expect(processes > 2)
        #expect(items.withLock { $0 } == (try expected(entities)))
        // Each row is in one finished chunk, none in two.
        #expect(ledger.chunks.reduce(0) { $0 + $1.rowsRead } == 501)
    }

    @Test("a run of which everything is done does nothing but settle")
    func nothingLeft() throws {
        let ledger = MemoryLedger()
        let spill = MemorySpill()
        let entities = [rows("a", 50), rows("b", 20)]
        _ = try ThingsMigration.make(
            ScriptedSource(entities: entities),
            ScriptedSink(keyNames: ["id"]),
            ledger: ledger,
            spill: spill
        ).run()
        let sink = ScriptedSink(keyNames: ["id"])
        let result = try ThingsMigration.make(
            ScriptedSource(entities: entities),
            sink,
            ledger: ledger,
            spill: spill,
            resume: ledger.resumePoint(entities: 2)
        ).run()
        #expect(result.state == .succeeded)
        #expect(result.tables[0].itemsWritten == 70)
        #expect(sink.puts == 0)
    }

    @Test("a key log that lost an entry of a finished chunk is refused")
    func damaged() throws {
        let ledger = MemoryLedger()
        let spill = MemorySpill()
        let source = ScriptedSource(entities: [rows("a", 50), []])
        _ = try ThingsMigration.make(
            source,
            ScriptedSink(keyNames: ["id"]),
            ledger: ledger,
            spill: spill
        ).run()
        let log = spill.keyLog(table: 0)
        try log.write([7], at: 3)
        #expect(throws: DamagedKeyLog.self) {
            try ThingsMigration.make(
                source,
                ScriptedSink(keyNames: ["id"]),
                ledger: ledger,
                spill: spill,
                resume: ledger.resumePoint(entities: 2)
            )
        }
    }

    @Test("nothing is recorded as done before it was answered")
    func afterAcknowledgement() throws {
        let sink = ScriptedSink(keyNames: ["id"], fatalAfterPuts: 60)
        let ledger = MemoryLedger()
        let result = try ThingsMigration.make(
            ScriptedSource(entities: [rows("a", 5000), []]),
            sink,
            ledger: ledger
        ).run()
        #expect(result.state == .failed)
        #expect(ledger.chunks.reduce(0) { $0 + $1.written } <= sink.puts)
    }

    @Test(
        "a chunk that the server stops is cut until its parts get through",
        arguments: [0, 2]
    )
    func tooSlow(cutRefusals: Int) throws {
        let ledger = MemoryLedger()
        let sink = ScriptedSink(keyNames: ["id"])
        let migration = try ThingsMigration.make(
            ScriptedSource(
                entities: [rows("a", 100), []],
                rowsPerChunk: 100,
                rowsPerStatementMax: 30,
                cutRefusals: cutRefusals
            ),
            sink,
            ledger: ledger
        )
        let result = migration.run()
        #expect(result.state == .succeeded, "\(result.errors)")
        #expect(result.tables[0].rowsRead == 100)
        #expect(result.tables[0].duplicates == 0)
        #expect(sink.items.count == 100)
        let chunks = ledger.chunks.sorted { $0.places.lowerBound < $1.places.lowerBound }
        #expect(chunks.map(\.rowsRead) == [25, 25, 25, 25])
        // Together they have the places of the one, and each begins where the one before it ends.
        #expect(chunks.first?.places.lowerBound == 0)
        #expect(chunks.last?.places.upperBound == ChunkPlaces.perChunk)
        for (one, next) in zip(chunks, chunks.dropFirst()) {
            #expect(one.places.upperBound == next.places.lowerBound)
            #expect(one.range.upper == next.range.lower)
        }
    }

    @Test("a reader that is over hands its chunk to the others; without readers the run fails")
    func readersEnd() throws {
        let lost = ScriptedSource.Failure(
            entity: 0,
            firstRow: 30,
            afterRows: 4,
            times: 2,
            isRetryable: false,
            endsReader: true
        )
        for (readers, state) in [(3, RunState.succeeded), (2, .failed)] {
            let sink = ScriptedSink(keyNames: ["id"])
            let migration = try ThingsMigration.make(
                ScriptedSource(entities: [rows("a", 100), []], failures: [lost]),
                sink,
                options: MigrationOptions(readers: readers, workers: 2)
            )
            let result = migration.run()
            #expect(result.state == state)
            #expect(result.tables[0].isBalanced)
            guard state == .succeeded else {
                #expect(result.errors.map { "\($0)" } == ["the scripted source broke off"])
                continue
            }
            #expect(result.tables[0].rowsRead == 100)
            #expect(sink.items.count == 100)
        }
    }

    private func record(
        _ places: Range<Int64>,
        _ lower: String?,
        _ upper: String?,
        isNullKeys: Bool = false
    ) -> ChunkRecord {
        ChunkRecord(
            entity: 0,
            attempt: 0,
            places: places,
            range: ChunkRange(
                lower: lower.map { [Array($0.utf8)] },
                upper: upper.map { [Array($0.utf8)] },
                isNullKeys: isNullKeys
            )
        )
    }

    private func gaps(_ chunks: [ChunkRecord]) -> [String] {
        ChunkScheduler.gaps(in: chunks, entity: 0).map { work in
            let bounds = [work.range.lower, work.range.upper].map {
                $0.map { String(decoding: $0[0], as: UTF8.self) } ?? "-"
            }
            return "\(work.places.lowerBound)..\(work.places.upperBound) \(bounds[0])..\(bounds[1])"
        }
    }

    @Test("what lies between finished chunks is what was not finished")
    func gapsBetween() {
        #expect(gaps([]) == [])
        #expect(gaps([record(0..<10, nil, "a"), record(10..<20, "a", "b")]) == [])
        #expect(gaps([record(0..<10, nil, nil)]) == [])
        #expect(gaps([record(10..<20, "a", "b")]) == ["0..10 -..a"])
        #expect(
            gaps([record(0..<10, nil, "a"), record(30..<40, "c", "d"), record(50..<60, "e", nil)])
                == ["10..30 a..c", "40..50 d..e"]
        )
        // The second half of a cut chunk was planned anew from the first half's end.
        #expect(gaps([record(0..<5, nil, "a"), record(10..<20, "a", "b")]) == [])
        // NULL keys come last.
        #expect(
            gaps([record(0..<10, nil, "a"), record(20..<30, nil, nil, isNullKeys: true)])
                == ["10..20 a..-"]
        )
        #expect(
            gaps([record(0..<10, nil, nil), record(10..<20, nil, nil, isNullKeys: true)]) == []
        )
        #expect(
            gaps([record(10..<20, nil, nil, isNullKeys: true)]) == ["0..10 -..-"]
        )
    }
}
