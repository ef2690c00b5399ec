import Contract
import Mapping

/// The tables that the view tests build views over, and shorthand for what a contract says.
enum ViewStore {
    static let mysql = ServerVersion(flavour: .mysql, major: 9, minor: 4, patch: 0)
    static let oldMySQL = ServerVersion(flavour: .mysql, major: 5, minor: 7, patch: 44)
    static let mariadb = ServerVersion(flavour: .mariadb, major: 10, minor: 11, patch: 8)

    static func column(_ name: String, _ type: String, nullable: Bool = false) -> CatalogColumn {
        let dataType = type.split { $0 == "(" || $0 == " " }.first.map(String.init) ?? type
        let isText = ["char", "varchar", "text", "enum", "set"].contains(dataType)
        return CatalogColumn(
            name: name,
            dataType: dataType,
            columnType: type,
            isNullable: nullable,
            characterSet: isText ? "utf8mb4" : nil,
            collation: isText ? "utf8mb4_0900_ai_ci" : nil
        )
    }

    static func table(
        _ name: String,
        key: [String] = ["id"],
        unique: [[String]] = [],
        references: [String: String] = [:],
        isView: Bool = false,
        _ columns: [CatalogColumn]
    ) -> CatalogTable {
        CatalogTable(
            name: name,
            isView: isView,
            columns: columns,
            primaryKey: key,
            foreignKeys: references.sorted { $0.key < $1.key }.map { column, table in
                ForeignKey(columns: [column], referencedTable: table, referencedColumns: ["id"])
            },
            uniqueKeys: unique
        )
    }

    static let tables: [CatalogTable] = [
        table(
            "users",
            unique: [["email"]],
            [
                column("id", "int"), column("email", "varchar(100)"),
                column("first_name", "varchar(50)", nullable: true),
                column("score", "float", nullable: true), column("created_at", "datetime(3)"),
            ]
        ),
        table(
            "categories",
            references: ["parent_id": "categories"],
            [
                column("id", "int"), column("name", "varchar(100)"),
                column("parent_id", "int", nullable: true),
            ]
        ),
        table(
            "products",
            references: ["category_id": "categories"],
            [
                column("id", "int"), column("category_id", "int", nullable: true),
                column("name", "varchar(200)"), column("price", "decimal(10,2)"),
                column("order", "int", nullable: true),
            ]
        ),
        table(
            "orders",
            references: ["user_id": "users"],
            [
                column("id", "bigint unsigned"), column("user_id", "int"),
                column("status", "varchar(20)", nullable: true), column("created_at", "timestamp"),
                column("total", "decimal(10,2)"), column("date", "date", nullable: true),
            ]
        ),
        table(
            "order_items",
            key: ["order_id", "line"],
            [
                column("order_id", "bigint unsigned"), column("line", "int(4) unsigned zerofill"),
                column("quantity", "int"), column("weight", "float", nullable: true),
                column("packed_at", "datetime", nullable: true), column("data", "blob"),
                column("flags", "bit(8)"), column("extra", "json", nullable: true),
                column("note", "text", nullable: true), column("season", "year"),
            ]
        ),
        table("rates", key: [], [column("code", "int"), column("rate", "decimal(5,2)")]),
        table(
            "user_view",
            key: [],
            isView: true,
            [
                column("PK", "varchar(100)"), column("Email", "varchar(100)"),
                column("id", "int"), column("score", "float"),
            ]
        ),
    ]

    static func catalog(_ server: ServerVersion = mysql) -> Catalog {
        Catalog(server: server, database: "store", tables: tables)
    }

    static func sql(_ text: String) throws -> SQLFragment { try SQLFragment.parse(text) }

    static func attribute(
        _ name: String,
        _ type: AttributeType,
        _ source: AttributeSource,
        _ transformation: Transformation? = nil
    ) -> Attribute {
        Attribute(
            name: name,
            type: type,
            source: source,
            transformation: transformation,
            path: "a.\(name)"
        )
    }

    static func template(_ text: String, _ lookup: Template.Lookup = .columnFirst) throws
        -> Transformation
    {
        .template(try Template.parse(text, lookup: lookup))
    }

    static func entity(
        _ source: String,
        _ attributes: [Attribute],
        type: String? = nil,
        view: String? = nil,
        chunkKey: [String] = []
    ) -> Entity {
        Entity(
            entityType: type,
            sourceTable: source,
            view: view,
            chunkKey: chunkKey,
            attributes: attributes,
            path: "e"
        )
    }

    static func table(_ name: String, _ entities: [Entity], isMultiEntity: Bool = false) -> Table {
        Table(
            name: name,
            isMultiEntity: isMultiEntity,
            partitionKey: KeyAttribute(name: "PK", type: .string),
            sortKey: nil,
            indexes: [],
            entities: entities,
            path: "t.\(name)"
        )
    }

    /// The view of one entity and the problems, as text.
    static func build(
        _ source: String,
        _ attributes: [Attribute],
        on server: ServerVersion = mysql,
        view: String? = nil,
        chunkKey: [String] = []
    ) -> (view: EntityView?, problems: [String]) {
        let table = table(
            "T",
            [entity(source, attributes, view: view, chunkKey: chunkKey)]
        )
        let contract = Contract(tables: [table])
        let builder = ViewBuilder(catalog: catalog(server), contract: contract)
        let (view, problems) = builder.entityView(table.entities[0], of: table)
        return (view, problems.map(\.description))
    }

    /// The SELECT that one attribute makes.
    static func select(
        _ source: String,
        _ attribute: AttributeSource,
        type: AttributeType = .string,
        on server: ServerVersion = mysql
    ) -> String {
        let built = build(source, [Self.attribute("v", type, attribute)], on: server)
        return built.view?.selectSQL ?? built.problems.joined(separator: "\n")
    }
}
