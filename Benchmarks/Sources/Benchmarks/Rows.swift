import Contract
import Mapping

/// Rows of one shape, and the plan that maps them.
struct Rows {
    /// A column beside the two of the key, and what its cells hold.
    struct Column: Sendable {
        var type: AttributeType
        var kind: ResultColumn.Kind
        var cell: @Sendable (_ row: Int) -> String?
    }

    let plan: ItemPlan
    let slab: RowSlab
    let table: Table

    /// - Parameters:
    ///   - count: rows.
    ///   - columns: of which the items are made, beside a partition key and a sort key.
    init(count: Int, columns: [Column]) {
        let names = columns.indices.map { "attribute_\($0)" }
        let attributes =
            [Self.attribute("PK", .string), Self.attribute("SK", .number)]
            + zip(names, columns).map { Self.attribute($0, $1.type) }
        table = Table(
            name: "Benchmark",
            isMultiEntity: false,
            partitionKey: KeyAttribute(name: "PK", type: .string),
            sortKey: KeyAttribute(name: "SK", type: .number),
            indexes: [],
            entities: [
                Entity(
                    entityType: nil,
                    sourceTable: "things",
                    attributes: attributes,
                    path: "tables[0]"
                )
            ],
            path: "tables[0]"
        )
        let view = EntityView(
            name: "ddb_things_view",
            selectSQL: "SELECT 1",
            columns: (["PK", "SK"] + names).map { ViewColumn(name: $0, role: .attribute) },
            chunkKey: [],
            sourceTable: "things",
            templates: [:]
        )
        let resultColumns =
            [
                ResultColumn(name: "PK", kind: .text),
                ResultColumn(name: "SK", kind: .integer),
            ] + zip(names, columns).map { ResultColumn(name: $0, kind: $1.kind) }
        do {
            plan = try ItemPlan.compile(
                table: table,
                entity: table.entities[0],
                view: view,
                columns: resultColumns
            )
        } catch {
            preconditionFailure("a benchmark's own contract does not compile: \(error)")
        }
        slab = RowSlab(columnCount: resultColumns.count)
        for row in 0..<count {
            append("CUSTOMER#\(100_000 + row)")
            append("\(1_700_000_000 + row)")
            for column in columns { append(column.cell(row)) }
            slab.endRow()
        }
    }

    private func append(_ text: String?) {
        guard let text else { return unsafe slab.append(cell: nil) }
        unsafe Array(text.utf8).withUnsafeBufferPointer { unsafe slab.append(cell: $0) }
    }

    private static func attribute(_ name: String, _ type: AttributeType) -> Attribute {
        Attribute(
            name: name,
            type: type,
            source: .column(name),
            transformation: nil,
            nullPolicy: .absent,
            emptyPolicy: .keep,
            path: "tables[0].attributes[\(name)]"
        )
    }
}

extension Rows.Column {
    static func text(_ cell: @escaping @Sendable (Int) -> String?) -> Self {
        Self(type: .string, kind: .text, cell: cell)
    }

    static let ascii = text { "The quick brown fox, number \($0)" }
    static let escapes = text { "A \"quoted\" word,\n\ta C:\\path and \u{1} of \($0)" }
    static let emoji = text { "Crème brûlée 🍮 für Zoë — 健太 \($0)" }
    static let integer = Self(type: .number, kind: .integer) { "\(1_000 + $0 * 7_919)" }
    static let decimal = Self(type: .number, kind: .decimal) {
        "\($0 % 5_000).\(10 + $0 % 90)00"
    }
    static let null = text { _ in nil }
    static let flag = Self(type: .bool, kind: .integer) { "\($0 % 2)" }
    static let json = Self(type: .map, kind: .json) {
        #"{"theme": "dark", "sizes": [1, 2.50, \#($0)], "mail": {"daily": false, "to": null}, "#
            + #""note": "a \"b\" c"}"#
    }
    static let date = text { "2024-02-\(10 + $0 % 19) 23:59:59.123456" }
    /// What a row of a shop's orders has.
    static let order: [Self] = [
        integer, ascii, decimal, date, date, flag, null, integer, .text { "user\($0)@example.com" },
        emoji, decimal,
    ]
}
