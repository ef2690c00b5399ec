import Contract
import Pipeline
import RunLedger

extension TextReporter {
    /// The runs, each with its tables below it.
    func text(of runs: [RunSummary], writer: LockHolder?) -> String {
        let counts = Self.statusCounts.filter { count in
            count.isAlwaysShown
                || runs.contains { $0.jobs.contains { count.value($0.report) != 0 } }
        }
        var table = TextTable(columns: [
            TextTable.Column(title: "RUN", alignment: .left),
            TextTable.Column(title: "STATE", alignment: .left),
            TextTable.Column(title: "STARTED", alignment: .left),
        ])
        table.columns += (counts.map(\.title) + ["TIME"]).map {
            TextTable.Column(title: $0, alignment: .right)
        }
        table.columns.append(TextTable.Column(title: "CONTRACT", alignment: .left))
        for run in runs {
            var total = TableReport(table: run.run, state: run.state)
            for job in run.jobs { total.add(job.report) }
            table.rows.append(
                [run.run, run.state.rawValue, Self.time(run.started)]
                    + counts.map { Quantity.grouped($0.value(total)) }
                    + [Quantity.duration(seconds: run.seconds), run.contractPath]
            )
            for job in run.jobs {
                table.rows.append(
                    ["  \(job.report.table)", job.report.state.rawValue, ""]
                        + counts.map { Quantity.grouped($0.value(job.report)) }
                        + [Quantity.duration(seconds: job.report.seconds), ""]
                )
            }
        }
        return (table.lines + writing(writer)).joined(separator: "\n") + "\n"
    }

    /// One run, with all that is known of it.
    func text(of run: RunSummary, entities: [EntitySummary], writer: LockHolder?) -> String {
        let state = style.paint(run.state.rawValue, Self.colour(of: run.state))
        var lines = ["Run \(Neutral.text(run.run)) \(state)", ""]
        lines += [
            ("Contract", run.contractPath), ("Started", Self.time(run.started)),
            (run.ended == nil ? "Updated" : "Ended", Self.time(run.ended ?? run.updated)),
            ("Time", Quantity.duration(seconds: run.seconds)), ("Mode", run.mode.rawValue),
            ("Consistency", run.consistency),
        ].map { name, value in "\(name.padded(to: 12)) \(Neutral.text(value))" }
        let report = RunReport(
            run: run.run,
            state: run.state,
            seconds: run.seconds,
            deadLetters: nil,
            tables: run.jobs.map(\.report),
            errors: run.errors
        )
        if !run.jobs.isEmpty { lines += [""] + table(of: report) }
        if !entities.isEmpty { lines += [""] + chunks(of: entities, run) }
        for job in run.jobs where job.report.duplicates > 0 { lines += duplicates(of: job.report) }
        lines += errors(run.errors)
        switch run.state {
        case .interrupted, .failed:
            lines += [
                "",
                run.consistency.hasPrefix("snapshot")
                    ? "It cannot be resumed, since its snapshot is gone: the same `unglue run` begins "
                        + "anew."
                    : "While no later run was begun, the same `unglue run` goes on from its last "
                        + "checkpoint.",
            ]
        case .running, .ready: lines += writing(writer)
        case .succeeded, .partial: break
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func chunks(of entities: [EntitySummary], _ run: RunSummary) -> [String] {
        var table = TextTable(columns: [
            TextTable.Column(title: "ENTITY", alignment: .left),
            TextTable.Column(title: "TABLE", alignment: .left),
        ])
        table.columns += ["CHUNKS", "READ", "WRITTEN", "KEPT", "REJECTED"].map {
            TextTable.Column(title: $0, alignment: .right)
        }
        for entity in entities {
            let name =
                run.jobs.indices.contains(entity.table)
                ? run.jobs[entity.table].report.table : ""
            table.rows.append(
                [entity.name, name]
                    + [
                        entity.chunks, entity.rowsRead, entity.written, entity.kept,
                        entity.rejected,
                    ].map(Quantity.grouped)
            )
        }
        return table.lines
    }

    private func writing(_ writer: LockHolder?) -> [String] {
        guard let writer else { return [] }
        return ["", "At work: \(Neutral.text(writer.description))"]
    }

    private struct StatusCount: Sendable {
        var title: String
        var value: @Sendable (TableReport) -> Int
        var isAlwaysShown = false
    }

    private static let statusCounts = [
        StatusCount(title: "READ", value: { $0.rowsRead }, isAlwaysShown: true),
        StatusCount(title: "WRITTEN", value: { $0.itemsWritten }, isAlwaysShown: true),
        StatusCount(title: "KEPT", value: { $0.itemsKept }),
        StatusCount(title: "DUPLICATES", value: { $0.duplicates }),
        StatusCount(title: "REJECTED", value: { $0.rejected }),
    ]

    /// To the second, as in `2024-02-29T23:59:59Z`.
    private static func time(_ milliseconds: Int) -> String {
        Timestamp(milliseconds: milliseconds).iso8601.prefix(19) + "Z"
    }
}

extension JSONReporter {
    func text(of runs: [RunSummary]) -> String {
        Self.document([
            JSONMember(
                name: "runs",
                value: .array(runs.map { .object(Self.members(of: $0, entities: nil)) })
            )
        ])
    }

    /// The same document with one run, which has its entities too.
    func text(of run: RunSummary, entities: [EntitySummary]) -> String {
        Self.document([
            JSONMember(
                name: "runs",
                value: .array([.object(Self.members(of: run, entities: entities))])
            )
        ])
    }

    private static func members(of run: RunSummary, entities: [EntitySummary]?) -> [JSONMember] {
        var members = [
            JSONMember(name: "run", value: .string(run.run)),
            JSONMember(name: "state", value: .string(run.state.rawValue)),
            JSONMember(name: "contract", value: .string(run.contractPath)),
            JSONMember(name: "started", value: time(run.started)),
            JSONMember(name: "updated", value: time(run.updated)),
            JSONMember(name: "ended", value: run.ended.map(time) ?? .null),
            JSONMember(name: "seconds", value: .decimal(run.seconds, places: 3)),
            JSONMember(name: "mode", value: .string(run.mode.rawValue)),
            JSONMember(name: "consistency", value: .string(run.consistency)),
            JSONMember(name: "tables", value: .array(run.jobs.map(job))),
            JSONMember(name: "errors", value: .array(run.errors.map(JSONValue.string))),
        ]
        if let entities {
            members.append(
                JSONMember(
                    name: "entities",
                    value: .array(entities.map { entity($0, run) })
                )
            )
        }
        return members
    }

    private static func job(_ job: JobSummary) -> JSONValue {
        .object(
            members(of: job.report) + [
                JSONMember(name: "target", value: .string(job.targetName)),
                JSONMember(name: "chunks", value: .integer(job.chunks)),
            ]
        )
    }

    private static func entity(_ entity: EntitySummary, _ run: RunSummary) -> JSONValue {
        let table: JSONValue =
            run.jobs.indices.contains(entity.table)
            ? .string(run.jobs[entity.table].report.table) : .null
        return .object([
            JSONMember(name: "entity", value: .string(entity.name)),
            JSONMember(name: "table", value: table),
            JSONMember(name: "chunks", value: .integer(entity.chunks)),
            JSONMember(name: "rows_read", value: .integer(entity.rowsRead)),
            JSONMember(name: "items_written", value: .integer(entity.written)),
            JSONMember(name: "items_kept", value: .integer(entity.kept)),
            JSONMember(name: "rejected", value: .integer(entity.rejected)),
        ])
    }

    private static func time(_ milliseconds: Int) -> JSONValue {
        .string(Timestamp(milliseconds: milliseconds).iso8601)
    }
}

extension Timestamp {
    /// Milliseconds since 1970 in UTC, as the ledger keeps times.
    fileprivate init(milliseconds: Int) {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        self.init(
            seconds: remainder < 0 ? quotient - 1 : quotient,
            milliseconds: remainder < 0 ? remainder + 1000 : remainder
        )
    }
}
