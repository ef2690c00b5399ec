import Contract
import Pipeline

/// One JSON document a result, as scripts read it.
///
/// Members are added over time, never renamed.
struct JSONReporter: Reporter {
    func text(of report: RunReport) -> String {
        Self.document([
            JSONMember(name: "run", value: .string(report.run)),
            JSONMember(name: "state", value: .string(report.state.rawValue)),
            JSONMember(name: "seconds", value: .decimal(report.seconds, places: 3)),
            JSONMember(
                name: "dead_letters",
                value: report.deadLetters.map(JSONValue.string) ?? .null
            ),
            JSONMember(name: "latency_ms", value: Self.latency(report.latency)),
            JSONMember(
                name: "tables",
                value: .array(report.tables.map { .object(Self.members(of: $0)) })
            ),
            JSONMember(name: "errors", value: .array(report.errors.map(JSONValue.string))),
            JSONMember(
                name: "bound_by",
                value: report.bottleneck.map(Self.bottleneck) ?? .null
            ),
        ])
    }

    /// Parts of the time, which add up to 1.
    private static func bottleneck(_ bottleneck: Bottleneck) -> JSONValue {
        .object([
            JSONMember(name: "mysql", value: .decimal(bottleneck.source, places: 3)),
            JSONMember(name: "engine", value: .decimal(bottleneck.engine, places: 3)),
            JSONMember(name: "answers", value: .decimal(bottleneck.answers, places: 3)),
            JSONMember(name: "capacity", value: .decimal(bottleneck.capacity, places: 3)),
        ])
    }

    /// A document, harmless on a terminal whatever its strings hold.
    static func document(_ members: [JSONMember]) -> String {
        Neutral.json(JSONValue.object(members).serialized(pretty: true))
    }

    /// The accounts of a table, as every document shows them.
    static func members(of table: TableReport) -> [JSONMember] {
        [
            JSONMember(name: "table", value: .string(table.table)),
            JSONMember(name: "state", value: .string(table.state.rawValue)),
            JSONMember(name: "rows_read", value: .integer(table.rowsRead)),
            JSONMember(name: "items_written", value: .integer(table.itemsWritten)),
            JSONMember(name: "items_kept", value: .integer(table.itemsKept)),
            JSONMember(name: "duplicates", value: .integer(table.duplicates)),
            JSONMember(name: "rejected", value: .integer(table.rejected)),
            JSONMember(name: "bytes_written", value: .integer(table.bytesWritten)),
            JSONMember(name: "write_units", value: .decimal(table.writeUnits, places: 1)),
            JSONMember(name: "requests", value: .integer(table.requests)),
            JSONMember(name: "retries", value: .integer(table.retries)),
            JSONMember(name: "throttles", value: .integer(table.throttles)),
            JSONMember(name: "seconds", value: .decimal(table.seconds, places: 3)),
            JSONMember(
                name: "duplicate_keys",
                value: .array(table.duplicateKeys.map(Self.duplicate))
            ),
        ]
    }

    private static func latency(_ latency: LatencySummary?) -> JSONValue {
        guard let latency else { return .null }
        return .object(
            [
                ("p50", latency.median), ("p90", latency.p90), ("p99", latency.p99),
                ("max", latency.longest),
            ].map { name, value in
                JSONMember(name: name, value: .decimal(value.inSeconds * 1_000, places: 3))
            }
        )
    }

    private static func duplicate(_ duplicate: DuplicateKey) -> JSONValue {
        .object([
            JSONMember(name: "key", value: Self.value(duplicate.key)),
            JSONMember(name: "rows", value: .integer(duplicate.rows)),
        ])
    }

    /// JSON text as what it is; text that is no JSON after all as a string.
    static func value(_ text: String) -> JSONValue {
        do {
            return try JSONParser.parse(Array(text.utf8))
        } catch {
            return .string(text)
        }
    }
}

extension JSONValue {
    static func integer(_ number: Int) -> JSONValue {
        .number(String(number))
    }

    /// A number with at most so many decimals, none of them a trailing zero.
    static func decimal(_ number: Double, places: Int) -> JSONValue {
        var text = Quantity.decimal(number, places: places)
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return .number(text)
    }
}
