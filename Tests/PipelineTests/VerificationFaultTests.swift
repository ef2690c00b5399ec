import Contract
import Mapping
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite("Verification under faults, repairs and changes")
struct VerificationFaultTests {
    @Test("a chunk that breaks off is counted once", arguments: [0, 3, 23])
    func brokenChunk(afterRows: Int) throws {
        let failures = [
            ScriptedSource.Failure(entity: 0, firstRow: 23, afterRows: afterRows, times: 3)
        ]
        let rows = (0..<100).map(VariousMigration.row)
        let bench = try VerificationBench(rows: rows, failures: failures)
        #expect(bench.verify().state == .identical)
        // Again while the differences are named.
        let damaged = try VerificationBench(
            rows: rows,
            failures: [
                ScriptedSource.Failure(entity: 0, firstRow: 23, afterRows: afterRows, times: 5)
            ]
        )
        damaged.target.remove(#"{"S":"item 8"}|{"N":"0"}"#, table: damaged.table)
        let verdict = try #require(damaged.verify().tables.first)
        #expect(
            verdict.summary
                == "100 expected, 99 found, 1 missing, 0 different, 0 extra, 0 rejected, 0 duplicates"
        )
    }

    @Test("a source that breaks for good fails the verification, which then says neither")
    func brokenSource() throws {
        let bench = try VerificationBench(
            rows: (0..<100).map(VariousMigration.row),
            failures: [
                ScriptedSource.Failure(entity: 0, firstRow: 0, afterRows: 2, isRetryable: false)
            ]
        )
        let result = bench.verify()
        #expect(result.state == .failed)
        #expect(result.errors.map { "\($0)" } == ["the scripted source broke off"])
        #expect(result.tables.map(\.isIdentical) == [nil])
    }

    @Test("a page that makes no sense is read again, and ends the verification if it stays so")
    func malformedPage() throws {
        let rows = (0..<100).map(VariousMigration.row)
        let bench = try VerificationBench(
            rows: rows,
            target: MemoryTarget(keyNames: VariousMigration.keyNames, malformedPages: 3)
        )
        #expect(bench.verify().state == .identical)
        let broken = try VerificationBench(
            rows: rows,
            target: MemoryTarget(keyNames: VariousMigration.keyNames, malformedPages: .max)
        )
        let result = broken.verify()
        #expect(result.state == .failed)
        #expect(
            result.errors.map { "\($0)" } == [
                "table p-Various: the target answers with something that is not DynamoDB's JSON of "
                    + "an item, or an item without the table's key"
            ]
        )
    }

    @Test("a scan that fails for good fails the verification")
    func brokenTarget() throws {
        struct Broken: Error {}
        let target = MemoryTarget(keyNames: VariousMigration.keyNames) { _, scan in
            if scan.after != nil { throw Broken() }
        }
        let bench = try VerificationBench(
            rows: (0..<100).map(VariousMigration.row),
            target: target
        )
        let result = bench.verify()
        #expect(result.state == .failed)
        #expect(result.errors.first is Broken)
    }

    @Test("stopped, it ends soon and says that it was interrupted")
    func stop() throws {
        let stopping = Mutex<Verification?>(nil)
        let target = MemoryTarget(keyNames: VariousMigration.keyNames) { _, scan in
            if scan.after != nil { stopping.withLock { $0?.stop() } }
        }
        let bench = try VerificationBench(
            rows: (0..<500).map(VariousMigration.row),
            target: target
        )
        let verification = bench.verification()
        stopping.withLock { $0 = verification }
        let result = verification.run()
        #expect(result.state == .interrupted)
        #expect(result.errors.isEmpty)
        #expect(result.tables.map(\.isIdentical) == [nil])
    }

    // MARK: Repair

    private func damaged() throws -> VerificationBench {
        let bench = try VerificationBench(count: 300)
        for key in bench.keys.prefix(40) { bench.target.remove(key, table: bench.table) }
        for key in bench.keys.prefix(30) {
            try bench.set("n", of: key, to: #"{"N":"-1"}"#)
        }
        let extras = (1_000..<1_020).map(VariousMigration.row)
        for item in try VariousMigration.items(of: extras, plan: bench.plan) {
            bench.target.put(item, table: bench.table)
        }
        return bench
    }

    @Test("nothing is written unless it was asked for")
    func noWrites() throws {
        let bench = try damaged()
        let result = bench.verify()
        #expect(result.state == .different)
        #expect(bench.target.writes == (0, 0))
    }

    @Test("a repair puts what is missing or different, and then looks again")
    func repair() throws {
        let bench = try damaged()
        let result = bench.verify { $0.repairs = true }
        #expect(result.state == .different)
        let verdict = try #require(result.tables.first)
        #expect(verdict.repaired == 70)
        #expect((verdict.missing, verdict.different, verdict.extra) == (0, 0, 20))
        #expect(verdict.deleted == 0)
        #expect(verdict.writeUnits == 70)
        #expect(bench.target.writes == (70, 0))
        #expect(Set(verdict.examples.map(\.kind)) == [.missing, .different, .extra])
        let after = bench.verify()
        #expect(after.tables.map { $0.missing + $0.different } == [0])
    }

    @Test("what is extra is deleted only if that was asked for")
    func deleteExtra() throws {
        let bench = try damaged()
        let deleted = bench.verify { $0.deletesExtra = true }
        #expect(deleted.state == .different)
        #expect(bench.target.writes == (0, 20))
        #expect(deleted.tables.map(\.deleted) == [20])
        let both = bench.verify {
            $0.repairs = true
            $0.deletesExtra = true
        }
        #expect(both.state == .identical)
        #expect(both.tables.map(\.repaired) == [70])
        #expect(bench.verify().state == .identical)
    }

    @Test("an empty target is filled by a repair, the first row of each key")
    func fill() throws {
        var rows = (0..<2_000).map(VariousMigration.row)
        rows[1_500] = rows[11]
        rows[1_500][3] = "later"
        let bench = try VerificationBench(rows: rows, rowsPerChunk: 100, isFilled: false)
        let result = bench.verify { $0.repairs = true }
        #expect(result.state == .identical)
        #expect(result.tables.map(\.repaired) == [1_999])
        #expect(bench.verify().state == .identical)
    }

    // MARK: Data that changes

    @Test("an item that is mended while the verification reads is no difference")
    func settled() throws {
        let key = #"{"S":"item 13"}|{"N":"1"}"#
        let plan = try VariousMigration.plan()
        let right = try VariousMigration.items(of: [VariousMigration.row(40)], plan: plan)[0]
        let target = MemoryTarget(
            keyNames: VariousMigration.keyNames,
            beforeGet: { $0.put(right, table: "p-Various") }
        )
        let bench = try VerificationBench(
            rows: (0..<300).map(VariousMigration.row),
            target: target
        )
        try bench.set("n", of: key, to: #"{"N":"0"}"#)
        let result = bench.verify()
        #expect(result.state == .identical)
        #expect(result.tables.map(\.different) == [0])
        #expect(result.tables.map(\.settled) == [1])
        #expect(result.tables.map(\.examples) == [[]])
    }

    // MARK: Samples

    @Test("a sample finds damage in the rows that it takes, and says nothing of extra items")
    func sample() throws {
        let bench = try VerificationBench(count: 600)
        let same = bench.verify { $0.sample = VerificationOptions.Sample(rows: 100, seed: 5) }
        #expect(same.state == .identical)
        #expect(same.sample == VerificationOptions.Sample(rows: 100, seed: 5))
        let verdict = try #require(same.tables.first)
        #expect(verdict.extra == nil)
        #expect((90...130).contains(verdict.expected))
        #expect(verdict.found == verdict.expected)
        for key in bench.keys { try bench.set("n", of: key, to: #"{"N":"-1"}"#) }
        for key in bench.keys.prefix(300) { bench.target.remove(key, table: bench.table) }
        let other = bench.verify { $0.sample = VerificationOptions.Sample(rows: 100, seed: 5) }
        #expect(other.state == .different)
        let found = try #require(other.tables.first)
        #expect(found.expected == verdict.expected)
        #expect(found.missing > 0 && found.different > 0)
        #expect(found.missing + found.different == found.expected)
        #expect(found.examples.count == 20)
        #expect(bench.target.scans == 0)
    }

    @Test("a sample of more rows than there are is all of them")
    func wholeSample() throws {
        let bench = try VerificationBench(count: 100)
        let key = #"{"S":"item 13"}|{"N":"1"}"#
        try bench.set("flag", of: key, to: nil)
        let result = bench.verify {
            $0.sample = VerificationOptions.Sample(rows: 1_000, seed: 1)
        }
        #expect(result.tables.map(\.expected) == [100])
        #expect(result.tables.map(\.different) == [1])
        #expect(result.tables[0].examples.first?.attributes.map(\.name) == ["flag"])
    }
}

/// A source whose server stops every statement that reads more than some rows.
private struct ImpatientSource: RowSource {
    struct Stopped: SourceError {
        var isRetryable: Bool { true }
        var isStatementStopped: Bool { true }
    }

    let base: ScriptedSource
    let rowsMax: Int

    func connect() throws -> any RowReader {
        Reader(base: try base.connect(), rowsMax: rowsMax)
    }

    func planner(entity: Int, after last: ChunkRange?) -> any ChunkPlanner {
        Planner(base: base.planner(entity: entity, after: last))
    }

    fileprivate static func bound(_ key: [[UInt8]]?) -> Int {
        Int(String(decoding: key?.first ?? [], as: UTF8.self)) ?? 0
    }

    private final class Planner: ChunkPlanner {
        let base: any ChunkPlanner
        /// The first time nobody knows where.
        let isAsked = Atomic(false)

        init(base: any ChunkPlanner) {
            self.base = base
        }

        func next(on reader: any RowReader) throws -> ChunkRange? {
            try base.next(on: reader)
        }

        func middle(of range: ChunkRange, on reader: any RowReader) throws -> [[UInt8]]? {
            guard isAsked.exchange(true, ordering: .relaxed) else { throw Stopped() }
            return [Array("\((bound(range.lower) + bound(range.upper)) / 2)".utf8)]
        }
    }

    private final class Reader: RowReader {
        let base: any RowReader
        let rowsMax: Int

        init(base: any RowReader, rowsMax: Int) {
            self.base = base
            self.rowsMax = rowsMax
        }

        func read(
            entity: Int,
            range: ChunkRange,
            isOrdered: Bool,
            chunk: ChunkID,
            first slab: RowSlab,
            deliver: (RowSlab) -> RowSlab?
        ) throws -> Int {
            guard bound(range.upper) - bound(range.lower) <= rowsMax else { throw Stopped() }
            return try base.read(
                entity: entity,
                range: range,
                isOrdered: isOrdered,
                chunk: chunk,
                first: slab,
                deliver: deliver
            )
        }
    }
}

extension VerificationFaultTests {
    @Test("a chunk that the server stops is read in halves, in every reading", arguments: [40, 25])
    func impatientSource(rowsMax: Int) throws {
        var rows = (0..<100).map(VariousMigration.row)
        rows[77] = rows[3]
        rows[77][3] = "later"
        let bench = try VerificationBench(rows: rows)
        try bench.set("n", of: #"{"S":"item 13"}|{"N":"1"}"#, to: #"{"N":"0"}"#)
        var options = VerificationOptions(readers: 2, segments: 2)
        options.repairs = true
        let result = Verification(
            plan: bench.plan,
            options: options,
            source: ImpatientSource(
                base: ScriptedSource(entities: [rows], rowsPerChunk: 100),
                rowsMax: rowsMax
            ),
            target: bench.target,
            sink: bench.target,
            spill: MemorySpill()
        ).run()
        #expect(result.state == .identical)
        #expect(result.tables.map(\.repaired) == [1])
        #expect(result.tables.map(\.duplicates) == [1])
        #expect(bench.verify().state == .identical)
    }
}
