import Pipeline
import Testing

@testable import RunLedger

@Suite("resuming from the ledger")
struct ResumeTests {
    @Test("gives back every finished chunk in the order of places, and the totals")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        // Finished out of order, with a gap, one split in two, and NULL keys at the end.
        let split = ChunkPlaces.planned(1)
        let half = split.lowerBound + ChunkPlaces.perChunk / 2
        var left = Sample.chunk(1, attempt: 50)
        left.places = split.lowerBound..<half
        left.range.upper = [[], Array("150".utf8)]
        var right = Sample.chunk(1, attempt: 51)
        right.places = half..<split.upperBound
        right.range.lower = left.range.upper
        var last = Sample.chunk(8)
        last.range.upper = nil
        var nulls = Sample.chunk(9)
        nulls.range = ChunkRange(isNullKeys: true)
        let all = ChunkRecord(
            entity: 2,
            attempt: UInt32.max,
            places: ChunkPlaces.planned(0),
            range: .everything
        )
        var first = Sample.checkpoint(1, chunks: 0)
        first.chunks = [nulls, right]
        var second = Sample.checkpoint(2, chunks: 0)
        second.chunks = [all, Sample.chunk(5), left, last, Sample.chunk(0)]
        second.totals[1] = Sample.totals(requests: 9)
        second.keyLogBytes = [1 << 40, 12]
        try begin(directory) { journal in
            try journal.record(first)
            try journal.record(second)
        }
        let (_, point) = try directory.store().resume("r1")
        #expect(
            point
                == ResumePoint(
                    chunks: [
                        [Sample.chunk(0), left, right, Sample.chunk(5), last, nulls], [], [all],
                    ],
                    totals: second.totals,
                    keyLogBytes: second.keyLogBytes,
                    seconds: second.seconds
                )
        )
    }

    @Test("goes on counting where the last checkpoint was, and forgets how it ended")
    func goesOn() throws {
        let directory = try TemporaryDirectory()
        try begin(directory) { journal in
            try journal.record(Sample.checkpoint(1, chunks: 2))
            var users = TableReport(table: "Users", state: .failed)
            users.rowsRead = 9999
            users.requests = 1
            try journal.finish(
                .failed,
                jobs: [users, TableReport(table: "Shop", state: .failed)],
                errors: ["no network"],
                seconds: 0.75
            )
        }
        let store = try directory.store(now: TemporaryDirectory.start + 1000)
        let (journal, point) = try store.resume("r1")
        #expect(point.chunks == [[Sample.chunk(0), Sample.chunk(1)], [], []])
        #expect(point.seconds == 0.75)
        #expect(point.totals[0].requests == 1)
        #expect(journal.identity == Sample.identity)
        var run = try #require(try store.run("r1"))
        #expect(run.state == .running)
        #expect(run.errors == [])
        #expect(run.ended == nil)
        #expect(run.jobs.map(\.report.rowsRead) == [200, 0])
        #expect(run.jobs.map(\.report.state) == [.running, .ready])
        try journal.record(Sample.checkpoint(2, chunks: 2))
        run = try #require(try store.run("r1"))
        #expect(run.jobs.map(\.chunks) == [4, 0])
        #expect(run.jobs.map(\.report.rowsRead) == [400, 0])
        #expect(run.started == TemporaryDirectory.start)
        #expect(run.updated == TemporaryDirectory.start + 1000)
    }

    /// A damage that every seal and every index lets pass, as a mistake of a program would make it.
    struct Damage: Sendable, CustomTestStringConvertible {
        var name: String
        var message: String
        var change: @Sendable (inout [ChunkRecord]) -> Void
        var testDescription: String { name }
    }

    static let damages: [Damage] = [
        Damage(name: "overlap", message: "two chunks of Users overlap") {
            $0[0].places = 0..<ChunkPlaces.perChunk + 1
        },
        Damage(
            name: "a gap between neighbours",
            message: "a chunk of Users does not begin where the one before it ends"
        ) { $0[0].range.upper = Sample.bound(7) },
        Damage(
            name: "no end in the midst",
            message: "a chunk in the midst of Users has no bound"
        ) {
            $0[1].places = ChunkPlaces.planned(5)
            $0[0].range.upper = nil
        },
        Damage(
            name: "no beginning in the midst",
            message: "a chunk in the midst of Users has no bound"
        ) {
            $0[1].places = ChunkPlaces.planned(5)
            $0[1].range.lower = nil
        },
        Damage(name: "a place below zero", message: "a chunk of Users is none that can be") {
            $0[0].places = -1..<1
        },
        Damage(name: "NULL keys with bounds", message: "a chunk of Users is none that can be") {
            $0[1].range.isNullKeys = true
        },
        Damage(
            name: "a chunk lost",
            message: "the chunks of Users are not those of its last checkpoint"
        ) { $0.removeLast() },
        Damage(
            name: "an old row of a chunk",
            message: "the chunks of Users are not those of its last checkpoint"
        ) { $0[1].rowsRead = 99 },
    ]

    @Test("refuses chunks that do not fit together", arguments: damages)
    func refuses(_ damage: Damage) throws {
        let directory = try TemporaryDirectory()
        try begin(directory) { try $0.record(Sample.checkpoint(1, chunks: 2)) }
        var chunks = [Sample.chunk(0), Sample.chunk(1)]
        damage.change(&chunks)
        let database = try directory.database()
        try database.execute("DELETE FROM chunks", "damage")
        for chunk in chunks {
            try SealedTable.chunks.insert(chunk.values(run: 1), in: database, "damage")
        }
        let store = try directory.store()
        #expect(
            LedgerError.message { _ = try store.resume("r1") } == """
                could not resume the run r1 from '\(directory.path)/ledger.sqlite': \
                \(damage.message); \(LedgerError.moveAwayHint)
                """
        )
        // It is shown all the same, and a new run may begin beside it.
        #expect(try store.runs().map(\.state) == [.interrupted])
        _ = try store.begin(Sample.run("r2"))
    }

    @Test("refuses an attempt that has finished two chunks, should no index have kept it out")
    func attempts() throws {
        let directory = try TemporaryDirectory()
        try begin(directory) { try $0.record(Sample.checkpoint(1, chunks: 1)) }
        let store = try directory.store()
        // An index that another version made otherwise is refused at opening, so here it goes only
        // once the ledger is open.
        let database = try directory.database()
        try database.execute("DROP INDEX chunks_by_attempt", "damage")
        try SealedTable.chunks.insert(
            Sample.chunk(1, attempt: 1).values(run: 1),
            in: database,
            "damage"
        )
        #expect(
            LedgerError.message { _ = try store.resume("r1") } == """
                could not resume the run r1 from '\(directory.path)/ledger.sqlite': attempt 1 has \
                finished two chunks; \(LedgerError.moveAwayHint)
                """
        )
    }

    /// Begins the run `r1` with a store that is gone when it returns.
    private func begin(
        _ directory: TemporaryDirectory,
        _ body: (RunJournal) throws -> Void
    ) throws {
        try body(try directory.store().begin(Sample.run("r1")))
    }
}
