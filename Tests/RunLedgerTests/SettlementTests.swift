import Pipeline
import Testing

@testable import RunLedger

@Suite("A retry in the ledger")
struct SettlementTests {
    private let directory: TemporaryDirectory
    private let store: LedgerStore

    /// A run of two tables, of which the first has rejected four rows of a hundred.
    init() throws {
        directory = try TemporaryDirectory()
        store = try directory.store(now: TemporaryDirectory.start + 5_000)
        let journal = try store.begin(Sample.run("r1"))
        try journal.record(Sample.checkpoint(1, chunks: 1))
        var users = TableReport(table: "Users", state: .partial)
        users.rowsRead = 100
        users.itemsWritten = 88
        users.itemsKept = 6
        users.duplicates = 2
        users.rejected = 4
        try journal.finish(
            .partial,
            jobs: [users, TableReport(table: "Shop", state: .succeeded)],
            errors: [],
            seconds: 1
        )
    }

    private func settlement(
        written: Int = 0,
        kept: Int = 0,
        gone: Int = 0,
        rejected: Int
    ) -> LetterSettlement {
        var settlement = LetterSettlement(table: "Users")
        settlement.written = written
        settlement.kept = kept
        settlement.gone = gone
        settlement.rejected = rejected
        return settlement
    }

    private func expect(
        _ run: RunSummary,
        _ state: RunState,
        read: Int,
        written: Int,
        kept: Int,
        rejected: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var users = TableReport(table: "Users", state: state)
        users.rowsRead = read
        users.itemsWritten = written
        users.itemsKept = kept
        users.duplicates = 2
        users.rejected = rejected
        #expect(run.state == state, sourceLocation: sourceLocation)
        #expect(run.jobs[0].report == users, sourceLocation: sourceLocation)
        #expect(
            run.jobs[1].report == TableReport(table: "Shop", state: .succeeded),
            sourceLocation: sourceLocation
        )
        #expect(users.isBalanced, sourceLocation: sourceLocation)
        #expect(try store.run("r1") == run, sourceLocation: sourceLocation)
    }

    @Test("counts each letter as what it has become, and the run succeeds with the last")
    func settled() throws {
        let first = try store.settle("r1", [settlement(written: 1, kept: 1, rejected: 2)])
        try expect(first, .partial, read: 100, written: 89, kept: 7, rejected: 2)
        let second = try store.settle("r1", [settlement(written: 1, gone: 1, rejected: 0)])
        try expect(second, .succeeded, read: 99, written: 90, kept: 7, rejected: 0)
    }

    @Test("counts no letter twice, where a process died before it dropped them")
    func twice() throws {
        for _ in 0..<3 {
            let run = try store.settle("r1", [settlement(written: 2, kept: 1, rejected: 1)])
            try expect(run, .partial, read: 100, written: 90, kept: 7, rejected: 1)
        }
    }

    @Test("keeps as rejected what has no letter any more")
    func lost() throws {
        let run = try store.settle("r1", [settlement(written: 1, rejected: 1)])
        try expect(run, .partial, read: 100, written: 89, kept: 6, rejected: 3)
    }

    @Test("stays balanced where more is rejected than before")
    func more() throws {
        let run = try store.settle("r1", [settlement(written: 1, rejected: 5)])
        try expect(run, .partial, read: 101, written: 88, kept: 6, rejected: 5)
    }

    @Test("is refused of a run that is unfinished or unknown, or of a table that it has not")
    func refused() throws {
        _ = try store.begin(Sample.run("r2"))
        #expect(
            LedgerError.message { try store.settle("r2", []) }
                .contains("record a retry of the run r2")
        )
        #expect(LedgerError.message { try store.settle("r3", []) }.contains("r3"))
        #expect(
            LedgerError.message { try store.settle("r1", [LetterSettlement(table: "Other")]) }
                .contains("the run has no table Other")
        )
        try expect(
            try #require(try store.run("r1")),
            .partial,
            read: 100,
            written: 88,
            kept: 6,
            rejected: 4
        )
    }
}
