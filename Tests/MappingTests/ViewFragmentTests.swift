import Contract
import Mapping
import Testing

@Suite("Views: SQL of the contract")
struct ViewFragmentTests {
    private func value(_ text: String, of source: String = "orders", on server: ServerVersion)
        throws -> String
    {
        let calculation = AttributeSource.calculation(.dateMath(try ViewStore.sql(text)))
        let built = ViewStore.build(
            source,
            [ViewStore.attribute("v", .string, calculation)],
            on: server
        )
        guard let sql = built.view?.selectSQL else {
            return built.problems.joined(separator: "\n")
        }
        let line = sql.split(separator: "\n")[1]
        return String(line.dropFirst(4).dropLast(" AS `v`,".count))
    }

    @Test(
        "Names are quoted and qualified, words and functions stay, literals are written safely",
        arguments: [
            ("created_at", "`s`.`created_at`"),
            ("CREATED_AT", "`s`.`created_at`"),
            ("orders.total", "`s`.`total`"),
            ("total*2-1", "`s`.`total` * 2 - 1"),
            ("-total", "- `s`.`total`"),
            (
                "DATE_ADD(created_at, INTERVAL 30 DAY)",
                "DATE_ADD(`s`.`created_at`, INTERVAL 30 DAY)"
            ),
            ("date", "`s`.`date`"),
            ("date + INTERVAL user_id DAY", "`s`.`date` + INTERVAL `s`.`user_id` DAY"),
            ("DATE(date)", "DATE(`s`.`date`)"),
            ("created_at > DATE '2024-02-29'", "`s`.`created_at` > DATE '2024-02-29'"),
            ("EXTRACT(YEAR FROM date)", "EXTRACT(YEAR FROM `s`.`date`)"),
            (
                "TIMESTAMPDIFF(DAY, date, created_at)",
                "TIMESTAMPDIFF(DAY, `s`.`date`, `s`.`created_at`)"
            ),
            ("CAST(total AS CHAR(10))", "CAST(`s`.`total` AS CHAR(10))"),
            ("CAST(total AS DECIMAL(5, 1)) + 1", "CAST(`s`.`total` AS DECIMAL(5, 1)) + 1"),
            ("CONVERT(total, CHAR)", "CONVERT(`s`.`total`, CHAR)"),
            ("CONVERT(status USING utf8mb4)", "CONVERT(`s`.`status` USING utf8mb4)"),
            ("status collate utf8mb4_bin = 'A'", "`s`.`status` COLLATE utf8mb4_bin = 'A'"),
            ("TRIM(BOTH ' ' FROM status)", "TRIM(BOTH ' ' FROM `s`.`status`)"),
            ("IF(status is not null, 1, NULL)", "IF(`s`.`status` IS NOT NULL, 1, NULL)"),
            (
                "case when total between 1 and 5 and not (user_id in (1, 2)) then 'a' else 'b' end",
                "CASE WHEN `s`.`total` BETWEEN 1 AND 5 AND NOT (`s`.`user_id` IN (1, 2)) THEN 'a'"
                    + " ELSE 'b' END"
            ),
            ("CONCAT('it''s', 'a' 'b', '')", "CONCAT('it''s', 'ab', '')"),
            ("CONCAT('50\\\\%', status)", "CONCAT(_utf8mb4 0x35305C25, `s`.`status`)"),
            ("CONCAT('é😀')", "CONCAT('é😀')"),
        ]
    )
    func rewriting(text: String, sql: String) throws {
        #expect(try value(text, on: ViewStore.mysql) == sql)
        #expect(try value(text, on: ViewStore.mariadb) == sql)
    }

    @Test(
        "A name that does not exist is answered with the nearest one",
        arguments: [
            (
                "totl * 2",
                "error: a.v.calculation.expression: orders has no column totl: did you mean total?"
            ),
            (
                "orders.craeted_at",
                "error: a.v.calculation.expression: orders has no column craeted_at: did you mean"
                    + " created_at?"
            ),
            (
                "users.id",
                "error: a.v.calculation.expression: users is not a table that can be named here:"
                    + " there are orders"
            ),
            (
                "unrelated",
                "error: a.v.calculation.expression: orders has no column unrelated: there are id,"
                    + " user_id, status, created_at, total, date"
            ),
        ]
    )
    func unknownNames(text: String, problem: String) throws {
        #expect(try value(text, on: ViewStore.mysql) == problem)
    }

    @Test("MariaDB, which has no arrow operator, is spared it")
    func arrows() throws {
        #expect(
            try value("extra->>'$.a'", of: "order_items", on: ViewStore.mysql)
                == "`s`.`extra` ->> '$.a'"
        )
        #expect(
            try value("extra->>'$.a'", of: "order_items", on: ViewStore.mariadb)
                == "error: a.v.calculation.expression: MariaDB has no operator ->>: write"
                + " JSON_VALUE(column, path)"
        )
    }

    @Test("A concat joins the parts that are not NULL")
    func concat() throws {
        let source = AttributeSource.calculation(
            .concat(
                parts: [try ViewStore.sql("first_name"), try ViewStore.sql("UPPER(email) = 'A'")],
                separator: "'-"
            )
        )
        #expect(
            ViewStore.select("users", source) == """
                SELECT
                    CONCAT_WS('''-', `s`.`first_name`, UPPER(`s`.`email`) = 'A') AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `users` AS `s`
                """
        )
    }

    @Test("A case without else is NULL where nothing matches")
    func cases() throws {
        let branch = CaseBranch(
            when: try ViewStore.sql("total >= 100"),
            then: try ViewStore.sql("'big'")
        )
        let select = { (otherwise: SQLFragment?) in
            ViewStore.select("orders", .calculation(.cases([branch], otherwise: otherwise)))
        }
        #expect(
            select(nil) == """
                SELECT
                    CASE WHEN `s`.`total` >= 100 THEN 'big' END AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                """
        )
        #expect(
            select(try ViewStore.sql("status")) == """
                SELECT
                    CASE WHEN `s`.`total` >= 100 THEN 'big' ELSE `s`.`status` END AS `v`,
                    `s`.`id` AS `_key_id`
                FROM `orders` AS `s`
                """
        )
    }
}
