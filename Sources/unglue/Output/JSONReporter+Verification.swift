import Contract
import Pipeline

extension JSONReporter {
    func text(of result: VerificationResult) -> String {
        var members = [
            JSONMember(name: "state", value: .string(result.state.rawValue)),
            JSONMember(name: "seconds", value: .decimal(result.seconds, places: 3)),
        ]
        if let sample = result.sample {
            let value = JSONValue.object([
                JSONMember(name: "rows", value: .integer(sample.rows)),
                JSONMember(name: "seed", value: .number("\(sample.seed)")),
            ])
            members.append(JSONMember(name: "sample", value: value))
        }
        members += [
            JSONMember(name: "tables", value: .array(result.tables.map(Self.verdict))),
            JSONMember(name: "errors", value: .array(result.errors.map { .string("\($0)") })),
        ]
        return Self.document(members)
    }

    private static func verdict(_ table: TableVerdict) -> JSONValue {
        let state = table.isIdentical.map { $0 ? "identical" : "different" } ?? "unfinished"
        return .object([
            JSONMember(name: "table", value: .string(table.table)),
            JSONMember(name: "state", value: .string(state)),
            JSONMember(name: "expected", value: .integer(table.expected)),
            JSONMember(name: "found", value: .integer(table.found)),
            JSONMember(name: "missing", value: .integer(table.missing)),
            JSONMember(name: "different", value: .integer(table.different)),
            // Nobody has looked for extra items in a sample: that is not none.
            JSONMember(name: "extra", value: table.extra.map(JSONValue.integer) ?? .null),
            JSONMember(name: "rejected", value: .integer(table.rejected)),
            JSONMember(name: "duplicates", value: .integer(table.duplicates)),
            JSONMember(name: "settled", value: .integer(table.settled)),
            JSONMember(name: "repaired", value: .integer(table.repaired)),
            JSONMember(name: "refused", value: .integer(table.refused)),
            JSONMember(name: "deleted", value: .integer(table.deleted)),
            JSONMember(name: "read_units", value: .decimal(table.readUnits, places: 1)),
            JSONMember(name: "write_units", value: .decimal(table.writeUnits, places: 1)),
            JSONMember(name: "seconds", value: .decimal(table.seconds, places: 3)),
            JSONMember(name: "examples", value: .array(table.examples.map(example))),
        ])
    }

    private static func example(_ example: VerificationExample) -> JSONValue {
        .object([
            JSONMember(name: "kind", value: .string(example.kind.rawValue)),
            JSONMember(name: "key", value: value(example.key)),
            JSONMember(
                name: "attributes",
                value: .array(
                    example.attributes.map { attribute in
                        .object([
                            JSONMember(name: "name", value: .string(attribute.name)),
                            JSONMember(
                                name: "expected",
                                value: attribute.expected.map(value) ?? .null
                            ),
                            JSONMember(name: "found", value: attribute.found.map(value) ?? .null),
                        ])
                    }
                )
            ),
        ])
    }
}
