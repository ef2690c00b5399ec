import Contract
import Mapping

/// One attribute beside a key of the digit 1, and the rows that fill it: what most tables here need.
enum MapperFixture {
    static let keyColumn = ResultColumn(name: "PK", kind: .integer)

    static func column(_ name: String) -> ViewColumn { ViewColumn(name: name, role: .attribute) }

    static func attribute(
        _ name: String,
        _ type: AttributeType,
        _ transformation: Transformation? = nil,
        null: NullPolicy = .absent,
        empty: EmptyPolicy = .keep
    ) -> Attribute {
        Attribute(
            name: name,
            type: type,
            source: .column(name),
            transformation: transformation,
            nullPolicy: null,
            emptyPolicy: empty,
            path: "tables[0].attributes[\(name)]"
        )
    }

    static func table(
        _ attributes: [Attribute],
        partition: KeyAttribute = KeyAttribute(name: "PK", type: .string),
        sort: KeyAttribute? = nil,
        indexes: [SecondaryIndex] = [],
        view: String? = nil
    ) -> Table {
        Table(
            name: "Things",
            isMultiEntity: false,
            partitionKey: partition,
            sortKey: sort,
            indexes: indexes,
            entities: [
                Entity(
                    entityType: nil,
                    sourceTable: "things",
                    view: view,
                    attributes: attributes,
                    path: "tables[0]"
                )
            ],
            path: "tables[0]"
        )
    }

    static func view(
        _ columns: [ViewColumn],
        templates: [String: [TemplateInput]] = [:]
    ) -> EntityView {
        EntityView(
            name: "ddb_things_view",
            selectSQL: "SELECT 1",
            columns: columns,
            chunkKey: [],
            sourceTable: "things",
            templates: templates
        )
    }

    static func slab(_ rows: [[[UInt8]?]]) -> RowSlab {
        let slab = RowSlab(columnCount: rows.first?.count ?? 0)
        for row in rows {
            for cell in row {
                if let cell {
                    unsafe cell.withUnsafeBufferPointer { unsafe slab.append(cell: $0) }
                } else {
                    unsafe slab.append(cell: nil)
                }
            }
            slab.endRow()
        }
        return slab
    }

    /// The item of one row, or why there is none.
    static func map(_ mapper: ItemMapper, _ row: [[UInt8]?]) -> String {
        let buffer = ByteBuffer()
        buffer.append("kept")
        switch mapper.map(row: 0, of: slab([row]), into: buffer) {
        case .item: return String(decoding: buffer.array(4..<buffer.count), as: UTF8.self)
        case .rejected(let rejection):
            return buffer.count == 4 ? rejection.reason : "the buffer was not truncated"
        }
    }

    /// What one value of one column becomes as attribute `v`, without the key before it.
    static func value(
        _ bytes: [UInt8]?,
        _ kind: ResultColumn.Kind,
        _ type: AttributeType,
        _ transformation: Transformation? = nil,
        null: NullPolicy = .absent,
        empty: EmptyPolicy = .keep,
        viewColumn: ViewColumn = column("v"),
        view: String? = nil
    ) throws -> String {
        let attribute = attribute("v", type, transformation, null: null, empty: empty)
        let table = table([MapperFixture.attribute("PK", .string), attribute], view: view)
        let plan = try ItemPlan.compile(
            table: table,
            entity: table.entities[0],
            view: MapperFixture.view([column("PK"), viewColumn]),
            columns: [keyColumn, ResultColumn(name: "v", kind: kind)]
        )
        let item = map(ItemMapper(plan: plan), [Array("1".utf8), bytes])
        let before = "{\"PK\":{\"S\":\"1\"}"
        guard item.hasPrefix(before) else { return item }
        let rest = item.dropFirst(before.count).dropLast()
        return rest.hasPrefix(",\"v\":") ? String(rest.dropFirst(5)) : String(rest)
    }

    static func value(
        _ text: String?,
        _ kind: ResultColumn.Kind,
        _ type: AttributeType,
        _ transformation: Transformation? = nil,
        null: NullPolicy = .absent,
        empty: EmptyPolicy = .keep,
        viewColumn: ViewColumn = column("v"),
        view: String? = nil
    ) throws -> String {
        try value(
            text.map { Array($0.utf8) },
            kind,
            type,
            transformation,
            null: null,
            empty: empty,
            viewColumn: viewColumn,
            view: view
        )
    }
}
