import Contract
import Mapping
import Testing

@Suite("Views: joins of at most one row")
struct ViewToOneJoinTests {
    private func join(
        _ target: String?,
        _ conditions: String...,
        kind: ToOneJoin.Kind = .foreignKey,
        select: String,
        alias: String? = nil,
        sourceColumn: String? = nil,
        nullValue: String? = nil
    ) throws -> AttributeSource {
        .join(
            .toOne(
                ToOneJoin(
                    kind: kind,
                    targetTable: target,
                    alias: alias,
                    sourceColumn: sourceColumn,
                    conditions: try conditions.map(ViewStore.sql),
                    select: try ViewStore.sql(select),
                    nullValue: nullValue
                )
            )
        )
    }

    @Test("A foreign key is a LEFT JOIN on the target's primary key, on both servers alike")
    func foreignKey() throws {
        let expected = """
            SELECT
                `j1`.`email` AS `v`,
                `s`.`id` AS `_key_id`
            FROM `orders` AS `s`
            LEFT JOIN `users` AS `j1` ON `j1`.`id` = `s`.`user_id`
            """
        let source = try join("users", "users.id = orders.user_id", select: "users.email")
        #expect(ViewStore.select("orders", source) == expected)
        #expect(ViewStore.select("orders", source, on: ViewStore.mariadb) == expected)
    }

    @Test("A table that references itself joins its left side to the row's own right side")
    func parent() throws {
        let source = try join(
            "categories",
            "categories.id = categories.parent_id",
            select: "categories.name"
        )
        #expect(
            ViewStore.select("categories", source) == """
                SELECT
                    `j1`.`name` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `categories` AS `s`
                LEFT JOIN `categories` AS `j1` ON `j1`.`id` = `s`.`parent_id`
                """
        )
    }

    @Test("A self-join without a table follows the foreign key; its null_value fills in for no row")
    func selfJoinByForeignKey() throws {
        let source = try join(
            nil,
            "c.id = products.category_id",
            kind: .selfJoin,
            select: "c.name",
            alias: "c",
            sourceColumn: "category_id",
            nullValue: ""
        )
        #expect(
            ViewStore.select("products", source) == """
                SELECT
                    CASE WHEN `j1`.`id` IS NULL THEN '' ELSE `j1`.`name` END AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `products` AS `s`
                LEFT JOIN `categories` AS `j1` ON `j1`.`id` = `s`.`category_id`
                """
        )
    }

    @Test("A self-join over a column without a foreign key is of the source table")
    func selfJoinOfSource() throws {
        let source = try join(
            nil,
            "up.id = categories.parent_id",
            kind: .selfJoin,
            select: "up.name",
            alias: "up",
            sourceColumn: "id",
            nullValue: "none\\"
        )
        #expect(
            ViewStore.select("categories", source) == """
                SELECT
                    CASE WHEN `j1`.`id` IS NULL THEN _utf8mb4 0x6E6F6E655C ELSE `j1`.`name` END AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `categories` AS `s`
                LEFT JOIN `categories` AS `j1` ON `j1`.`id` = `s`.`parent_id`
                """
        )
    }

    @Test("All conditions of a multi-column join must hold")
    func multiColumn() throws {
        let source = try join(
            "order_items",
            "order_items.order_id = orders.id",
            "order_items.line = 1",
            kind: .multiColumn,
            select: "note"
        )
        #expect(
            ViewStore.select("orders", source) == """
                SELECT
                    `j1`.`note` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                LEFT JOIN `order_items` AS `j1` ON (`j1`.`order_id` = `s`.`id`) AND (`j1`.`line` = 1)
                """
        )
    }

    @Test("Rows that could be several are narrowed down to the first by key, with a warning")
    func firstRow() throws {
        let source = try join("orders", "orders.user_id = users.id", select: "status")
        let built = ViewStore.build("users", [ViewStore.attribute("v", .string, source)])
        #expect(
            built.view?.selectSQL == """
                SELECT
                    `j1`.`status` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `users` AS `s`
                LEFT JOIN `orders` AS `j1` ON `j1`.`id` = (SELECT `f`.`id` FROM `orders` AS `f` \
                WHERE `f`.`user_id` = `s`.`id` ORDER BY `f`.`id` LIMIT 1)
                """
        )
        #expect(
            built.problems == [
                "warning: a.v.join: several rows of orders may match; the first in the order of its"
                    + " key is taken: compare all columns of a unique key of orders"
            ]
        )
    }

    @Test("A composite key's columns are each found by a subselect in the same order")
    func firstRowOfCompositeKey() throws {
        let source = try join("order_items", "order_items.order_id = orders.id", select: "note")
        let first = { (column: String) in
            "(SELECT `f`.`\(column)` FROM `order_items` AS `f` WHERE `f`.`order_id` = `s`.`id`"
                + " ORDER BY `f`.`order_id`, `f`.`line` LIMIT 1)"
        }
        #expect(
            ViewStore.select("orders", source, on: ViewStore.mariadb) == """
                SELECT
                    `j1`.`note` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                LEFT JOIN `order_items` AS `j1` ON `j1`.`order_id` = \(first("order_id")) \
                AND `j1`.`line` = \(first("line"))
                """
        )
    }

    @Test("A table without a key takes LATERAL, and is refused where there is none")
    func keyless() throws {
        let source = try join(
            "rates",
            "rates.code = products.id",
            kind: .lookupTable,
            select: "rate"
        )
        #expect(
            ViewStore.select("products", source, type: .number) == """
                SELECT
                    `j1`.`rate` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `products` AS `s`
                LEFT JOIN LATERAL (SELECT `f`.*, 1 AS `_matched` FROM `rates` AS `f` \
                WHERE `f`.`code` = `s`.`id` \
                ORDER BY CAST(`f`.`code` AS BINARY), CAST(`f`.`rate` AS BINARY) LIMIT 1) AS `j1` ON TRUE
                """
        )
        #expect(
            ViewStore.select("products", source, type: .number, on: ViewStore.mariadb)
                == "error: a.v.join: rates has no key, and several of its rows may match: give it a"
                + " primary key, or compare columns of a unique key"
        )
    }

    @Test(
        "Only an equality that compares by the unique key's own rules makes a row unique",
        arguments: [
            ("users.email = orders.status", true),
            ("users.email = orders.status AND users.id > 5", true),
            ("(users.id = orders.user_id) AND users.email IS NOT NULL", true),
            ("users.id = orders.user_id OR users.id = 1", false),
            ("LOWER(users.email) = orders.status", false),
            ("users.id = orders.status", false),
            ("users.email = orders.user_id", false),
            ("users.id <=> orders.user_id", false),
            ("users.id >= orders.user_id", false),
        ]
    )
    func uniqueness(condition: String, isUnique: Bool) throws {
        let source = try join("users", condition, select: "email")
        let built = ViewStore.build("orders", [ViewStore.attribute("v", .string, source)])
        #expect(built.view != nil)
        #expect(built.problems.isEmpty == isUnique)
    }

    @Test("Attributes that join the same row share the join")
    func sharing() throws {
        let attributes = [
            ViewStore.attribute(
                "a",
                .string,
                try join("users", "users.id = orders.user_id", select: "email")
            ),
            ViewStore.attribute(
                "b",
                .string,
                try join("users", "u.id = user_id", select: "users.first_name")
            ),
        ]
        #expect(
            ViewStore.build("orders", attributes).view?.selectSQL == """
                SELECT
                    `j1`.`email` AS `a`,
                    `j1`.`first_name` AS `b`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                LEFT JOIN `users` AS `j1` ON `j1`.`id` = `s`.`user_id`
                """
        )
    }

    @Test("A chain goes hop by hop; a separator joins what is not NULL")
    func chain() throws {
        let hop = { (target: String, alias: String?, condition: String, select: String) in
            ChainJoin.Hop(
                targetTable: target,
                alias: alias,
                condition: try ViewStore.sql(condition),
                select: try ViewStore.sql(select)
            )
        }
        let hops = [
            try hop("categories", nil, "categories.id = products.category_id", "name"),
            try hop("categories", nil, "categories.id = categories.parent_id", "name"),
        ]
        let joins = """

            FROM `products` AS `s`
            LEFT JOIN `categories` AS `j1` ON `j1`.`id` = `s`.`category_id`
            LEFT JOIN `categories` AS `j2` ON `j2`.`id` = `j1`.`parent_id`
            """
        #expect(
            ViewStore.select("products", .join(.chain(ChainJoin(hops: hops, separator: nil))))
                == "SELECT\n    `j2`.`name` AS `v`,\n    `s`.`id` AS `_key_id`" + joins
        )
        #expect(
            ViewStore.select("products", .join(.chain(ChainJoin(hops: hops, separator: " > "))))
                == "SELECT\n    CONCAT_WS(' > ', `j1`.`name`, `j2`.`name`) AS `v`,"
                + "\n    `s`.`id` AS `_key_id`" + joins
        )
    }

    @Test("A conditional takes literals and columns of the joined row under any name")
    func conditional() throws {
        let source = AttributeSource.join(
            .conditional(
                ConditionalJoin(
                    condition: try ViewStore.sql("parent_id IS NULL"),
                    targetTable: "categories",
                    joinCondition: try ViewStore.sql("categories.id = categories.parent_id"),
                    select: .literal("ROOT"),
                    elseValue: .expression(try ViewStore.sql("parent.name"))
                )
            )
        )
        #expect(
            ViewStore.select("categories", source) == """
                SELECT
                    CASE WHEN `s`.`parent_id` IS NULL THEN 'ROOT' ELSE `j1`.`name` END AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `categories` AS `s`
                LEFT JOIN `categories` AS `j1` ON `j1`.`id` = `s`.`parent_id`
                """
        )
    }

    @Test(
        "What a join names wrongly is answered with what was meant",
        arguments: [
            (
                "user", "users.id = orders.user_id", "email",
                "error: a.v.join.target_table: the database store has no table user: did you mean"
                    + " users?"
            ),
            (
                "users", "users.id = orders.usr_id", "email",
                "error: a.v.join.join_condition: orders has no column usr_id: did you mean user_id?"
            ),
            (
                "users", "users.id = orders.user_id", "emial",
                "error: a.v.join.select_column: users has no column emial: did you mean email?"
            ),
            (
                "users", "users.id = products.id", "email",
                "error: a.v.join.join_condition: products is not a table of the contract, and the"
                    + " condition does not name orders: compare a column of users with one of orders"
            ),
            (
                "users", "orders.id = orders.user_id", "email",
                "error: a.v.join.join_condition: the condition does not name users, so that every"
                    + " row of it would match: compare a column of users with one of orders"
            ),
            (
                "users", "id = user_id", "email",
                "error: a.v.join.join_condition: id is a column of both sides: write its table"
                    + " before it: users.id"
            ),
            (
                "users", "users.id = 7", "email",
                "warning: a.v.join.join_condition: the condition does not name orders, so that"
                    + " every item gets the same value: compare a column of users with one of orders"
            ),
        ]
    )
    func problems(target: String, condition: String, select: String, problem: String) throws {
        let source = try join(target, condition, select: select)
        let built = ViewStore.build("orders", [ViewStore.attribute("v", .string, source)])
        #expect(built.problems == [problem])
    }
}
