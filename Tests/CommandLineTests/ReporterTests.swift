import Contract
import Pipeline
import Testing

@testable import unglue

@Suite("reports")
struct ReporterTests {
    static func table(
        _ name: String,
        _ state: RunState,
        _ fill: (inout TableReport) -> Void = { _ in }
    ) -> TableReport {
        var table = TableReport(table: name, state: state)
        fill(&table)
        return table
    }

    static let partial = RunReport(
        run: "20240229T235959Z-1f0c",
        state: .partial,
        seconds: 12.3456,
        deadLetters: ".unglue/20240229T235959Z-1f0c/dead-letters.jsonl",
        latency: LatencySummary(
            median: .microseconds(812),
            p90: .microseconds(1_204),
            p99: .milliseconds(3),
            longest: .microseconds(17_421)
        ),
        tables: [
            table("Users", .partial) {
                $0.rowsRead = 450_003
                $0.itemsWritten = 449_999
                $0.duplicates = 3
                $0.rejected = 1
                $0.bytesWritten = 202_500_000
                $0.writeUnits = 450_000.5
                $0.requests = 18_000
                $0.retries = 2
                $0.throttles = 1
                $0.seconds = 12.25
                $0.duplicateKeys = [
                    DuplicateKey(key: #"{"PK":{"S":"a"}}"#, rows: 3),
                    DuplicateKey(key: #"{"PK":{"S":"b\u001b"}}"#, rows: 2),
                ]
            },
            table("Products", .succeeded) {
                $0.rowsRead = 50
                $0.itemsWritten = 50
                $0.bytesWritten = 22_500
                $0.seconds = 0.5
            },
        ],
        errors: [],
        bottleneck: Bottleneck(source: 0.7061, engine: 0.2, answers: 0.0899, capacity: 0.004)
    )

    @Test("are aligned tables with totals, duplicates, dead letters and what to do next")
    func text() throws {
        try Fixture.expect(
            TextReporter(style: .plain).text(of: Self.partial),
            is: "report-partial.txt"
        )
    }

    @Test("are one JSON document of the published shape")
    func json() throws {
        try Fixture.expect(
            JSONReporter().text(of: Self.partial) + "\n",
            is: "report-partial.json"
        )
    }

    @Test("leave out what is zero throughout, and say nothing more of a clean run")
    func clean() throws {
        let report = RunReport(
            run: "r",
            state: .succeeded,
            seconds: 1,
            deadLetters: nil,
            tables: [
                Self.table("T", .succeeded) {
                    $0.rowsRead = 2
                    $0.itemsWritten = 2
                    $0.bytesWritten = 900
                    $0.seconds = 1
                }
            ],
            errors: []
        )
        #expect(
            TextReporter(style: .plain).text(of: report) == """
                Run r succeeded in 1.0 s

                TABLE  STATE      READ  WRITTEN   SENT   TIME   RATE
                T      succeeded     2        2  900 B  1.0 s  2.0/s

                """
        )
    }

    @Test("name the errors of a failed run, neutralised, and what to do")
    func failed() {
        let report = RunReport(
            run: "r",
            state: .failed,
            seconds: 0.5,
            deadLetters: nil,
            tables: [],
            errors: ["access \u{1B}[2Jdenied\nsecond line"]
        )
        #expect(
            TextReporter(style: .plain).text(of: report) == """
                Run r failed in 0.5 s

                Error:
                  - access \\u{1B}[2Jdenied
                    second line

                The run did not finish. When the cause is gone, run the same command again.

                """
        )
    }

    @Test("say how to finish an interrupted run")
    func interrupted() {
        let report = RunReport(
            run: "r",
            state: .interrupted,
            seconds: 0.5,
            deadLetters: nil,
            tables: [],
            errors: []
        )
        #expect(
            TextReporter(style: .plain).text(of: report) == """
                Run r interrupted in 0.5 s

                The run was interrupted. Run the same command again to finish.

                """
        )
    }

    @Test("cannot be forged by a table's name")
    func neutralised() {
        let report = RunReport(
            run: "r",
            state: .succeeded,
            seconds: 1,
            deadLetters: nil,
            tables: [Self.table("a\u{1B}[31m\nb", .succeeded)],
            errors: []
        )
        let text = TextReporter(style: .plain).text(of: report)
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("a\\u{1B}[31m\\nb  succeeded"))
    }

    static let checked: CheckReport = {
        var report = CheckReport()
        report.notes = ["Contract: store.json, 3 tables"]
        report.findings = [
            Finding(.warning, .target, "Users", "the table does not exist", hint: "create it"),
            Finding(.error, .source, "", "could not connect\nat all"),
            Finding(
                .error,
                .contract,
                "tables[0].pk",
                "no attribute has this name",
                hint: "write user_id"
            ),
        ]
        return report
    }()

    @Test("of a check list every finding by what it is about")
    func check() {
        #expect(
            TextReporter(style: .plain).text(of: Self.checked) == """
                Contract: store.json, 3 tables

                Contract
                  error: tables[0].pk: no attribute has this name
                    write user_id

                MySQL
                  error: could not connect
                    at all

                DynamoDB
                  warning: Users: the table does not exist
                    create it

                Not ready: 2 errors and 1 warning

                """
        )
        #expect(TextReporter(style: .plain).text(of: CheckReport()) == "\nReady to run\n")
    }

    @Test("of a check are one JSON document too")
    func checkJSON() {
        #expect(
            JSONReporter().text(of: CheckReport()) == """
                {
                  "state": "ready",
                  "findings": []
                }
                """
        )
        let document = JSONReporter().text(of: Self.checked)
        #expect(document.contains(#""state": "not_ready""#))
    }

    @Test("of a check end with 2 for the contract, 1 for anything else, 0 for warnings")
    func checkStatus() {
        #expect(Self.checked.status == .usage)
        var report = Self.checked
        report.findings.removeLast()
        #expect(report.status == .failed)
        report.findings.removeLast()
        #expect(report.status == .done)
    }

    static let statuses: [(state: RunState, signal: Int32?, status: Int32)] = [
        (.succeeded, nil, 0), (.partial, nil, 3), (.failed, nil, 1), (.interrupted, 2, 130),
        (.interrupted, 15, 143), (.interrupted, 1, 143), (.interrupted, nil, 130),
        (.succeeded, 2, 0),
    ]

    @Test("of a run end with the status of its state", arguments: statuses)
    func status(_ row: (state: RunState, signal: Int32?, status: Int32)) {
        let status = unglue.ExitStatus(state: row.state, signal: row.signal)
        #expect(status.rawValue == row.status)
    }
}
