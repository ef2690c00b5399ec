import Contract
import Testing

@Suite("Calculations")
struct CalculationTests {
    private func calculation(_ members: String, column: String = "") throws -> AttributeSource {
        try ContractText.decodeAttribute(
            #""type": "S", \#(column)"calculation": {\#(members)}"#
        ).source
    }

    private func sql(_ text: String) throws -> SQLFragment { try SQLFragment.parse(text) }

    @Test("aggregate has an operation over the target; COUNT may count rows")
    func aggregate() throws {
        for operation in Aggregate.Operation.allCases {
            let source = try calculation(
                #""type": "aggregate", "target_table": "items", "operation": "#
                    + #""\#(operation.rawValue)", "join_condition": "items.t = things.id", "#
                    + #""select_column": "items.price * 2""#
            )
            let expected = Aggregate(
                operation: operation,
                targetTable: "items",
                joinCondition: try sql("items.t = things.id"),
                select: try sql("items.price * 2")
            )
            #expect(source == .calculation(.aggregate(expected)))
        }
        let rows = try calculation(
            #""type": "aggregate", "target_table": "items", "operation": "COUNT", "#
                + #""join_condition": "items.t = things.id", "select_column": "*""#
        )
        let expected = Aggregate(
            operation: .count,
            targetTable: "items",
            joinCondition: try sql("items.t = things.id"),
            select: nil
        )
        #expect(rows == .calculation(.aggregate(expected)))
    }

    @Test("case has branches and perhaps an else")
    func cases() throws {
        let branches = [
            CaseBranch(when: try sql("age >= 18"), then: try sql("'adult'")),
            CaseBranch(when: try sql("age IS NULL"), then: try sql("name")),
        ]
        let members =
            #""type": "case", "cases": [{"when": "age >= 18", "then": "'adult'"}, "#
            + #"{"when": "age IS NULL", "then": "name"}]"#
        #expect(
            try calculation(members) == .calculation(.cases(branches, otherwise: nil))
        )
        #expect(
            try calculation(members + #", "else": "'minor'""#)
                == .calculation(.cases(branches, otherwise: try sql("'minor'")))
        )
    }

    @Test("concat has parts, by default the source's columns, whatever they are called")
    func concat() throws {
        #expect(
            try calculation(#""type": "concat", "parts": ["a", "UPPER(b)"], "separator": ", ""#)
                == .calculation(
                    .concat(parts: [try sql("a"), try sql("UPPER(b)")], separator: ", ")
                )
        )
        #expect(
            try calculation(
                #""type": "concat""#,
                column: #""source_column": ["first name", "select"], "#
            )
                == .calculation(
                    .concat(
                        parts: [
                            SQLFragment(
                                text: "first name",
                                tokens: [.qualified("things", "first name")]
                            ),
                            SQLFragment(text: "select", tokens: [.qualified("things", "select")]),
                        ],
                        separator: ""
                    )
                )
        )
    }

    @Test("date-math has an expression")
    func dateMath() throws {
        #expect(
            try calculation(#""type": "date-math", "expression": "created + INTERVAL 1 DAY""#)
                == .calculation(.dateMath(try sql("created + INTERVAL 1 DAY")))
        )
    }

    static let mistakes: [(String, [String])] = [
        (
            #""type": "agregate""#,
            [".type: \"agregate\" is not a type of calculation: write \"aggregate\""]
        ),
        (
            #""type": "aggregate""#,
            [
                ": \"target_table\" is missing: name the table that is aggregated",
                ": \"join_condition\" is missing: say which rows belong, as in \"orders.user_id ="
                    + " users.id\"",
                ": \"operation\" is missing: write one of \"COUNT\", \"SUM\", \"AVG\", \"MIN\","
                    + " \"MAX\"",
                ": \"select_column\" is missing: say what is aggregated, as in \"orders.id\"; COUNT"
                    + " takes \"*\"",
            ]
        ),
        (
            #""type": "aggregate", "target_table": "t", "join_condition": "a = b", "#
                + #""operation": "count", "select_column": "*""#,
            [".operation: \"count\" is not an operation: write \"COUNT\""]
        ),
        (
            #""type": "aggregate", "target_table": "t", "join_condition": "a = b", "#
                + #""operation": "SUM", "select_column": "*""#,
            [
                ".select_column: SUM cannot take \"*\": name a column, as in"
                    + " \"orders.total_amount\""
            ]
        ),
        (
            #""type": "case""#,
            [
                ": \"cases\" is missing: an array of {\"when\": \"age >= 18\", \"then\":"
                    + " \"'adult'\"}"
            ]
        ),
        (#""type": "case", "cases": []"#, [".cases: must not be empty"]),
        (
            #""type": "case", "cases": [{"when": "a", "than": "b"}], "else": 1"#,
            [
                ".cases[0]: \"then\" is missing: a value, as in \"'adult'\" or \"name\"",
                ".else: must be a string, not a number",
            ]
        ),
        (
            #""type": "concat""#,
            [
                ": \"parts\" is missing: an array of columns or expressions, or list the columns in"
                    + " \"source_column\""
            ]
        ),
        (
            #""type": "concat", "parts": [], "separator": 1"#,
            [
                ".parts: must not be empty: an array of columns or expressions",
                ".separator: must be a string, not a number",
            ]
        ),
        (
            #""type": "date-math", "expression": "NOW()""#,
            [
                ".expression: NOW() gives another value at each read, so that no two runs"
                    + " would write the same"
            ]
        ),
    ]

    @Test("Each problem of a calculation is told", arguments: mistakes)
    func refuses(members: String, messages: [String]) {
        let json = ContractText.attribute(#""type": "S", "calculation": {\#(members)}"#)
        let expected = messages.map { "error: tables[0].attributes[1].calculation\($0)" }
        let found = ContractText.findings(json).filter { $0.hasPrefix("error") }
        #expect(found == expected)
    }

    @Test("Two attributes with one calculation are a warning, two of different ones are not")
    func warnsOfSame() {
        func counting(_ name: String, _ column: String) -> String {
            #"{"name": "\#(name)", "type": "N", "calculation": {"type": "aggregate", "#
                + #""target_table": "t", "join_condition": "t.a = things.id", "#
                + #""operation": "COUNT", "select_column": "\#(column)"}}"#
        }
        #expect(
            ContractText.findings(
                ContractText.table(counting("a", "t.x"), counting("b", "t.y"), counting("c", "t.x"))
            )
                == [
                    "warning: tables[0].attributes[3].calculation: \"c\" has the same calculation as"
                        + " \"a\": correct one of them unless both are meant"
                ]
        )
    }
}
