public import Contract
import Mapping
public import Pipeline

/// A migration for tests: one table `Various` with a sort key and an attribute of every type.
public enum VariousMigration {
    private static let types:
        [(name: String, type: String, kind: ResultColumn.Kind, data: String)] = [
            ("id", "S", .text, "varchar"), ("place", "N", .integer, "bigint"),
            ("n", "N", .decimal, "decimal"), ("text", "S", .text, "varchar"),
            ("flag", "BOOL", .integer, "tinyint"), ("bin", "B", .binary, "varbinary"),
            ("tags", "SS", .json, "json"), ("counts", "NS", .json, "json"),
            ("doc", "M", .json, "json"), ("parts", "L", .json, "json"),
        ]

    /// The names of a row's cells, in order.
    public static let columns = types.map(\.name)
    public static let keyNames = ["id", "place"]
    public static let targetName = "p-Various"

    /// Number `index` of any number of rows, all of them different.
    public static func row(_ index: Int) -> [String?] {
        let tags = (0...index % 4).map { "\"tag \($0 * index)\"" }.joined(separator: ",")
        return [
            "item \(index / 3)", "\(index % 3)", "\(index).\(index % 90 + 10)",
            index % 5 == 0 ? nil : "text \(index) é \"quoted\" \u{1F600}",
            "\(index % 2)", "bytes \(index)", "[\(tags)]",
            "[\(index), \(index + 1), \(index).5]",
            #"{"a": {"b": [1, {"c": \#(index)}, null]}, "e": "", "t": true, "name \#(index % 7)": "x"}"#,
            #"["first", \#(index), {"last": false}]"#,
        ]
    }

    /// The table as the contract has it.
    public static func table() throws -> Table {
        let attributes = types.map {
            #"{"name": "\#($0.name)", "type": "\#($0.type)", "source_table": "t", "#
                + #""source_column": "\#($0.name)"}"#
        }
        let json = """
            {"tables": [{"table": "Various", "type": "single-entity", "source_table": "t",
              "pk": "id", "sk": "place", "attributes": [\(attributes.joined(separator: ","))]}]}
            """
        return try ContractDecoder.decode(Array(json.utf8)).contract.tables[0]
    }

    public static func plan() throws -> MigrationPlan {
        let table = try table()
        let contract = Contract(tables: [table])
        let catalog = Catalog(
            server: ServerVersion(flavour: .mysql, major: 9, minor: 7, patch: 4),
            database: "d",
            tables: [
                CatalogTable(
                    name: "t",
                    isView: false,
                    columns: types.map {
                        CatalogColumn(
                            name: $0.name,
                            dataType: $0.data,
                            columnType: $0.data,
                            isNullable: true,
                            characterSet: $0.kind == .text ? "utf8mb4" : nil,
                            collation: $0.kind == .text ? "utf8mb4_0900_ai_ci" : nil
                        )
                    },
                    primaryKey: ["id", "place"],
                    foreignKeys: []
                )
            ]
        )
        let views = ViewBuilder(catalog: catalog, contract: contract).views(of: contract)
        let columns = types.map { ResultColumn(name: $0.name, kind: $0.kind) }
        return MigrationPlan(
            tables: [
                MigrationPlan.Table(name: "Various", targetName: targetName, keyNames: keyNames)
            ],
            entities: [
                MigrationPlan.Entity(
                    table: 0,
                    entityType: nil,
                    plan: try ItemPlan.compile(
                        table: table,
                        entity: table.entities[0],
                        view: views.tables[0].entities[0],
                        columns: columns
                    ),
                    columns: columns,
                    rowsEstimated: nil
                )
            ]
        )
    }

    /// The items that rows make, as the mapper writes them; rows that it rejects make none.
    public static func items(of rows: [[String?]], plan: MigrationPlan) throws -> [JSONValue] {
        let mapper = ItemMapper(plan: plan.entities[0].plan)
        let buffer = ByteBuffer()
        var items: [JSONValue] = []
        for row in rows {
            let slab = RowSlab(columnCount: row.count)
            for cell in row {
                guard var cell else {
                    unsafe slab.append(cell: nil)
                    continue
                }
                cell.withUTF8 { unsafe slab.append(cell: $0) }
            }
            slab.endRow()
            buffer.truncate(to: 0)
            guard case .item = mapper.map(row: 0, of: slab, into: buffer) else { continue }
            items.append(try JSONParser.parse(buffer.array()))
        }
        return items
    }
}
