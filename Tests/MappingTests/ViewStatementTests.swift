import Contract
import Mapping
import Testing

@Suite("Views: statements and names")
struct ViewStatementTests {
    private func entity(_ type: String?, _ source: String, _ names: [(String, String)]) -> Entity {
        ViewStore.entity(
            source,
            names.map { ViewStore.attribute($0.0, .string, .column($0.1)) },
            type: type
        )
    }

    @Test("A single-entity table has one view")
    func single() throws {
        let table = ViewStore.table("Products", [entity(nil, "products", [("PK", "id")])])
        let contract = Contract(tables: [table])
        let builder = ViewBuilder(catalog: ViewStore.catalog(), contract: contract)
        let views = builder.views(of: contract)
        #expect(views.problems.isEmpty)
        #expect(views.tables[0].isComplete)
        #expect(
            builder.createStatements(table, entities: views.tables[0].entities) == [
                """
                CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW `ddb_Products_view` AS
                SELECT
                    `s`.`id` AS `PK`,
                    `s`.`id` AS `_key_id`
                FROM `products` AS `s`
                """
            ]
        )
        #expect(builder.dropStatements(table) == ["DROP VIEW IF EXISTS `ddb_Products_view`"])
    }

    @Test("A multi-entity table has a view an entity, and the union of them in one type a column")
    func union() throws {
        let table = ViewStore.table(
            "Users",
            [
                entity("USER", "users", [("PK", "email"), ("since", "created_at")]),
                entity(
                    "ORDER",
                    "orders",
                    [("PK", "status"), ("since", "created_at"), ("n", "id")]
                ),
            ],
            isMultiEntity: true
        )
        let contract = Contract(tables: [table])
        let builder = ViewBuilder(catalog: ViewStore.catalog(), contract: contract)
        let views = builder.views(of: contract)
        let statements = builder.createStatements(table, entities: views.tables[0].entities)
        #expect(statements.count == 3)
        #expect(
            statements[2] == """
                CREATE OR REPLACE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW `ddb_Users_view` AS
                SELECT
                    'USER' AS `_entity`,
                    CONVERT(`PK` USING utf8mb4) AS `PK`,
                    CONVERT(`since` USING utf8mb4) AS `since`,
                    NULL AS `n`
                FROM `ddb_Users_USER_view`
                UNION ALL
                SELECT
                    'ORDER' AS `_entity`,
                    CONVERT(`PK` USING utf8mb4) AS `PK`,
                    CONVERT(`since` USING utf8mb4) AS `since`,
                    `n` AS `n`
                FROM `ddb_Users_ORDER_view`
                """
        )
        #expect(
            builder.dropStatements(table) == [
                "DROP VIEW IF EXISTS `ddb_Users_view`", "DROP VIEW IF EXISTS `ddb_Users_USER_view`",
                "DROP VIEW IF EXISTS `ddb_Users_ORDER_view`",
            ]
        )
    }

    @Test("Two views of one name are an error")
    func collision() {
        let contract = Contract(tables: [
            ViewStore.table(
                "Users",
                [entity("A", "users", [("PK", "id")])],
                isMultiEntity: true
            ),
            ViewStore.table("Users_A", [entity(nil, "users", [("PK", "id")])]),
        ])
        let views = ViewBuilder(catalog: ViewStore.catalog(), contract: contract).views(
            of: contract
        )
        #expect(
            views.problems.map(\.description) == [
                "error: e: its view would be named ddb_Users_A_view, as that of e is already: rename"
                    + " the table or the entity type"
            ]
        )
    }

    @Test("A name that is too long is cut and told apart by a hash")
    func longNames() {
        let name = String(repeating: "T", count: 60)
        let first = ViewNames.view(of: ViewStore.table(name + "a", []))
        let second = ViewNames.view(of: ViewStore.table(name + "b", []))
        #expect(first.count == 64)
        #expect(first.hasPrefix("ddb_TTTTTT"))
        #expect(first != second)
    }

    @Test("The tables to read are those the contract names, and those its self-joins lead to")
    func tablesToRead() throws {
        let join = ToOneJoin(
            kind: .selfJoin,
            targetTable: nil,
            alias: "c",
            sourceColumn: "category_id",
            conditions: [try ViewStore.sql("c.id = products.category_id")],
            select: try ViewStore.sql("c.name")
        )
        let contract = Contract(tables: [
            ViewStore.table(
                "T",
                [
                    ViewStore.entity(
                        "products",
                        [ViewStore.attribute("PK", .string, .join(.toOne(join)))]
                    ),
                    ViewStore.entity("", [], view: "user_view"),
                ]
            )
        ])
        #expect(ViewBuilder.tablesToRead(contract) == ["products", "user_view"])
        #expect(
            ViewBuilder.tablesToRead(contract, knowing: ViewStore.catalog())
                == ["categories", "products", "user_view"]
        )
    }

    @Test("More tables than the server can join are an error")
    func tooManyJoins() throws {
        let attributes = try (0..<61).map { number in
            ViewStore.attribute(
                "a\(number)",
                .string,
                .join(
                    .toOne(
                        ToOneJoin(
                            kind: .lookupTable,
                            targetTable: "users",
                            conditions: [
                                try ViewStore.sql("users.id = orders.user_id"),
                                try ViewStore.sql("users.score > \(number)"),
                            ],
                            select: try ViewStore.sql("email")
                        )
                    )
                )
            )
        }
        #expect(
            ViewStore.build("orders", attributes).problems == [
                "error: e: the view joins 62 tables; the server joins at most 61: divide the entity,"
                    + " or read it from a view of your own through \"view\""
            ]
        )
        #expect(ViewStore.build("orders", Array(attributes.dropLast())).view != nil)
    }
}
