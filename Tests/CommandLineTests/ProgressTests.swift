import Contract
import Pipeline
import Testing

@testable import unglue

@Suite("progress")
struct ProgressTests {
    private func table(
        _ name: String,
        _ state: RunState,
        rows: Int,
        of estimate: Int? = nil,
        rejected: Int = 0,
        throttles: Int = 0
    ) -> RunProgress.Table {
        RunProgress.Table(
            table: name,
            state: state,
            rowsRead: rows,
            rowsEstimated: estimate,
            itemsWritten: rows - rejected,
            rejected: rejected,
            retries: 0,
            throttles: throttles
        )
    }

    private func figures(_ snapshots: [RunProgress]) -> [ProgressLines.Figures] {
        var lines = ProgressLines()
        var figures: [ProgressLines.Figures] = []
        for snapshot in snapshots { figures = lines.update(snapshot) }
        return figures
    }

    @Test("takes rates over the last ten seconds, and from them the time left")
    func rates() {
        let snapshots = [(0.0, 0), (5, 5000), (10, 5000), (15, 7000), (20, 9000)].map {
            RunProgress(
                seconds: $0.0,
                tables: [table("T", .running, rows: $0.1, of: 10_000)]
            )
        }
        let last = figures(snapshots)[0]
        #expect(last.rowsPerSecond == 400)
        #expect(last.secondsLeft == 2.5)
        #expect(last.percent == 90)
    }

    @Test("counts rows that are written before their chunk is counted as read")
    func rowsWritten() {
        var written = table("T", .running, rows: 2000, of: 10_000)
        written.rowsRead = 0
        let before = RunProgress(seconds: 0, tables: [table("T", .running, rows: 0, of: 10_000)])
        let last = figures([before, RunProgress(seconds: 2, tables: [written])])[0]
        #expect(last.rowsPerSecond == 1000)
        #expect(last.secondsLeft == 8)
        #expect(last.percent == 20)
    }

    static let percents: [(state: RunState, rows: Int, estimate: Int?, percent: Int?)] = [
        (.running, 12, 10, 99), (.running, 5, 10, 50), (.succeeded, 5, 10, 100),
        (.partial, 5, nil, 100), (.running, 5, nil, nil), (.failed, 5, 10, 50),
        (.running, 5, 0, nil),
    ]

    @Test(
        "never says 100 % before the end, and 100 % then, whatever the estimate was",
        arguments: percents
    )
    func percent(_ row: (state: RunState, rows: Int, estimate: Int?, percent: Int?)) {
        let progress = RunProgress(
            seconds: 1,
            tables: [table("T", row.state, rows: row.rows, of: row.estimate)]
        )
        #expect(figures([progress])[0].percent == row.percent)
    }

    private var two: [ProgressLines.Figures] {
        figures([
            RunProgress(
                seconds: 0,
                tables: [
                    table("Users", .running, rows: 0, of: 300_000),
                    table("P", .succeeded, rows: 50),
                ]
            ),
            RunProgress(
                seconds: 2,
                tables: [
                    table(
                        "Users",
                        .running,
                        rows: 100_000,
                        of: 300_000,
                        rejected: 3,
                        throttles: 12
                    ),
                    table("P", .succeeded, rows: 50),
                ]
            ),
        ])
    }

    @Test("shows a line a table and one for all, aligned")
    func display() {
        let lines = ProgressLines.display(two, seconds: 2, columns: 120, rows: 24, style: .plain)
        #expect(
            lines == [
                "Users  running    100,000 rows   33 %  50,000/s  4.0 s left  "
                    + "3 rejected, 12 throttles",
                "P      succeeded       50 rows  100 %",
                "100,050 rows, 50,000/s, 2.0 s so far",
            ]
        )
    }

    @Test("is never wider than the terminal, colours not counted")
    func narrow() {
        let lines = ProgressLines.display(
            two,
            seconds: 2,
            columns: 20,
            rows: 24,
            style: Style(isColoured: true)
        )
        #expect(
            lines == [
                "Users  \u{1B}[36mrunning\u{1B}[0m    1…",
                "P      \u{1B}[32msucceeded\u{1B}[0m   …",
                "\u{1B}[2m100,050 rows, 50,00…\u{1B}[0m",
            ]
        )
    }

    @Test("is never higher than the terminal: what runs or failed is shown first")
    func low() {
        let tables = [
            table("a", .succeeded, rows: 1), table("b", .ready, rows: 0),
            table("c", .running, rows: 1), table("d", .failed, rows: 1),
            table("e", .running, rows: 1),
        ]
        let figures = figures([RunProgress(seconds: 1, tables: tables)])
        let lines = ProgressLines.display(
            figures,
            seconds: 1,
            columns: 80,
            rows: 6,
            style: .plain
        )
        #expect(lines.count == 5)
        #expect(lines.map { $0.prefix(1) } == ["c", "d", "e", "a", "4"])
    }

    @Test("cannot be broken by a table's name")
    func neutralised() {
        let figures = figures([
            RunProgress(seconds: 1, tables: [table("a\u{1B}[2J\nb", .ready, rows: 0)])
        ])
        let lines = ProgressLines.display(
            figures,
            seconds: 1,
            columns: 80,
            rows: 24,
            style: Style(isColoured: true)
        )
        #expect(lines == ["a\\u{1B}[2J\\nb  \u{1B}[36mready\u{1B}[0m  0 rows"])
    }

    @Test("in a log has a line for what runs, and one for each change of state")
    func logged() {
        var lines = ProgressLines()
        var printed: [[String]] = []
        for (seconds, users, products) in [
            (0.0, RunState.running, RunState.ready), (5, .running, .running),
            (10, .succeeded, .running), (15, .succeeded, .partial),
        ] {
            let figures = lines.update(
                RunProgress(
                    seconds: seconds,
                    tables: [
                        table("Users", users, rows: Int(seconds) * 10, of: 200),
                        table("P", products, rows: Int(seconds), rejected: 1),
                    ]
                )
            )
            printed.append(lines.logLines(figures).map(\.message))
        }
        #expect(
            printed == [
                ["Users: running, 0 rows (0 %), 0/s"],
                [
                    "Users: running, 50 rows (25 %), 10/s, 15.0 s left",
                    "P: running, 5 rows, 1.0/s, 1 rejected",
                ],
                ["Users: succeeded, 100 rows (100 %)", "P: running, 10 rows, 1.0/s, 1 rejected"],
                ["P: partial, 15 rows (100 %), 1 rejected"],
            ]
        )
    }

    @Test("in a JSON log has the numbers as fields")
    func fields() {
        var lines = ProgressLines()
        let figures = lines.update(
            RunProgress(seconds: 1, tables: [table("T", .running, rows: 7, rejected: 2)])
        )
        let line = lines.logLines(figures)[0]
        #expect(
            JSONValue.object(line.fields).serialized()
                == #"{"table":"T","state":"running","rows_read":7,"rows_estimated":null,"#
                + #""items_written":5,"rejected":2,"retries":0,"throttles":0,"#
                + #""rows_per_second":0,"seconds_left":null}"#
        )
    }
}
