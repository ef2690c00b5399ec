import Contract
import Mapping
import Testing

@Suite("Views: values over child rows")
struct ViewChildrenTests {
    private func construction(
        _ shape: JSONConstruction.Shape = .array,
        _ target: String = "order_items",
        _ condition: String = "order_items.order_id = orders.id",
        members: [(String, String)] = [("n", "quantity")],
        order: [JSONConstruction.Order] = [],
        limit: Int? = nil
    ) throws -> AttributeSource {
        .join(
            .jsonConstruction(
                JSONConstruction(
                    shape: shape,
                    targetTable: target,
                    joinCondition: try ViewStore.sql(condition),
                    members: try members.map {
                        JSONConstruction.Member(name: $0.0, value: try ViewStore.sql($0.1))
                    },
                    orderBy: order,
                    limit: limit
                )
            )
        )
    }

    private func list(_ elements: String) -> String {
        "IFNULL(CONCAT('[', \(elements), ']'), IF(COUNT(*) = 0, '[]', '['))"
    }

    private let items = "FROM `order_items` AS `c` WHERE `c`.`order_id` = `s`.`id`"

    @Test("An array is a LATERAL on MySQL and a subselect on MariaDB and on old MySQL")
    func array() throws {
        let value = list(
            "GROUP_CONCAT(IFNULL(CONCAT('{\"n\":', `c`.`quantity`, '}'), '?')"
                + " ORDER BY `c`.`order_id`, `c`.`line` SEPARATOR ',')"
        )
        #expect(
            ViewStore.select("orders", try construction(), type: .list) == """
                SELECT
                    `j1`.`v1` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                LEFT JOIN LATERAL (SELECT \(value) AS `v1` \(items)) AS `j1` ON TRUE
                """
        )
        for server in [ViewStore.mariadb, ViewStore.oldMySQL] {
            #expect(
                ViewStore.select("orders", try construction(), type: .list, on: server) == """
                    SELECT
                        (SELECT \(value) \(items)) AS `v`,
                        `s`.`id` AS `_key_id`
                    FROM `orders` AS `s`
                    """
            )
        }
    }

    @Test("A limit takes the first elements in an order that leaves no choice")
    func limit() throws {
        let source = try construction(
            order: [
                JSONConstruction.Order(expression: try ViewStore.sql("quantity"), descending: true)
            ],
            limit: 3
        )
        let element = "IFNULL(CONCAT('{\"n\":', `c`.`quantity`, '}'), '?')"
        let order = "`c`.`quantity` DESC, `c`.`order_id`, `c`.`line`"
        let derived =
            "FROM (SELECT \(element) AS `e`, `c`.`quantity` AS `k1`, `c`.`order_id` AS `k2`,"
            + " `c`.`line` AS `k3` \(items) ORDER BY \(order) LIMIT 3) AS `d`"
        let lateral = list(
            "GROUP_CONCAT(`d`.`e` ORDER BY `d`.`k1` DESC, `d`.`k2`, `d`.`k3` SEPARATOR ',')"
        )
        #expect(
            ViewStore.select("orders", source, type: .list) == """
                SELECT
                    `j1`.`v1` AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                LEFT JOIN LATERAL (SELECT \(lateral) AS `v1` \(derived)) AS `j1` ON TRUE
                """
        )
        let scalar = { (value: String) in
            """
            SELECT
                (SELECT \(value) \(items)) AS `v`,
                `s`.`id` AS `_key_id`
            FROM `orders` AS `s`
            """
        }
        #expect(
            ViewStore.select("orders", source, type: .list, on: ViewStore.mariadb)
                == scalar(
                    list("GROUP_CONCAT(\(element) ORDER BY \(order) SEPARATOR ',' LIMIT 3)")
                )
        )
        #expect(
            ViewStore.select("orders", source, type: .list, on: ViewStore.oldMySQL)
                == scalar(
                    list(
                        "REPLACE(SUBSTRING_INDEX(GROUP_CONCAT(\(element) ORDER BY \(order)"
                            + " SEPARATOR 0x01), _utf8mb4 0x01, 3), _utf8mb4 0x01, ',')"
                    )
                )
        )
    }

    @Test(
        "A member is written so that JSON keeps its exact value, and its kind is known",
        arguments: [
            ("quantity", #"CONCAT('{"it''s":', `c`.`quantity`, '}')"#, JSONMembers.Kind.number),
            ("line", #"CONCAT('{"it''s":', `c`.`line` + 0, '}')"#, .number),
            ("weight", "JSON_OBJECT('it''s', `c`.`weight` + 0e0)", .float),
            (
                "packed_at",
                #"CONCAT('{"it''s":', IFNULL(CONCAT('"', CAST(`c`.`packed_at` AS CHAR), '"'), "#
                    + "'null'), '}')", .text
            ),
            (
                "data",
                "JSON_OBJECT('it''s', "
                    + "REPLACE(TO_BASE64(LEFT(`c`.`data`, 600000)), _utf8mb4 0x0A, ''))",
                .binary
            ),
            ("flags", #"CONCAT('{"it''s":', CAST(`c`.`flags` AS UNSIGNED), '}')"#, .number),
            ("extra", "JSON_OBJECT('it''s', `c`.`extra`)", .json),
            (
                "note",
                #"CONCAT('{"it''s":', IF(`c`.`note` IS NULL, 'null', JSON_QUOTE(`c`.`note`)), '}')"#,
                .text
            ),
            ("season", #"CONCAT('{"it''s":', `c`.`season` + 0, '}')"#, .number),
            ("quantity * 2", "JSON_OBJECT('it''s', `c`.`quantity` * 2)", .any),
            ("UPPER(note)", "JSON_OBJECT('it''s', UPPER(`c`.`note`))", .any),
            (
                "DATE_ADD(packed_at, INTERVAL 1 DAY)",
                "JSON_OBJECT('it''s', CAST(DATE_ADD(`c`.`packed_at`, INTERVAL 1 DAY) AS CHAR))",
                .text
            ),
            (
                "IFNULL(packed_at, '')",
                "JSON_OBJECT('it''s', CAST(IFNULL(`c`.`packed_at`, '') AS CHAR))", .text
            ),
            (
                "DATE_FORMAT(packed_at, 'x')",
                "JSON_OBJECT('it''s', DATE_FORMAT(`c`.`packed_at`, 'x'))", .any
            ),
            (
                "CASE WHEN line = 1 THEN packed_at END",
                "JSON_OBJECT('it''s', "
                    + "CAST(CASE WHEN `c`.`line` = 1 THEN `c`.`packed_at` END AS CHAR))", .text
            ),
        ]
    )
    func members(fragment: String, object: String, kind: JSONMembers.Kind) throws {
        let source = try construction(members: [("it's", fragment)])
        let attribute = ViewStore.attribute("v", .list, source)
        let view = try #require(ViewStore.build("orders", [attribute], on: ViewStore.mariadb).view)
        // The object may be larger than a packet; then the element must not vanish.
        let mayVanish = kind == .json || object.hasPrefix("CONCAT")
        let element = mayVanish ? "IFNULL(\(object), '?')" : object
        let value = list(
            "GROUP_CONCAT(\(element)"
                + " ORDER BY `c`.`order_id`, `c`.`line` SEPARATOR ',')"
        )
        #expect(
            view.selectSQL == """
                SELECT
                    (SELECT \(value) \(items)) AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                """
        )
        #expect(
            view.column(ofAttribute: "v")?.json
                == JSONMembers(
                    shape: .array,
                    members: [JSONMembers.Member(name: "it's", kind: kind)]
                )
        )
    }

    @Test(
        "Members side by side are one text, names escaped; one that only JSON_OBJECT knows takes all along"
    )
    func severalMembers() throws {
        func object(_ members: [(String, String)]) throws -> String {
            let source = try construction(
                .object,
                "order_items",
                "order_items.order_id = orders.id AND order_items.line = orders.user_id",
                members: members
            )
            return ViewStore.select("orders", source, type: .map)
        }
        let plain = try object([
            ("a", "quantity"), ("b", "packed_at"), ("c", "note"), ("d", "season"),
        ])
        let text = """
            IFNULL(CONCAT('{"a":', `j1`.`quantity`, ',"b":', \
            IFNULL(CONCAT('"', CAST(`j1`.`packed_at` AS CHAR), '"'), 'null'), ',"c":', \
            IF(`j1`.`note` IS NULL, 'null', JSON_QUOTE(`j1`.`note`)), ',"d":', `j1`.`season` + 0, '}'), '?')
            """
        #expect(plain.contains("ELSE \(text) END AS `v`"), "\(plain)")
        let escaped = try object([("a\"\\", "quantity")])
        // {"a\"\\":
        #expect(escaped.contains("CONCAT(_utf8mb4 0x7B22615C225C5C223A, `j1`"), "\(escaped)")
        let mixed = try object([("a", "quantity"), ("b", "weight")])
        #expect(
            mixed.contains("ELSE JSON_OBJECT('a', `j1`.`quantity`, 'b', `j1`.`weight` + 0e0) END"),
            "\(mixed)"
        )
    }

    @Test("An object over the row's own key reads the row itself, without a join")
    func ownRow() throws {
        let source = try construction(
            .object,
            "users",
            "users.id = users.id",
            members: [("first", "first_name")]
        )
        #expect(
            ViewStore.select("users", source, type: .map) == """
                SELECT
                    IFNULL(CONCAT('{"first":', IF(`s`.`first_name` IS NULL, 'null', JSON_QUOTE(`s`.`first_name`)), '}'), \
                '?') AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `users` AS `s`
                """
        )
    }

    @Test("An object of another row is absent where there is none")
    func object() throws {
        let source = try construction(
            .object,
            "users",
            "users.id = orders.user_id",
            members: [("mail", "email")]
        )
        #expect(
            ViewStore.select("orders", source, type: .map) == """
                SELECT
                    CASE WHEN `j1`.`id` IS NULL THEN NULL \
                ELSE IFNULL(CONCAT('{"mail":', JSON_QUOTE(`j1`.`email`), '}'), '?') END AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                LEFT JOIN `users` AS `j1` ON `j1`.`id` = `s`.`user_id`
                """
        )
    }

    @Test("Aggregates over the same rows share one LATERAL; MariaDB has a subselect each")
    func aggregates() throws {
        let aggregate = {
            (operation: Aggregate.Operation, select: String?) -> AttributeSource in
            .calculation(
                .aggregate(
                    Aggregate(
                        operation: operation,
                        targetTable: "categories",
                        joinCondition: try ViewStore.sql("categories.parent_id = categories.id"),
                        select: try select.map(ViewStore.sql)
                    )
                )
            )
        }
        let attributes = [
            ViewStore.attribute("level", .number, try aggregate(.count, "categories.id")),
            ViewStore.attribute("children", .number, try aggregate(.count, "categories.id")),
            ViewStore.attribute("all", .number, try aggregate(.count, nil)),
            ViewStore.attribute("first", .string, try aggregate(.minimum, "name")),
        ]
        #expect(
            ViewStore.build("categories", attributes).view?.selectSQL == """
                SELECT
                    `j1`.`v1` AS `level`,
                    `j1`.`v1` AS `children`,
                    `j1`.`v2` AS `all`,
                    `j1`.`v3` AS `first`,
                    `s`.`id` AS `_key_id`
                FROM `categories` AS `s`
                LEFT JOIN LATERAL (SELECT COUNT(`c`.`id`) AS `v1`, COUNT(*) AS `v2`, \
                MIN(`c`.`name`) AS `v3` FROM `categories` AS `c` \
                WHERE `c`.`parent_id` = `s`.`id`) AS `j1` ON TRUE
                """
        )
        #expect(
            ViewStore.select(
                "categories",
                try aggregate(.count, "categories.id"),
                type: .number,
                on: ViewStore.mariadb
            ) == """
                SELECT
                    (SELECT COUNT(`c`.`id`) FROM `categories` AS `c` \
                WHERE `c`.`parent_id` = `s`.`id`) AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `categories` AS `s`
                """
        )
    }

    @Test("The extreme of FLOAT columns is read as a double, a sum as it is")
    func floats() throws {
        let read = { (operation: Aggregate.Operation) -> String? in
            let source = AttributeSource.calculation(
                .aggregate(
                    Aggregate(
                        operation: operation,
                        targetTable: "order_items",
                        joinCondition: try ViewStore.sql("order_items.order_id = orders.id"),
                        select: try ViewStore.sql("weight")
                    )
                )
            )
            return ViewStore.build("orders", [ViewStore.attribute("v", .number, source)]).view
                .map { EntityQuery.selectSQL(view: $0, inline: false) }
        }
        let source = "`v`.`_key_id` FROM `ddb_T_view` AS `v`"
        #expect(try read(.maximum) == "SELECT `v`.`v` + 0e0 AS `v`, \(source)")
        #expect(try read(.sum) == "SELECT `v`.`v`, \(source)")
    }
}
