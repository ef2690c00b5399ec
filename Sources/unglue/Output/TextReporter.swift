import Contract
import Pipeline

/// Results as people read them.
struct TextReporter: Reporter {
    let style: Style

    /// Keys of duplicates that the text names, a table; the JSON report names more.
    private static let duplicateKeysShownMax = 10

    func text(of report: RunReport) -> String {
        var lines: [String] = []
        let state = style.paint(report.state.rawValue, Self.colour(of: report.state))
        lines.append(
            "Run \(Neutral.text(report.run)) \(state) in \(Quantity.duration(seconds: report.seconds))"
        )
        if !report.tables.isEmpty {
            lines.append("")
            lines += table(of: report)
        }
        if let bottleneck = report.bottleneck { lines += ["", Self.bound(by: bottleneck)] }
        for table in report.tables where table.duplicates > 0 { lines += duplicates(of: table) }
        lines += self.errors(report.errors)
        lines += advice(of: report)
        return lines.joined(separator: "\n") + "\n"
    }

    /// `Bound by: MySQL 71 %, the target's answers 29 %`, the greatest first.
    static func bound(by bottleneck: Bottleneck) -> String {
        let parts: [(name: String, percent: Int)] = [
            ("MySQL", bottleneck.source), ("the engine", bottleneck.engine),
            ("the target's answers", bottleneck.answers),
            ("the capacity allowed", bottleneck.capacity),
        ].map { ($0, Int(($1 * 100).rounded())) }
        let shown = parts.filter { $0.percent > 0 }.sorted { $0.percent > $1.percent }
        return "Bound by: " + shown.map { "\($0.name) \($0.percent) %" }.joined(separator: ", ")
    }

    static func colour(of state: RunState) -> Style.Colour {
        switch state {
        case .succeeded: .green
        case .partial, .interrupted: .yellow
        case .failed: .red
        case .ready, .running: .cyan
        }
    }

    // MARK: - The table

    /// A column with its cell of each table; a column that is zero throughout is left out.
    private struct Count: Sendable {
        var title: String
        var value: @Sendable (TableReport) -> Int
        var isAlwaysShown = false
    }

    private static let counts: [Count] = [
        Count(title: "READ", value: { $0.rowsRead }, isAlwaysShown: true),
        Count(title: "WRITTEN", value: { $0.itemsWritten }, isAlwaysShown: true),
        Count(title: "KEPT", value: { $0.itemsKept }),
        Count(title: "DUPLICATES", value: { $0.duplicates }),
        Count(title: "REJECTED", value: { $0.rejected }),
        Count(title: "RETRIES", value: { $0.retries }),
        Count(title: "THROTTLES", value: { $0.throttles }),
        Count(title: "WRITE UNITS", value: { Int(clamping: $0.writeUnits) }),
    ]

    func table(of report: RunReport) -> [String] {
        let counts = Self.counts.filter { count in
            count.isAlwaysShown || report.tables.contains { count.value($0) != 0 }
        }
        var table = TextTable(columns: [
            TextTable.Column(title: "TABLE", alignment: .left),
            TextTable.Column(title: "STATE", alignment: .left),
        ])
        table.columns += counts.map { TextTable.Column(title: $0.title, alignment: .right) }
        table.columns += ["SENT", "TIME", "RATE"].map {
            TextTable.Column(title: $0, alignment: .right)
        }
        for row in report.tables { table.rows.append(cells(of: row, counts)) }
        if report.tables.count > 1 {
            var total = TableReport(table: "total", state: report.state)
            for row in report.tables { total.add(row) }
            total.seconds = report.seconds
            table.rows.append(cells(of: total, counts))
        }
        return table.lines
    }

    private func cells(of table: TableReport, _ counts: [Count]) -> [String] {
        let rate = table.seconds > 0 ? Double(table.itemsWritten) / table.seconds : 0
        return [table.table, table.state.rawValue]
            + counts.map { Quantity.grouped($0.value(table)) }
            + [
                Quantity.bytes(table.bytesWritten), Quantity.duration(seconds: table.seconds),
                Quantity.rate(rate),
            ]
    }

    // MARK: - What it means

    func duplicates(of table: TableReport) -> [String] {
        let name = Neutral.text(table.table)
        var lines = [
            "",
            "\(name): \(Quantity.grouped(table.duplicates)) "
                + "\(table.duplicates == 1 ? "row has" : "rows have") the key of another row; "
                + "a key is one item, so not all of these rows are in the table:",
        ]
        for duplicate in table.duplicateKeys.prefix(Self.duplicateKeysShownMax) {
            let rows = Quantity.grouped(duplicate.rows)
            lines.append("  \(Neutral.text(duplicate.key))  \(rows) rows")
        }
        let shown = min(table.duplicateKeys.count, Self.duplicateKeysShownMax)
        if table.duplicateKeys.count > shown {
            lines.append(
                "  and \(table.duplicateKeys.count - shown) more keys, which --output json names"
            )
        }
        return lines
    }

    func errors(_ errors: [String]) -> [String] {
        guard !errors.isEmpty else { return [] }
        var lines = ["", style.paint(errors.count == 1 ? "Error:" : "Errors:", .red)]
        for error in errors {
            lines += Neutral.lines(error).enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
        }
        return lines
    }

    private func advice(of report: RunReport) -> [String] {
        var lines: [String] = []
        let rejected = report.tables.reduce(0) { $0 + $1.rejected }
        if let path = report.deadLetters {
            let rows = rejected == 1 ? "1 row was" : "\(Quantity.grouped(rejected)) rows were"
            lines += [
                "",
                "\(rows) rejected, with the reasons in \(Neutral.text(path))",
                "Correct the rows or the contract, then `unglue retry \(Neutral.text(report.run))` maps "
                    + "and sends them again.",
            ]
        }
        switch report.state {
        case .interrupted:
            lines += ["", "The run was interrupted. Run the same command again to finish."]
        case .failed:
            lines += [
                "", "The run did not finish. When the cause is gone, run the same command again.",
            ]
        case .ready, .running, .succeeded, .partial:
            break
        }
        return lines
    }
}

extension TableReport {
    /// Adds another table's counts to this one's.
    mutating func add(_ other: TableReport) {
        rowsRead += other.rowsRead
        itemsWritten += other.itemsWritten
        itemsKept += other.itemsKept
        duplicates += other.duplicates
        rejected += other.rejected
        bytesWritten += other.bytesWritten
        writeUnits += other.writeUnits
        requests += other.requests
        retries += other.retries
        throttles += other.throttles
    }
}

extension Int {
    /// The nearest whole number; 0 for what is no number.
    fileprivate init(clamping number: Double) {
        self = number.isFinite ? Int(Swift.min(Swift.max(number, -9e18), 9e18).rounded()) : 0
    }
}
