import Contract
import Testing

@Suite("Joins that are wrong")
struct JoinMistakeTests {
    private static let targetMissing =
        ": \"target_table\" is missing: name the MySQL table that is joined"
    private static let conditionMissing =
        ": \"join_condition\" is missing: say which row is meant, as in \"users.id ="
        + " orders.user_id\""
    private static let selectMissing =
        ": \"select_column\" is missing: say which value is taken, as in \"users.email\""

    static let mistakes: [(String, [String])] = [
        (
            "",
            [
                ": \"type\" is missing: write one of \"foreign-key\", \"lookup-table\","
                    + " \"multi-column\", \"self-join\", \"conditional\", \"chain\","
                    + " \"json-construction\""
            ]
        ),
        (
            #""type": "foreignkey""#,
            [".type: \"foreignkey\" is not a type of join: write \"foreign-key\""]
        ),
        (#""type": "foreign-key""#, [targetMissing, conditionMissing, selectMissing]),
        (
            #""type": "multi-column""#,
            [
                targetMissing,
                ": \"join_conditions\" is missing: an array of conditions, all of which must hold",
                selectMissing,
            ]
        ),
        (
            #""type": "multi-column", "target_table": "t", "select_column": "t.a", "#
                + #""join_conditions": "a = b""#,
            [".join_conditions: must be an array, not a string"]
        ),
        (
            #""type": "multi-column", "target_table": "t", "select_column": "t.a", "#
                + #""join_conditions": []"#,
            [
                ".join_conditions: must not be empty: an array of conditions, all of which must hold"
            ]
        ),
        (
            #""type": "multi-column", "target_table": "t", "select_column": "t.a", "#
                + #""join_conditions": ["a = b", 3, "a; b"]"#,
            [
                ".join_conditions[1]: must be a string of SQL, not a number",
                ".join_conditions[2]: a statement ends (`;`) at character 2: write one scalar"
                    + " expression",
            ]
        ),
        (
            #""type": "self-join""#,
            [
                ": \"join_alias\" is missing: name the joined row, as in \"parent\"; the condition"
                    + " then uses the name",
                conditionMissing, ": \"select_column\" is missing: as in \"parent.name\"",
            ]
        ),
        (
            #""type": "self-join", "join_alias": "p`", "join_condition": "p.a = b", "#
                + #""select_column": "p.a", "null_value": 0"#,
            [
                ".join_alias: the name has a quote (```) in it: write the bare name; it is quoted for"
                    + " you", ".null_value: must be a string, not a number",
            ]
        ),
        (
            #""type": "conditional""#,
            [
                ": \"condition\" is missing: say when \"select_column\" is taken, as in"
                    + " \"parent_id IS NULL\"", targetMissing, conditionMissing,
                ": \"select_column\" is missing: the value where the condition holds: a quoted"
                    + " literal ('ROOT'), a qualified column or a bare word",
                ": \"else_value\" is missing: the value where it does not hold: a quoted literal"
                    + " ('ROOT'), a qualified column or a bare word",
            ]
        ),
        (
            #""type": "conditional", "condition": "(SELECT 1)", "target_table": "t", "#
                + #""join_condition": "t.a = 1", "select_column": "Not known", "else_value": "'""#,
            [
                ".condition: \"SELECT\" does not belong into an expression: write one scalar"
                    + " expression, without statement, clause or subselect; a column of this name is"
                    + " written with its table, as in orders.SELECT",
                ".select_column: \"Not known\" is several words: put text into single quotes, or"
                    + " write one SQL expression",
                ".else_value: the quote (`'`) at character 1 is not closed: a quote inside a string"
                    + " is doubled",
            ]
        ),
        (
            #""type": "chain""#,
            [": \"joins\" is missing: an array of hops, one after another"]
        ),
        (
            #""type": "chain", "joins": []"#,
            [".joins: must not be empty: write at least one hop"]
        ),
        (
            #""type": "chain", "joins": [7, {}]"#,
            [
                ".joins[0]: a hop of a chain must be an object, not a number",
                ".joins[1]\(targetMissing)", ".joins[1]\(conditionMissing)",
                ".joins[1]\(selectMissing)",
            ]
        ),
        (
            #""type": "json-construction""#,
            [
                targetMissing, conditionMissing,
                ": \"construction\" is missing: an object with \"type\" (\"array\" or \"object\") and"
                    + " \"select_columns\"",
            ]
        ),
        (
            construction("{}"),
            [
                ".construction: \"type\" is missing: write one of \"array\", \"object\"",
                ".construction: \"select_columns\" is missing: \(columnsHint)",
            ]
        ),
        (
            construction(#"{"type": "list", "select_columns": ["a"], "limit": 0, "order_by": 1}"#),
            [
                ".construction.type: \"list\" is not a type of construction: write one of \"array\","
                    + " \"object\"",
                ".construction.select_columns: must be an object, not an array: \(columnsHint)",
                ".construction.limit: must be a whole number from 1 on, not 0",
                ".construction.order_by: must be a string, not a number",
            ]
        ),
        (
            construction(
                #"{"type": "array", "select_columns": {"": "a", "b": 1, "c\n": "c", "#
                    + #""d": "NOW()"}, "limit": 1.5, "order_by": "a LIMIT 1"}"#
            ),
            [
                ".construction.select_columns[\"\"]: the member's name is empty",
                ".construction.select_columns.b: must be a string of SQL, not a number",
                ".construction.select_columns[\"cU+000A\"]: the member's name has a control"
                    + " character in it",
                ".construction.select_columns.d: NOW() gives another value at each read, so that no"
                    + " two runs would write the same",
                ".construction.limit: must be a whole number from 1 on, not 1.5",
                ".construction.order_by: \"LIMIT\" does not belong into an expression: write one"
                    + " scalar expression, without statement, clause or subselect; a column of this"
                    + " name is written with its table, as in orders.LIMIT",
            ]
        ),
        (
            construction(#"{"type": "array", "select_columns": {}}"#),
            [".construction.select_columns: must not be empty: \(columnsHint)"]
        ),
    ]

    private static let columnsHint =
        "an object of member names and SQL: {\"product_id\": \"product_id\"}"

    private static func construction(_ body: String) -> String {
        #""type": "json-construction", "target_table": "t", "join_condition": "a = b", "#
            + #""construction": \#(body)"#
    }

    @Test("Each problem of a join is told", arguments: mistakes)
    func refuses(members: String, messages: [String]) {
        let json = ContractText.attribute(#""type": "S", "join": {\#(members)}"#)
        let expected = messages.map { "error: tables[0].attributes[1].join\($0)" }
        #expect(ContractText.findings(json) == expected)
    }

    @Test("A key that another kind of join has is told as having no effect")
    func warnsOfKeys() {
        let json = ContractText.attribute(
            #""type": "S", "join": {"type": "foreign-key", "target_table": "t", "#
                + #""join_condition": "t.a = b", "select_column": "t.c", "null_value": "", "#
                + #""order_by": "a", "alias": "x"}"#
        )
        #expect(
            ContractText.findings(json) == [
                "warning: tables[0].attributes[1].join.null_value: \"null_value\" has no effect in a"
                    + " join: it belongs to a join of type \"self-join\"",
                "warning: tables[0].attributes[1].join.order_by: \"order_by\" has no effect in a"
                    + " join: it belongs to the join's \"construction\"",
                "warning: tables[0].attributes[1].join.alias: a join has no key \"alias\": known are"
                    + " \"type\", \"target_table\", \"join_condition\", \"select_column\"",
            ]
        )
    }
}
