import Contract
import Mapping
import Testing

@Suite("Views: child rows read apart")
struct ViewChildReadingTests {
    /// An array of `child` rows in items of `source`, and whether its rows can be read apart.
    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var source = "orders"
        var child = "order_items"
        var condition = "order_items.order_id = orders.id"
        var member = "quantity"
        var order: [(String, Bool)] = []
        var limit: Int?
        var chunkKey: [String] = []
        var isApart: Bool

        var testDescription: String { what }
    }

    private static let cases: [Case] = [
        Case(what: "the key of the source", isApart: true),
        Case(
            what: "either way round",
            condition: "orders.id = order_items.order_id",
            isApart: true
        ),
        Case(
            what: "in parentheses",
            condition: "(order_items.order_id = orders.id)",
            isApart: true
        ),
        Case(
            what: "with a filter of the child's",
            condition: "order_items.order_id = orders.id AND quantity > 0",
            isApart: true
        ),
        Case(what: "a computed member", member: "quantity * 2 + line", isApart: true),
        Case(what: "ordered by a number", order: [("quantity", true)], isApart: true),
        Case(what: "ordered by a date", order: [("packed_at", false)], isApart: true),
        Case(what: "a limit", limit: 3, isApart: false),
        Case(what: "ordered by a long text", order: [("note", false)], isApart: false),
        Case(what: "ordered by an expression", order: [("quantity + 1", false)], isApart: false),
        Case(
            what: "ordered by a short text",
            child: "order_items",
            order: [("line", false)],
            isApart: true
        ),
        Case(what: "ordered by the source row", order: [("orders.total", false)], isApart: false),
        Case(what: "a member of the source row", member: "orders.total", isApart: false),
        Case(
            what: "a filter of the source's",
            condition: "order_items.order_id = orders.id AND orders.total > 0",
            isApart: false
        ),
        Case(
            what: "a choice",
            condition: "order_items.order_id = orders.id OR quantity = 0",
            isApart: false
        ),
        Case(
            what: "a range",
            condition: "order_items.order_id = orders.id AND quantity BETWEEN 1 AND 3",
            isApart: false
        ),
        Case(
            what: "no equality",
            condition: "order_items.order_id <= orders.id",
            isApart: false
        ),
        Case(
            what: "negated",
            condition: "NOT order_items.order_id = orders.id",
            isApart: false
        ),
        Case(
            what: "two equalities",
            condition: "order_items.order_id = orders.id AND order_items.line = orders.id",
            isApart: false
        ),
        Case(
            what: "a column that is not the key",
            condition: "order_items.line = orders.user_id",
            isApart: false
        ),
        Case(what: "another sign", condition: "order_items.quantity = orders.id", isApart: false),
        Case(what: "a key of two columns", chunkKey: ["id", "user_id"], isApart: false),
        Case(what: "another chunk key", chunkKey: ["user_id"], isApart: false),
        Case(
            what: "by another chunk key",
            source: "orders",
            child: "users",
            condition: "users.id = orders.user_id",
            member: "email",
            chunkKey: ["user_id"],
            isApart: true
        ),
        Case(
            what: "a view as child",
            source: "users",
            child: "user_view",
            condition: "user_view.id = users.id",
            member: "Email",
            isApart: false
        ),
        Case(
            what: "a child without a key",
            source: "users",
            child: "rates",
            condition: "rates.code = users.id",
            member: "rate",
            isApart: false
        ),
    ]

    private static func array(_ example: Case) throws -> AttributeSource {
        .join(
            .jsonConstruction(
                JSONConstruction(
                    shape: .array,
                    targetTable: example.child,
                    joinCondition: try ViewStore.sql(example.condition),
                    members: [
                        JSONConstruction.Member(name: "n", value: try ViewStore.sql(example.member))
                    ],
                    orderBy: try example.order.map {
                        JSONConstruction.Order(
                            expression: try ViewStore.sql($0.0),
                            descending: $0.1
                        )
                    },
                    limit: example.limit
                )
            )
        )
    }

    private static func view(
        _ example: Case,
        _ more: [Attribute] = [],
        on server: ServerVersion = ViewStore.mysql
    ) throws -> EntityView {
        let array = ViewStore.attribute("v", .list, try array(example))
        let built = ViewStore.build(
            example.source,
            more + [array],
            on: server,
            chunkKey: example.chunkKey
        )
        let view = built.view
        return try #require(view, "\(built.problems)")
    }

    @Test("where nothing else depends on the source row", arguments: cases)
    func apart(example: Case) throws {
        for server in [ViewStore.mysql, ViewStore.oldMySQL, ViewStore.mariadb] {
            let view = try Self.view(example, on: server)
            #expect((view.childReading != nil) == example.isApart)
        }
    }

    @Test("The rows' own statement is the view's without them, and without what people look at")
    func statements() throws {
        let plain = ViewStore.attribute("note", .string, .column("status"))
        let shown = ViewStore.attribute(
            "label",
            .string,
            .column("id"),
            try ViewStore.template("ORDER#{id}")
        )
        for server in [ViewStore.mysql, ViewStore.oldMySQL, ViewStore.mariadb] {
            let view = try Self.view(Self.cases[3], [plain, shown], on: server)
            let reading = try #require(view.childReading)
            #expect(
                reading.selectSQL == """
                    SELECT
                        `s`.`status` AS `note`,
                        '' AS `v`,
                        `s`.`id` AS `_src_id`,
                        `s`.`id` AS `_key_id`
                    FROM `orders` AS `s`
                    """
            )
            #expect(reading.key.viewColumn == "_key_id")
            let array = try #require(reading.arrays.first)
            #expect(reading.arrays.count == 1)
            #expect(array.column == "v")
            #expect(array.table == "order_items")
            #expect(array.key.sourceColumn == "order_id")
            #expect(array.elementSQL == "IFNULL(CONCAT('{\"n\":', `c`.`quantity`, '}'), '?')")
            #expect(array.filterSQL == "`c`.`quantity` > 0")
            #expect(array.orderSQL == "`c`.`order_id`, `c`.`line`")
            #expect(array.rowKey == nil)
            #expect(
                EntityQuery.rowsSQL(view: view)
                    == EntityQuery.selectSQL(view: view, inline: true).replacing(
                        view.selectSQL ?? "",
                        with: reading.selectSQL
                    )
            )
        }
    }

    @Test("An order by the whole primary key is told")
    func rowKey() throws {
        let example = Case(
            what: "users",
            source: "categories",
            child: "products",
            condition: "products.category_id = categories.id",
            member: "price",
            isApart: true
        )
        let array = try Self.view(example).childReading?.arrays.first
        #expect(array?.rowKey?.sourceColumn == "id")
        var ordered = example
        ordered.order = [("price", false)]
        #expect(try Self.view(ordered).childReading?.arrays.first?.rowKey == nil)
        ordered.order = [("id", true)]
        #expect(try Self.view(ordered).childReading?.arrays.first?.rowKey == nil)
    }

    @Test("An array whose pass over the child rows an aggregate needs too stays in it")
    func shared() throws {
        let count = ViewStore.attribute(
            "count",
            .number,
            .calculation(
                .aggregate(
                    Aggregate(
                        operation: .count,
                        targetTable: "order_items",
                        joinCondition: try ViewStore.sql("order_items.order_id = orders.id"),
                        select: nil
                    )
                )
            )
        )
        #expect(try Self.view(Self.cases[0], [count]).childReading == nil)
        // MariaDB makes a pass for each.
        let reading = try Self.view(Self.cases[0], [count], on: ViewStore.mariadb).childReading
        #expect(reading?.selectSQL.contains("COUNT(*)") == true)
        #expect(reading?.selectSQL.contains("GROUP_CONCAT") == false)
    }
}
