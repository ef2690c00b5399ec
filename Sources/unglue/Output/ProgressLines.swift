import Contract
import Pipeline

/// Turns snapshots of a run into lines: what is shown, without where.
///
/// Keeps the last seconds of counts, from which rates come.
struct ProgressLines {
    /// Seconds over which a rate is taken.
    static let windowSeconds = 10.0

    /// A table's numbers at one moment.
    struct Figures: Sendable, Equatable {
        var table: RunProgress.Table
        var rowsPerSecond: Double
        /// nil where the number of rows is not known, or nothing moves.
        var secondsLeft: Double?

        /// 0 to 100; 100 only once the table is finished, since the number of rows is an estimate.
        var percent: Int? {
            if table.state == .succeeded || table.state == .partial { return 100 }
            guard let estimated = table.rowsEstimated, estimated > 0 else { return nil }
            return min(Int(Double(table.rowsSeen) * 100 / Double(estimated)), 99)
        }
    }

    private struct Sample {
        var seconds: Double
        var rowsRead: [String: Int]
    }

    private var samples: [Sample] = []
    private var statesPrinted: [String: RunState] = [:]

    /// Takes a snapshot in; they come in the order of time.
    mutating func update(_ progress: RunProgress) -> [Figures] {
        let counts = progress.tables.map { ($0.table, $0.rowsSeen) }
        samples.append(
            Sample(
                seconds: progress.seconds,
                rowsRead: Dictionary(counts) { first, _ in first }
            )
        )
        // One sample older than the window stays, so that the window is always covered.
        while samples.count > 2, progress.seconds - samples[1].seconds >= Self.windowSeconds {
            samples.removeFirst()
        }
        return progress.tables.map(figures)
    }

    private func figures(_ table: RunProgress.Table) -> Figures {
        guard table.state == .running, let first = samples.first, let last = samples.last else {
            return Figures(table: table, rowsPerSecond: 0, secondsLeft: nil)
        }
        let seconds = last.seconds - first.seconds
        let rows = table.rowsSeen - (first.rowsRead[table.table] ?? 0)
        let rate = seconds > 0 ? Double(max(rows, 0)) / seconds : 0
        var left: Double?
        if let estimated = table.rowsEstimated, estimated > table.rowsSeen, rate > 0 {
            left = Double(estimated - table.rowsSeen) / rate
        }
        return Figures(table: table, rowsPerSecond: rate, secondsLeft: left)
    }

    // MARK: - On a terminal

    /// The lines of a display that is redrawn: one a table and one for all, none wider than
    /// `columns` and no more than fit above the cursor.
    static func display(
        _ figures: [Figures],
        seconds: Double,
        columns: Int,
        rows: Int,
        style: Style
    ) -> [String] {
        var shown = figures
        var hidden = 0
        let linesMax = max(rows - 2, 1)
        if shown.count > linesMax {
            let urgent: [RunState] = [
                .failed, .running, .interrupted, .partial, .ready, .succeeded,
            ]
            let ranked = shown.indices.sorted { left, right in
                let leftRank = urgent.firstIndex(of: shown[left].table.state) ?? 0
                let rightRank = urgent.firstIndex(of: shown[right].table.state) ?? 0
                return (leftRank, left) < (rightRank, right)
            }
            hidden = shown.count - (linesMax - 1)
            shown = ranked.prefix(linesMax - 1).sorted().map { figures[$0] }
        }
        var lines = tableLines(shown, columns: columns, style: style)
        if hidden > 0 { lines.append("and \(hidden) more tables".fitted(to: columns)) }
        if figures.count > 1 {
            let rowsRead = figures.reduce(0) { $0 + $1.table.rowsSeen }
            let rate = figures.reduce(0) { $0 + $1.rowsPerSecond }
            let total =
                "\(Quantity.grouped(rowsRead)) rows, \(Quantity.rate(rate)), "
                + "\(Quantity.duration(seconds: seconds)) so far"
            lines.append(style.paint(total.fitted(to: columns), .dim))
        }
        return lines
    }

    private static func tableLines(
        _ figures: [Figures],
        columns: Int,
        style: Style
    ) -> [String] {
        let titles: [TextTable.Alignment] = [.left, .left, .right, .right, .right, .left, .left]
        let table = TextTable(
            columns: titles.map { TextTable.Column(title: "", alignment: $0) },
            rows: figures.map { figures in
                [
                    figures.table.table, figures.table.state.rawValue,
                    "\(Quantity.grouped(figures.table.rowsSeen)) rows",
                    figures.percent.map { "\($0) %" } ?? "",
                    figures.table.state == .running ? Quantity.rate(figures.rowsPerSecond) : "",
                    figures.secondsLeft.map { "\(Quantity.duration(seconds: $0)) left" } ?? "",
                    troubles(figures.table),
                ]
            }
        )
        return zip(table.lines.dropFirst(), figures).map { line, figures in
            paintState(line.fitted(to: columns), of: figures.table, style: style)
        }
    }

    /// Colours the state's word, if it was not cut off.
    private static func paintState(
        _ line: String,
        of table: RunProgress.Table,
        style: Style
    ) -> String {
        let name = Neutral.text(table.table)
        guard style.isColoured, line.hasPrefix(name) else { return line }
        let rest = line.dropFirst(name.count)
        let spaces = rest.prefix { $0 == " " }
        let word = table.state.rawValue
        guard rest.dropFirst(spaces.count).hasPrefix(word) else { return line }
        return name + spaces + style.paint(word, TextReporter.colour(of: table.state))
            + rest.dropFirst(spaces.count + word.count)
    }

    /// `3 rejected, 12 retries, 5 throttles`, as far as there are any.
    private static func troubles(_ table: RunProgress.Table) -> String {
        [(table.rejected, "rejected"), (table.retries, "retries"), (table.throttles, "throttles")]
            .filter { $0.0 > 0 }.map { "\(Quantity.grouped($0.0)) \($0.1)" }
            .joined(separator: ", ")
    }

    // MARK: - In a log

    /// A line for each table that is running, or whose state is new since it was printed last.
    mutating func logLines(_ figures: [Figures]) -> [(message: String, fields: [JSONMember])] {
        var lines: [(message: String, fields: [JSONMember])] = []
        for figures in figures {
            let table = figures.table
            let isNew = statesPrinted[table.table] != table.state && table.state != .ready
            guard table.state == .running || isNew else { continue }
            statesPrinted[table.table] = table.state
            lines.append((Self.sentence(figures), Self.fields(figures)))
        }
        return lines
    }

    private static func sentence(_ figures: Figures) -> String {
        let table = figures.table
        var parts = ["\(table.state.rawValue)", "\(Quantity.grouped(table.rowsSeen)) rows"]
        if let percent = figures.percent { parts[1] += " (\(percent) %)" }
        if table.state == .running { parts.append(Quantity.rate(figures.rowsPerSecond)) }
        let troubles = troubles(table)
        if !troubles.isEmpty { parts.append(troubles) }
        if let left = figures.secondsLeft {
            parts.append("\(Quantity.duration(seconds: left)) left")
        }
        return "\(table.table): \(parts.joined(separator: ", "))"
    }

    private static func fields(_ figures: Figures) -> [JSONMember] {
        let table = figures.table
        return [
            JSONMember(name: "table", value: .string(table.table)),
            JSONMember(name: "state", value: .string(table.state.rawValue)),
            JSONMember(name: "rows_read", value: .integer(table.rowsRead)),
            JSONMember(
                name: "rows_estimated",
                value: table.rowsEstimated.map(JSONValue.integer) ?? .null
            ),
            JSONMember(name: "items_written", value: .integer(table.itemsWritten)),
            JSONMember(name: "rejected", value: .integer(table.rejected)),
            JSONMember(name: "retries", value: .integer(table.retries)),
            JSONMember(name: "throttles", value: .integer(table.throttles)),
            JSONMember(
                name: "rows_per_second",
                value: .decimal(figures.rowsPerSecond, places: 1)
            ),
            JSONMember(
                name: "seconds_left",
                value: figures.secondsLeft.map { .decimal($0, places: 0) } ?? .null
            ),
        ]
    }
}

extension RunProgress.Table {
    /// Rows that must have been read by now: a chunk's rows may be counted only at its end, when
    /// many of its items are written already.
    fileprivate var rowsSeen: Int { max(rowsRead, itemsWritten + rejected) }
}
