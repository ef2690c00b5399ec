import Contract
import Testing

@Suite("Joins")
struct JoinTests {
    private static func sql(_ text: String) throws -> SQLFragment { try SQLFragment.parse(text) }

    private func join(_ members: String, type: String = "S") throws -> AttributeSource {
        try ContractText.decodeAttribute(
            #""type": "\#(type)", "source_table": "things", "source_column": "user_id", "#
                + #""join": {\#(members)}"#
        ).source
    }

    @Test("foreign-key and lookup-table take one row by one condition")
    func toOne() throws {
        for kind in [ToOneJoin.Kind.foreignKey, .lookupTable] {
            let source = try join(
                #""type": "\#(kind.rawValue)", "target_table": "users", "#
                    + #""join_condition": "users.id = things.user_id", "#
                    + #""select_column": "UPPER(users.email)""#
            )
            #expect(
                source
                    == .join(
                        .toOne(
                            ToOneJoin(
                                kind: kind,
                                targetTable: "users",
                                sourceColumn: "user_id",
                                conditions: [try Self.sql("users.id = things.user_id")],
                                select: try Self.sql("UPPER(users.email)")
                            )
                        )
                    )
            )
        }
    }

    @Test("multi-column takes all of its conditions")
    func multiColumn() throws {
        let source = try join(
            #""type": "multi-column", "target_table": "prices", "#
                + #""join_conditions": ["prices.a = things.a", "prices.b = things.b"], "#
                + #""select_column": "prices.amount""#
        )
        #expect(
            source
                == .join(
                    .toOne(
                        ToOneJoin(
                            kind: .multiColumn,
                            targetTable: "prices",
                            sourceColumn: "user_id",
                            conditions: [
                                try Self.sql("prices.a = things.a"),
                                try Self.sql("prices.b = things.b"),
                            ],
                            select: try Self.sql("prices.amount")
                        )
                    )
                )
        )
    }

    @Test("self-join has an alias, and may have an empty null value and a target")
    func selfJoin() throws {
        let members =
            #""type": "self-join", "join_alias": "parent", "#
            + #""join_condition": "parent.id = things.parent_id", "select_column": "parent.name""#
        func expected(_ target: String?, _ nullValue: String?) throws -> AttributeSource {
            .join(
                .toOne(
                    ToOneJoin(
                        kind: .selfJoin,
                        targetTable: target,
                        alias: "parent",
                        sourceColumn: "user_id",
                        conditions: [try Self.sql("parent.id = things.parent_id")],
                        select: try Self.sql("parent.name"),
                        nullValue: nullValue
                    )
                )
            )
        }
        #expect(try join(members) == expected(nil, nil))
        #expect(try join(members + #", "null_value": """#) == expected(nil, ""))
        #expect(
            try join(members + #", "null_value": "-", "target_table": "t""#) == expected("t", "-")
        )
    }

    @Test("conditional has two values, each a literal or an expression")
    func conditional() throws {
        let source = try join(
            #""type": "conditional", "condition": "parent_id IS NULL", "target_table": "things", "#
                + #""join_condition": "things.id = things.parent_id", "#
                + #""select_column": "'ROOT'", "else_value": "parent.name""#
        )
        #expect(
            source
                == .join(
                    .conditional(
                        ConditionalJoin(
                            condition: try Self.sql("parent_id IS NULL"),
                            targetTable: "things",
                            joinCondition: try Self.sql("things.id = things.parent_id"),
                            select: .literal("ROOT"),
                            elseValue: .expression(try Self.sql("parent.name"))
                        )
                    )
                )
        )
    }

    @Test("TRUE is SQL's in a conditional of type BOOL, and text in one of type S")
    func conditionalTruth() throws {
        for (type, select) in [
            ("BOOL", ConditionalValue.expression(try Self.sql("TRUE"))), ("S", .literal("TRUE")),
        ] {
            let source = try join(
                #""type": "conditional", "condition": "a", "target_table": "t", "#
                    + #""join_condition": "t.a = b", "select_column": "TRUE", "else_value": """#,
                type: type
            )
            guard case .join(.conditional(let join)) = source else {
                Issue.record("the source is not a conditional join")
                return
            }
            #expect(join.select == select)
            #expect(join.elseValue == .literal(""))
        }
    }

    @Test("chain has hops, and perhaps a separator")
    func chain() throws {
        let hops =
            #""joins": [{"target_table": "a", "join_condition": "a.id = things.a", "#
            + #""select_column": "a.x"}, {"target_table": "b", "join_alias": "second", "#
            + #""join_condition": "second.id = a.b", "select_column": "second.y"}]"#
        func expected(_ separator: String?) throws -> AttributeSource {
            .join(
                .chain(
                    ChainJoin(
                        hops: [
                            ChainJoin.Hop(
                                targetTable: "a",
                                condition: try Self.sql("a.id = things.a"),
                                select: try Self.sql("a.x")
                            ),
                            ChainJoin.Hop(
                                targetTable: "b",
                                alias: "second",
                                condition: try Self.sql("second.id = a.b"),
                                select: try Self.sql("second.y")
                            ),
                        ],
                        separator: separator
                    )
                )
            )
        }
        #expect(try join(#""type": "chain", \#(hops)"#) == expected(nil))
        #expect(try join(#""type": "chain", \#(hops), "chain_separator": """#) == expected(""))
        #expect(try join(#""type": "chain", \#(hops), "chain_separator": "/""#) == expected("/"))
    }

    @Test("json-construction has members in the contract's order, an order and a limit")
    func jsonConstruction() throws {
        let source = try join(
            #""type": "json-construction", "target_table": "items", "#
                + #""join_condition": "items.thing_id = things.id", "construction": "#
                + #"{"type": "array", "order_by": "items.price DESC, id", "limit": 3, "#
                + #""select_columns": {"zeta": "z", "alpha": "items.a * 2"}}"#,
            type: "L"
        )
        #expect(
            source
                == .join(
                    .jsonConstruction(
                        JSONConstruction(
                            shape: .array,
                            targetTable: "items",
                            joinCondition: try Self.sql("items.thing_id = things.id"),
                            members: [
                                JSONConstruction.Member(name: "zeta", value: try Self.sql("z")),
                                JSONConstruction.Member(
                                    name: "alpha",
                                    value: try Self.sql("items.a * 2")
                                ),
                            ],
                            orderBy: [
                                JSONConstruction.Order(
                                    expression: try Self.sql("items.price"),
                                    descending: true
                                ),
                                JSONConstruction.Order(
                                    expression: try Self.sql("id"),
                                    descending: false
                                ),
                            ],
                            limit: 3
                        )
                    )
                )
        )
    }

    @Test("The column of another table is no column of the source")
    func otherTable() throws {
        let attribute = try ContractText.decodeAttribute(
            #""type": "S", "source_table": "users", "source_column": "email", "join": "#
                + #"{"type": "foreign-key", "target_table": "users", "join_condition": "a = b", "#
                + #""select_column": "users.email"}"#
        )
        guard case .join(.toOne(let join)) = attribute.source else {
            Issue.record("the source is not a join")
            return
        }
        #expect(join.sourceColumn == nil)
    }
}
