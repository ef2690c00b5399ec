import Contract
import Pipeline

/// What a retry has made of a run's dead letters.
struct RetryReport: Sendable, Equatable {
    struct Table: Sendable, Equatable {
        var table: String
        var letters = 0
        var written = 0
        var kept = 0
        var gone = 0
        /// Letters that are left.
        var rejected = 0
    }

    var run: String
    /// How the retry ended: `succeeded` where no letter is left.
    var state: RunState
    var seconds: Double
    /// Path of what is left of the file; nil if nothing is.
    var deadLetters: String?
    /// Those that had letters, in the order of the run.
    var tables: [Table]
    var errors: [String]

    var total: Table {
        var total = Table(table: "total")
        for table in tables {
            total.letters += table.letters
            total.written += table.written
            total.kept += table.kept
            total.gone += table.gone
            total.rejected += table.rejected
        }
        return total
    }
}

extension TextReporter {
    func text(of report: RetryReport) -> String {
        let state = style.paint(report.state.rawValue, Self.colour(of: report.state))
        var lines = [
            "Retry of run \(Neutral.text(report.run)) \(state) in "
                + Quantity.duration(seconds: report.seconds)
        ]
        if report.tables.isEmpty, report.errors.isEmpty {
            lines += ["", "The run has no dead letters: there is nothing to do."]
        }
        if !report.tables.isEmpty {
            var table = TextTable(columns: [TextTable.Column(title: "TABLE", alignment: .left)])
            table.columns += ["LETTERS", "WRITTEN", "KEPT", "GONE", "REJECTED"].map {
                TextTable.Column(title: $0, alignment: .right)
            }
            let rows = report.tables.count > 1 ? report.tables + [report.total] : report.tables
            for row in rows {
                table.rows.append(
                    [row.table]
                        + [row.letters, row.written, row.kept, row.gone, row.rejected]
                        .map(Quantity.grouped)
                )
            }
            lines += [""] + table.lines
        }
        lines += errors(report.errors)
        if let path = report.deadLetters {
            let count = report.total.rejected
            lines += [
                "",
                "\(Quantity.grouped(count)) \(count == 1 ? "letter is" : "letters are") left in "
                    + "\(Neutral.text(path)), with the reasons as they are now",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension JSONReporter {
    func text(of report: RetryReport) -> String {
        var members = [
            JSONMember(name: "run", value: .string(report.run)),
            JSONMember(name: "state", value: .string(report.state.rawValue)),
        ]
        members += Self.counts(of: report.total)
        let path = report.deadLetters.map(JSONValue.string) ?? .null
        let tables = report.tables.map { table -> JSONValue in
            let name = JSONMember(name: "table", value: .string(table.table))
            return .object([name] + Self.counts(of: table))
        }
        members += [
            JSONMember(name: "dead_letters", value: path),
            JSONMember(name: "seconds", value: .decimal(report.seconds, places: 3)),
            JSONMember(name: "tables", value: .array(tables)),
            JSONMember(name: "errors", value: .array(report.errors.map(JSONValue.string))),
        ]
        return Self.document(members)
    }

    private static func counts(of table: RetryReport.Table) -> [JSONMember] {
        [
            JSONMember(name: "letters", value: .integer(table.letters)),
            JSONMember(name: "written", value: .integer(table.written)),
            JSONMember(name: "kept", value: .integer(table.kept)),
            JSONMember(name: "gone", value: .integer(table.gone)),
            JSONMember(name: "rejected", value: .integer(table.rejected)),
        ]
    }
}
