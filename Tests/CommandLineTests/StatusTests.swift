import Foundation
import Pipeline
import RunLedger
import Testing

@testable import unglue

@Suite("unglue status")
struct StatusTests {
    /// The time of everything here: 2026-11-23T00:03:19.250Z.
    private static let started = 1_795_392_199_250

    private static func run(_ name: String) -> NewRun {
        NewRun(
            run: name,
            lineage: "shop",
            contractPath: "contracts/shop.json",
            contractName: "shop.json",
            contractDigest: "d1",
            mode: .replace,
            consistency: "chunk",
            options: "{}",
            identity: [],
            tables: [
                NewRun.Table(name: "Users", targetName: "t-Users"),
                NewRun.Table(name: "Shop", targetName: "t-Shop"),
            ],
            entities: [
                NewRun.Entity(table: 0, name: "Users"), NewRun.Entity(table: 1, name: "Shop.ORDER"),
                NewRun.Entity(table: 1, name: "Shop.ITEM"),
            ]
        )
    }

    private static func checkpoint(_ number: Int) -> Checkpoint {
        var totals = TableTotals()
        totals.bytesWritten = number * 4_500_000
        totals.writeUnits = Double(number) * 10_000.5
        totals.requests = number * 400
        totals.retries = 2
        totals.seconds = Double(number) * 1.5
        return Checkpoint(
            chunks: [
                ChunkRecord(
                    entity: number == 1 ? 0 : 2,
                    attempt: UInt32(number),
                    places: ChunkPlaces.planned(0),
                    range: .everything,
                    rowsRead: 10_000,
                    written: 9_998,
                    rejected: 2
                )
            ],
            totals: [totals, TableTotals()],
            keyLogBytes: [0, 0],
            seconds: Double(number) * 2
        )
    }

    /// A finished run, one that its process left behind, and one that has failed.
    private static func fill(_ directory: TemporaryDirectory) throws {
        let path = "\(directory.path)/.unglue"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false
        )
        let store = try LedgerStore(
            directory: path,
            access: .writer(command: "unglue run shop.json"),
            clock: { started }
        )
        let partial = try store.begin(run("20261123T000319Z-40cf"))
        try partial.record(checkpoint(1))
        var users = TableReport(table: "Users", state: .partial)
        users.rowsRead = 10_000
        users.itemsWritten = 9_995
        users.duplicates = 3
        users.rejected = 2
        users.bytesWritten = 4_500_000
        users.requests = 400
        users.seconds = 1.5
        users.duplicateKeys = [DuplicateKey(key: #"{"PK":{"S":"a\u001b"}}"#, rows: 4)]
        try partial.finish(
            .partial,
            jobs: [users, TableReport(table: "Shop", state: .succeeded)],
            errors: [],
            seconds: 75
        )
        let failed = try store.begin(run("20261123T000320Z-0001"))
        try failed.updateConsistency("snapshot, by lock")
        try failed.finish(
            .failed,
            jobs: [],
            errors: ["could not write: AccessDenied\nask for a policy"],
            seconds: 0.5
        )
        let left = try store.begin(run("20261123T000321Z-ffff"))
        try left.record(checkpoint(1))
        try left.record(checkpoint(2))
    }

    @Test("lists runs and their tables, newest first")
    func list() throws {
        let directory = try TemporaryDirectory()
        try Self.fill(directory)
        let text = try Program.run(["status"], in: directory.path)
        #expect(text.status == 0)
        #expect(text.errors == "")
        try Fixture.expect(text.output, is: "status.txt")
        let json = try Program.run(["status", "-o", "json"], in: directory.path)
        #expect(json.status == 0)
        try Fixture.expect(json.output, is: "status.json")
        let one = try Program.run(
            ["status", "--limit=1", "--state", "\(directory.path)/.unglue/"],
            in: "/"
        )
        #expect(one.output.split(separator: "\n").count == 4)
    }

    @Test("shows one run with its chunks, duplicates and errors")
    func one() throws {
        let directory = try TemporaryDirectory()
        try Self.fill(directory)
        for (name, fixture) in [
            ("20261123T000319Z-40cf", "partial"), ("20261123T000320Z-0001", "failed"),
            ("20261123T000321Z-ffff", "interrupted"),
        ] {
            let text = try Program.run(["status", name], in: directory.path)
            #expect(text.status == 0)
            #expect(text.errors == "")
            try Fixture.expect(text.output, is: "status-\(fixture).txt")
        }
        let json = try Program.run(
            ["status", "20261123T000321Z-ffff", "--output=json"],
            in: directory.path
        )
        try Fixture.expect(json.output, is: "status-interrupted.json")
    }

    @Test("says who is at work while a run goes on")
    func running() throws {
        let directory = try TemporaryDirectory()
        let store = try LedgerStore(
            directory: directory.path,
            access: .writer(command: "unglue run shop.json"),
            clock: { Self.started }
        )
        let journal = try store.begin(Self.run("r1"))
        try journal.record(Self.checkpoint(1))
        let outcome = try Program.run(["status", "--state=."], in: directory.path)
        let holder = "process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
        #expect(
            outcome
                == Outcome(
                    status: 0,
                    output: """
                        RUN      STATE    STARTED                 READ  WRITTEN  REJECTED   TIME  \
                        CONTRACT
                        r1       running  2026-11-23T00:03:19Z  10,000    9,998         2  2.0 s  \
                        contracts/shop.json
                          Users  running                        10,000    9,998         2  1.5 s
                          Shop   ready                               0        0         0  0.0 s

                        At work: \(holder) since 2026-11-23T00:03:19Z (unglue run shop.json)

                        """,
                    errors: ""
                )
        )
        let one = try Program.run(["status", "--state=.", "r1"], in: directory.path)
        #expect(one.output.contains("Run r1 running\n"))
        #expect(one.output.hasSuffix("(unglue run shop.json)\n"))
    }

    static let answers: [(arguments: [String], outcome: Outcome)] = [
        (["status"], Outcome(status: 0, output: "No runs in '.unglue'.\n", errors: "")),
        (
            ["status", "--output=json"],
            Outcome(status: 0, output: "{\n  \"runs\": []\n}\n", errors: "")
        ),
        (
            ["status", "r9"],
            Outcome(
                status: 2,
                output: "",
                errors: """
                    unglue: error: there is no run 'r9' in '.unglue': `unglue status` lists the runs
                    `unglue help status` explains

                    """
            )
        ),
        (
            ["status", "r9", "--limit=2"],
            Outcome(
                status: 2,
                output: "",
                errors: """
                    unglue: error: --limit means nothing with a RUN
                    `unglue help status` explains

                    """
            )
        ),
        (
            ["status", "a", "b"],
            Outcome(
                status: 2,
                output: "",
                errors: """
                    unglue: error: status takes one RUN, not 2
                    `unglue help status` explains

                    """
            )
        ),
    ]

    @Test("answers where there is nothing, and makes nothing", arguments: answers)
    func nothing(_ row: (arguments: [String], outcome: Outcome)) throws {
        let directory = try TemporaryDirectory()
        #expect(try Program.run(row.arguments, in: directory.path) == row.outcome)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
                == [".stderr", ".stdout"]
        )
    }

    @Test("refuses a damaged ledger by name, with status 1")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("", to: "ledger.sqlite")
        #expect(
            try Program.run(["status", "--state", "."], in: directory.path)
                == Outcome(
                    status: 1,
                    output: "",
                    errors: """
                        unglue: error: could not open './ledger.sqlite': it is empty; move it \
                        away, with the files ledger.sqlite-wal and ledger.sqlite-shm beside it, \
                        and start again: rows are then written again, which is safe

                        """
                )
        )
    }
}
