import Pipeline

extension TextReporter {
    func text(of result: VerificationResult) -> String {
        var lines = [
            style.paint(Self.headline(result), Self.colour(of: result.state))
                + " in \(Quantity.duration(seconds: result.seconds))"
        ]
        if let sample = result.sample {
            lines.append(
                "Only a sample was compared (seed \(sample.seed)); extra items were not looked for."
            )
        }
        if !result.tables.isEmpty { lines += [""] + Self.table(of: result) }
        for table in result.tables {
            lines += Self.notes(of: table)
            lines += Self.examples(of: table)
        }
        if !result.errors.isEmpty {
            lines += ["", style.paint(result.errors.count == 1 ? "Error:" : "Errors:", .red)]
            for error in result.errors {
                let text = Neutral.lines("\(error)")
                lines += text.enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func headline(_ result: VerificationResult) -> String {
        switch result.state {
        case .identical: result.sample == nil ? "Both sides agree" : "The sample agrees"
        case .different: "Both sides differ"
        case .failed: "The verification failed"
        case .interrupted: "The verification was interrupted"
        }
    }

    private static func colour(of state: VerificationState) -> Style.Colour {
        switch state {
        case .identical: .green
        case .interrupted: .yellow
        case .different, .failed: .red
        }
    }

    // MARK: The table

    /// A column with its cell of each table; one that is zero throughout is left out.
    private struct Count: Sendable {
        var title: String
        var value: @Sendable (TableVerdict) -> Int?
        var isAlwaysShown = false
    }

    private static let counts = [
        Count(title: "EXPECTED", value: { $0.expected }, isAlwaysShown: true),
        Count(title: "FOUND", value: { $0.found }, isAlwaysShown: true),
        Count(title: "MISSING", value: { $0.missing }, isAlwaysShown: true),
        Count(title: "DIFFERENT", value: { $0.different }, isAlwaysShown: true),
        Count(title: "EXTRA", value: { $0.extra }, isAlwaysShown: true),
        Count(title: "REJECTED", value: { $0.rejected }),
        Count(title: "DUPLICATES", value: { $0.duplicates }),
        Count(title: "REPAIRED", value: { $0.repaired }),
        Count(title: "DELETED", value: { $0.deleted }),
        Count(title: "READ UNITS", value: { Int($0.readUnits.rounded()) }),
    ]

    private static func table(of result: VerificationResult) -> [String] {
        let counts = counts.filter { count in
            count.isAlwaysShown || result.tables.contains { (count.value($0) ?? 0) != 0 }
        }
        var table = TextTable(columns: [
            TextTable.Column(title: "TABLE", alignment: .left),
            TextTable.Column(title: "STATE", alignment: .left),
        ])
        table.columns += counts.map { TextTable.Column(title: $0.title, alignment: .right) }
        table.columns.append(TextTable.Column(title: "TIME", alignment: .right))
        for verdict in result.tables {
            let state = verdict.isIdentical.map { $0 ? "identical" : "different" } ?? "unfinished"
            table.rows.append(
                [verdict.table, state]
                    + counts.map { $0.value(verdict).map(Quantity.grouped) ?? "-" }
                    + [Quantity.duration(seconds: verdict.seconds)]
            )
        }
        return table.lines
    }

    // MARK: What was found

    private static func notes(of table: TableVerdict) -> [String] {
        var lines: [String] = []
        if table.settled > 0 {
            lines.append(
                "\(Neutral.text(table.table)): \(Quantity.grouped(table.settled)) differences were "
                    + "gone at a second look: the data changes while it is compared"
            )
        }
        if table.refused > 0 {
            lines.append(
                "\(Neutral.text(table.table)): \(Quantity.grouped(table.refused)) items were "
                    + "refused by DynamoDB when they were put"
            )
        }
        return lines.isEmpty ? [] : [""] + lines
    }

    private static func examples(of table: TableVerdict) -> [String] {
        guard !table.examples.isEmpty else { return [] }
        var lines = ["", "\(Neutral.text(table.table)), what was found to differ:"]
        for example in table.examples {
            lines.append("  \(example.kind.rawValue)  \(Neutral.text(example.key))")
            for attribute in example.attributes {
                lines.append(
                    "    \(Neutral.text(attribute.name)): expected "
                        + "\(attribute.expected.map(Neutral.text) ?? "nothing"), found "
                        + "\(attribute.found.map(Neutral.text) ?? "nothing")"
                )
            }
        }
        return lines
    }
}
