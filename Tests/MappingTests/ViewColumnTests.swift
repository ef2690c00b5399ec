import Contract
import Mapping
import Testing

@Suite("Views: columns, templates and keys")
struct ViewColumnTests {
    @Test("A template reads source columns once, other attributes by name, and is shown to people")
    func templates() throws {
        let attributes = [
            ViewStore.attribute(
                "PK",
                .string,
                .none,
                try ViewStore.template("{order_key}", .attributeFirst)
            ),
            ViewStore.attribute("order_key", .string, .column("id")),
            ViewStore.attribute(
                "SK",
                .string,
                .none,
                try ViewStore.template("O#{created_at}#{id}#{orders.date}")
            ),
            ViewStore.attribute("kind", .string, .none, .constant("it's")),
            ViewStore.attribute(
                "day",
                .string,
                .column("date"),
                .date(.epoch, source: .timestamp)
            ),
            ViewStore.attribute(
                "by_day",
                .string,
                .none,
                try ViewStore.template("{day}", .columnFirst)
            ),
        ]
        let view = try #require(ViewStore.build("orders", attributes).view)
        #expect(
            view.selectSQL == """
                SELECT
                    `s`.`id` AS `PK`,
                    `s`.`id` AS `order_key`,
                    CONCAT('O#', `s`.`created_at`, '#', `s`.`id`, '#', `s`.`date`) AS `SK`,
                    'it''s' AS `kind`,
                    `s`.`date` AS `day`,
                    `s`.`created_at` AS `_src_created_at`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                """
        )
        #expect(
            view.templates == [
                "PK": [.attribute("order_key")],
                "SK": [.column("_src_created_at"), .column("order_key"), .column("day")],
                "by_day": [.attribute("day")],
            ]
        )
        #expect(
            EntityQuery.selectSQL(view: view, inline: false)
                == "SELECT `v`.`order_key`, `v`.`day`, `v`.`_src_created_at`, `v`.`_key_id`"
                + " FROM `ddb_T_view` AS `v`"
        )
        #expect(view.column(ofAttribute: "SK") == nil)
        #expect(view.column(ofAttribute: "day")?.source?.name == "date")
    }

    @Test("In a template behind a join its own name and the selected column are the joined value")
    func templateBehindJoin() throws {
        let source = AttributeSource.join(
            .toOne(
                ToOneJoin(
                    kind: .foreignKey,
                    targetTable: "users",
                    conditions: [try ViewStore.sql("users.id = orders.user_id")],
                    select: try ViewStore.sql("users.email")
                )
            )
        )
        let attribute = ViewStore.attribute(
            "PK",
            .string,
            source,
            try ViewStore.template("U#{email}#{PK}#{user_id}")
        )
        let view = try #require(ViewStore.build("orders", [attribute]).view)
        #expect(
            view.templates == ["PK": [.column("PK"), .column("PK"), .column("_src_user_id")]]
        )
        #expect(view.columns.map(\.name) == ["PK", "_src_user_id", "_key_id"])
    }

    @Test("A placeholder that is nothing, and templates that go in a circle, are errors")
    func templateProblems() throws {
        let attributes = [
            ViewStore.attribute("a", .string, .none, try ViewStore.template("{b}")),
            ViewStore.attribute("b", .string, .none, try ViewStore.template("x{a}")),
            ViewStore.attribute("c", .string, .none, try ViewStore.template("{stats}")),
            ViewStore.attribute("d", .string, .none, try ViewStore.template("{d}")),
        ]
        #expect(
            ViewStore.build("orders", attributes).problems == [
                "error: a.a: the templates go in a circle: a needs b needs a: name columns of orders"
                    + " instead",
                "error: a.b: the templates go in a circle: b needs a needs b: name columns of orders"
                    + " instead",
                "error: a.c: {stats} is neither a column of orders nor an attribute: did you mean"
                    + " status?",
                "error: a.d: {d} is neither a column of orders nor an attribute: there are"
                    + " id, user_id, status, created_at, total, date, a, b and others",
            ]
        )
    }

    @Test("Names that the server cannot tell apart, or cannot have, get a column name of ours")
    func names() throws {
        let long = String(repeating: "n", count: 65)
        let attributes = [
            ViewStore.attribute("Name", .string, .column("name")),
            ViewStore.attribute("name", .string, .column("id")),
            ViewStore.attribute("a`b", .string, .column("id")),
            ViewStore.attribute("😀 ", .string, .column("id")),
            ViewStore.attribute(long, .string, .column("id")),
        ]
        let view = try #require(ViewStore.build("products", attributes).view)
        let shortened = String(repeating: "n", count: 47) + "_64c34f2133638b71"
        #expect(
            view.attributeColumns == ["name": "name_2", "😀 ": "__", long: shortened]
        )
        #expect(
            view.columns.map(\.name) == ["Name", "name_2", "a`b", "__", shortened, "_key_id"]
        )
        #expect(
            view.selectSQL?.contains("`s`.`id` AS `a``b`,\n") == true
        )
    }

    @Test("A FLOAT is read as a double, of which the mapper makes the float's own text")
    func float() throws {
        let view = try #require(
            ViewStore.build("users", [ViewStore.attribute("score", .number, .column("score"))])
                .view
        )
        let inner = """
            SELECT
                `s`.`score` AS `score`,
                `s`.`id` AS `_key_id`
            FROM `users` AS `s`
            """
        #expect(view.selectSQL == inner)
        #expect(
            EntityQuery.selectSQL(view: view, inline: true)
                == "SELECT `v`.`score` + 0e0 AS `score`, `v`.`_key_id` FROM (\n\(inner)\n) AS `v`"
        )
        #expect(EntityQuery.columns(of: view).map(\.isFloat) == [true, false])
    }

    @Test("An entity of constants reads its key alone")
    func constants() throws {
        let view = try #require(
            ViewStore.build(
                "users",
                [ViewStore.attribute("PK", .string, .none, .constant("x"))]
            ).view
        )
        #expect(
            EntityQuery.selectSQL(view: view, inline: false)
                == "SELECT `v`.`_key_id` FROM `ddb_T_view` AS `v`"
        )
        #expect(EntityQuery.columns(of: view).map(\.role) == [.key])
    }

    @Test("The chunk key is the primary key, as far as ranges on its columns can be asked for")
    func chunkKeys() throws {
        let key = { (source: String, chunkKey: [String]) throws -> [ChunkKeyColumn] in
            let attribute = ViewStore.attribute("c", .string, .none, .constant("x"))
            let built = ViewStore.build(source, [attribute], chunkKey: chunkKey)
            return try #require(built.view).chunkKey
        }
        #expect(
            try key("orders", []) == [
                ChunkKeyColumn(
                    viewColumn: "_key_id",
                    sourceColumn: "id",
                    kind: .integer(isUnsigned: true),
                    isNullable: false
                )
            ]
        )
        #expect(try key("order_items", []).map(\.viewColumn) == ["_key_order_id", "_key_line"])
        #expect(try key("rates", []).isEmpty)
        #expect(
            try key("orders", ["STATUS", "created_at"]) == [
                ChunkKeyColumn(
                    viewColumn: "_key_status",
                    sourceColumn: "status",
                    kind: .text(characterSet: "utf8mb4", collation: "utf8mb4_0900_ai_ci"),
                    isNullable: true
                ),
                ChunkKeyColumn(
                    viewColumn: "_key_created_at",
                    sourceColumn: "created_at",
                    kind: .temporal,
                    isNullable: false
                ),
            ]
        )
        #expect(
            try key("order_items", ["order_id", "weight", "line"]).map(\.sourceColumn) == [
                "order_id"
            ]
        )
        let wrong = ViewStore.build("orders", [], chunkKey: ["stats"])
        #expect(
            wrong.problems == [
                "error: e.chunk_key[0]: orders has no column stats: did you mean status?"
            ]
        )
    }

    @Test("A source that does not exist is one error")
    func missingSource() {
        #expect(
            ViewStore.build("order", [ViewStore.attribute("v", .string, .column("id"))]).problems
                == [
                    "error: e.source_table: the database store has no table order: did you mean"
                        + " orders?"
                ]
        )
        #expect(
            ViewStore.build("orders", [ViewStore.attribute("v", .string, .column("di"))]).problems
                == [
                    "error: a.v.source_column: orders has no column di: did you mean id?"
                ]
        )
    }

    @Test("A foreign view is read as it is; only what it lacks is made from templates")
    func foreignView() throws {
        let attributes = [
            ViewStore.attribute("PK", .string, .column("PK")),
            ViewStore.attribute("email", .string, .column("email"), .jsonParse),
            ViewStore.attribute("score", .number, .column("score")),
            ViewStore.attribute(
                "SK",
                .string,
                .none,
                try ViewStore.template("{email}#{id}", .attributeFirst)
            ),
            ViewStore.attribute("kind", .string, .none, .constant("x")),
        ]
        let built = ViewStore.build("", attributes, view: "user_view", chunkKey: ["id"])
        let view = try #require(built.view)
        #expect(view.selectSQL == nil)
        #expect(view.sourceTable == nil)
        #expect(view.attributeColumns == ["email": "Email"])
        #expect(view.templates == ["SK": [.attribute("email"), .column("id")]])
        #expect(view.chunkKey.map(\.viewColumn) == ["id"])
        #expect(
            EntityQuery.selectSQL(view: view, inline: true)
                == "SELECT `v`.`PK`, `v`.`Email`, `v`.`score` + 0e0 AS `score`, `v`.`id`"
                + " FROM `user_view` AS `v`"
        )
        #expect(
            ViewStore.build(
                "",
                [ViewStore.attribute("Emial", .string, .column("Emial"))],
                view: "user_view"
            ).problems == ["error: a.Emial: user_view has no column Emial: did you mean Email?"]
        )
        #expect(
            ViewStore.build("", attributes, view: "users_view").problems == [
                "error: e.view: the database store has no view or table users_view: did you mean"
                    + " user_view?"
            ]
        )
    }
}
