import Contract
import Testing

@Suite("Attributes")
struct AttributeTests {
    static let findings: [Finding] = [
        Finding("a column", attribute(#""type": "S", "source_column": "c""#)),
        Finding("a column in a list", attribute(#""type": "S", "source_column": ["c"]"#)),
        Finding(
            "the entity's own table",
            attribute(#""type": "S", "source_table": "things", "source_column": "c""#)
        ),
        Finding(
            "nulls where nothing is needed",
            attribute(
                #""type": "S", "source_column": "c", "join": null, "calculation": null, "#
                    + #""transformation": null, "null": null, "source_table": null"#
            )
        ),
        Finding(
            "no name",
            ContractText.table(#"{"type": "S", "source_column": "c"}"#),
            "error: tables[0].attributes[1]: \"name\" is missing: name the DynamoDB attribute"
        ),
        Finding(
            "an empty name",
            ContractText.table(#"{"name": "", "type": "S", "source_column": "c"}"#),
            "error: tables[0].attributes[1].name: must not be empty"
        ),
        Finding(
            "a name with a quote",
            ContractText.table(#"{"name": "it's", "type": "S", "source_column": "c"}"#),
            "error: tables[0].attributes[1].name: the name has a quote (`'`) in it: write the bare"
                + " name; it is quoted for you"
        ),
        Finding(
            "a name with NUL",
            ContractText.table(#"{"name": "a\u0000", "type": "S", "source_column": "c"}"#),
            "error: tables[0].attributes[1].name: the name has a NUL character in it"
        ),
        Finding(
            "no type",
            attribute(#""source_column": "c""#),
            "error: tables[0].attributes[1]: \"type\" is missing: write one of \"S\", \"N\", \"B\","
                + " \"SS\", \"NS\", \"BS\", \"M\", \"L\", \"BOOL\", \"NULL\""
        ),
        Finding(
            "a type in small letters",
            attribute(#""type": "bool", "source_column": "c""#),
            "error: tables[0].attributes[1].type: \"bool\" is not a type of DynamoDB: write"
                + " \"BOOL\""
        ),
        Finding(
            "a type unknown",
            attribute(#""type": "VARCHAR", "source_column": "c""#),
            "error: tables[0].attributes[1].type: \"VARCHAR\" is not a type of DynamoDB: write one"
                + " of \"S\", \"N\", \"B\", \"SS\", \"NS\", \"BS\", \"M\", \"L\", \"BOOL\","
                + " \"NULL\""
        ),
        Finding(
            "no column",
            attribute(#""type": "S""#),
            "error: tables[0].attributes[1]: \"source_column\" is missing: \(sourceHint)"
        ),
        Finding(
            "no column to format",
            attribute(
                #""type": "S", "transformation": {"type": "number-format", "format": "0"}"#
            ),
            "error: tables[0].attributes[1]: \"source_column\" is missing: \(sourceHint)"
        ),
        Finding(
            "a null column",
            attribute(#""type": "S", "source_column": null"#),
            "error: tables[0].attributes[1].source_column: \"source_column\" must not be null:"
                + " \(sourceHint)"
        ),
        Finding(
            "a column of a wrong type",
            attribute(#""type": "S", "source_column": 1"#),
            "error: tables[0].attributes[1].source_column: must be a string or an array of strings,"
                + " not a number"
        ),
        Finding(
            "columns of a wrong type",
            attribute(#""type": "S", "source_column": ["a", 1]"#),
            "error: tables[0].attributes[1].source_column[1]: must be a string, not a number"
        ),
        Finding(
            "a column twice",
            attribute(#""type": "S", "source_column": ["a", "a"]"#),
            "error: tables[0].attributes[1].source_column[1]: \"a\" is named twice"
        ),
        Finding(
            "no columns",
            attribute(#""type": "S", "source_column": []"#),
            "error: tables[0].attributes[1].source_column: must not be empty"
        ),
        Finding(
            "several columns",
            attribute(#""type": "S", "source_column": ["a", "b"]"#),
            "error: tables[0].attributes[1].source_column: names 2 columns for one value: name one,"
                + " or join them with \"calculation\": {\"type\": \"concat\"}"
        ),
        Finding(
            "a column with a backtick",
            attribute(#""type": "S", "source_column": "a`b""#),
            "error: tables[0].attributes[1].source_column: the name has a quote (```) in it: write"
                + " the bare name; it is quoted for you"
        ),
        Finding(
            "a column too long",
            attribute(#""type": "S", "source_column": "\#(String(repeating: "c", count: 65))""#),
            "error: tables[0].attributes[1].source_column: the name has 65 characters; MySQL takes"
                + " at most 64"
        ),
        Finding(
            "another table without a join",
            attribute(#""type": "S", "source_table": "users", "source_column": "c""#),
            "error: tables[0].attributes[1].source_table: \"users\" is not the entity's source table"
                + " \"things\": add a \"join\" that says which row of users is meant, or write"
                + " \"things\""
        ),
        Finding(
            "the table in capitals",
            attribute(#""type": "S", "source_table": "THINGS", "source_column": "c""#),
            "error: tables[0].attributes[1].source_table: \"THINGS\" differs in case from the"
                + " entity's source table: write \"things\""
        ),
        Finding(
            "another table with a join",
            attribute(#""type": "S", "source_table": "users", "source_column": "c", \#(join)"#)
        ),
        Finding(
            "another table with a template",
            attribute(
                #""type": "S", "source_table": "users", "#
                    + #""transformation": {"type": "string-format", "format": "{c}"}"#
            ),
            "error: tables[0].attributes[1].source_table: \"users\" is not the entity's source table"
                + " \"things\": add a \"join\" that says which row of users is meant, or write"
                + " \"things\""
        ),
        Finding(
            "a join and a calculation",
            attribute(
                #""type": "S", \#(join), "calculation": {"type": "date-math", "expression": "a"}"#
            ),
            "error: tables[0].attributes[1].calculation: the attribute has both a join and a"
                + " calculation: keep the one that gives the value"
        ),
        Finding(
            "a join that is no object",
            attribute(#""type": "S", "join": "users""#),
            "error: tables[0].attributes[1].join: a join must be an object, not a string"
        ),
        Finding(
            "an attribute twice",
            ContractText.table(#"{"name": "id", "type": "N", "source_column": "id"}"#),
            "error: tables[0].attributes[1]: the attribute \"id\" is defined twice, first at index 0:"
                + " keep one of the two, or rename one"
        ),
        Finding(
            "names that differ in case",
            ContractText.table(#"{"name": "ID", "type": "N", "source_column": "id"}"#)
        ),
        Finding(
            "an attribute that is no object",
            ContractText.table("null"),
            "error: tables[0].attributes[1]: an attribute must be an object, not null"
        ),
    ]

    private static let sourceHint =
        "name the MySQL column, or add a \"join\", a \"calculation\" or a \"transformation\" of type"
        + " \"string-format\" or \"static\""

    private static let join =
        #""join": {"type": "foreign-key", "target_table": "users", "#
        + #""join_condition": "users.id = things.user_id", "select_column": "users.email"}"#

    private static func attribute(_ members: String) -> String { ContractText.attribute(members) }

    @Test("Each problem of an attribute is told", arguments: findings)
    func finds(finding: Finding) {
        #expect(ContractText.findings(finding.json) == finding.expected)
    }

    @Test("A plain attribute reads its column, with the default policies")
    func readsColumn() throws {
        #expect(
            try ContractText.decodeAttribute(#""type": "SS", "source_column": "c""#)
                == Attribute(
                    name: "a",
                    type: .stringSet,
                    source: .column("c"),
                    transformation: nil,
                    nullPolicy: .absent,
                    emptyPolicy: .keep,
                    path: "tables[0].attributes[1]"
                )
        )
    }

    static let typeRules: [(String, String?)] = [
        (typed("S", date("YYYY-MM")), nil), (typed("N", date("epoch")), nil),
        (typed("N", date("YYYYMMDD")), nil),
        (
            typed("N", date("YYYY-MM")),
            "this date-format does not give a number, which type N needs: write \"type\": \"S\", or"
                + " \"format\": \"epoch\""
        ),
        (
            typed("N", date("iso8601")),
            "this date-format does not give a number, which type N needs: write \"type\": \"S\", or"
                + " \"format\": \"epoch\""
        ),
        (
            typed("BOOL", date("YYYY")),
            "date-format gives text or a number, which cannot fill type BOOL: write one of the"
                + " types S, N"
        ),
        (typed("N", number("0.00")), nil), (typed("S", number("#,##0")), nil),
        (
            typed("N", number("#,##0")),
            "a grouped number is text, and type N needs a number: write \"type\": \"S\", or a format"
                + " without `#,##`"
        ),
        (
            typed("B", number("0.00")),
            "number-format gives text or a number, which cannot fill type B: write one of the types"
                + " S, N"
        ),
        (typed("N", string), nil),
        (
            typed("M", string),
            "string-format gives text, which cannot fill type M: write one of the types S, N"
        ),
        (typed("L", parse), nil), (typed("NS", parse), nil),
        (
            typed("B", parse),
            "json-parse gives JSON's own values, which cannot fill type B: write one of the types M,"
                + " L, S, N, BOOL, SS, NS, BS"
        ),
        (typed("L", list), nil), (typed("S", list), nil), (typed("L", "\(list), \(parse)"), nil),
        (
            typed("M", list),
            "a json-construction of type \"array\" cannot fill type M: write \"type\": \"L\" for a"
                + " native list, or \"S\" for JSON text"
        ),
        (
            typed("M", "\(list), \(parse)"),
            "a json-construction of type \"array\" cannot fill type M: write \"type\": \"L\" for a"
                + " native list, or \"S\" for JSON text"
        ),
        (
            typed("L", list.replacing("array", with: "object")),
            "a json-construction of type \"object\" cannot fill type L: write \"type\": \"M\" for a"
                + " native map, or \"S\" for JSON text"
        ),
        (typed("N", aggregate("COUNT")), nil), (typed("S", aggregate("SUM")), nil),
        (typed("B", aggregate("MAX")), nil),
        (
            typed("BOOL", aggregate("COUNT")),
            "COUNT gives a number, which cannot fill type BOOL: write one of the types N, S"
        ),
        (
            typed("M", aggregate("MIN")),
            "MIN gives one value, which cannot fill type M: write one of the types N, S, B, BOOL"
        ),
        (
            typed("BOOL", #""calculation": {"type": "concat", "parts": ["a"]}"#),
            "concat gives text, which cannot fill type BOOL: write one of the types S, N, B, M, L"
        ),
        (
            typed("L", #""calculation": {"type": "date-math", "expression": "a"}"#),
            "date-math gives a date, text or a number, which cannot fill type L: write one of the"
                + " types S, N, BOOL"
        ),
    ]

    private static func typed(_ type: String, _ members: String) -> String {
        #""type": "\#(type)", "source_column": "c", \#(members)"#
    }

    private static func date(_ format: String) -> String {
        #""transformation": {"type": "date-format", "format": "\#(format)"}"#
    }

    private static func number(_ format: String) -> String {
        #""transformation": {"type": "number-format", "format": "\#(format)"}"#
    }

    private static let string = #""transformation": {"type": "string-format", "format": "{c}"}"#
    private static let parse = #""transformation": {"type": "json-parse"}"#
    private static let list =
        #""join": {"type": "json-construction", "target_table": "t", "join_condition": "a = b", "#
        + #""construction": {"type": "array", "select_columns": {"x": "x"}}}"#

    private static func aggregate(_ operation: String) -> String {
        #""calculation": {"type": "aggregate", "target_table": "t", "join_condition": "a = b", "#
            + #""operation": "\#(operation)", "select_column": "t.id"}"#
    }

    @Test("A type that a construct can never give is an error", arguments: typeRules)
    func checksTypes(members: String, message: String?) {
        let expected = message.map { ["error: tables[0].attributes[1].type: \($0)"] } ?? []
        #expect(ContractText.findings(ContractText.attribute(members)) == expected)
    }

    @Test("A json-construction gives nothing that a date or number format could print")
    func checksOrder() {
        for (format, what) in [(Self.date("YYYY"), "date"), (Self.number("0"), "number")] {
            let findings = ContractText.findings(
                ContractText.attribute(Self.typed("S", "\(Self.list), \(format)"))
            )
            #expect(
                findings == [
                    "error: tables[0].attributes[1].transformation: a json-construction gives no"
                        + " \(what) that \(what)-format could print"
                ]
            )
        }
    }

    @Test("Policies go down from table to entity to attribute")
    func inheritsPolicies() throws {
        let table = try ContractText.decode(
            ContractText.entities(
                ContractText.entity("A"),
                ContractText.entity(
                    "B",
                    #"{"name": "x", "type": "S", "source_column": "x", "null": "absent"}"#,
                    members: #""null": "reject", "empty": "absent", "#
                ),
                members: #""null": "null", "#
            )
        )
        let policies = table.entities.map { entity in
            entity.attributes.map { "\($0.name) \($0.nullPolicy) \($0.emptyPolicy)" }
        }
        #expect(
            policies == [
                ["PK null keep", "SK null keep"],
                ["PK reject absent", "SK reject absent", "x absent absent"],
            ]
        )
    }

    @Test("A policy that is none is an error, wherever it stands")
    func checksPolicies() {
        let json = ContractText.entities(
            ContractText.entity(
                "A",
                #"{"name": "x", "type": "S", "source_column": "x", "empty": "drop"}"#,
                members: #""null": "rejects", "#
            ),
            members: #""null": true, "#
        )
        #expect(
            ContractText.findings(json) == [
                "error: tables[0].null: must be a string, not true or false",
                "error: tables[0].entities[0].null: \"rejects\" is not a policy for null: write"
                    + " \"reject\"",
                "error: tables[0].entities[0].attributes[2].empty: \"drop\" is not a policy for"
                    + " empty values: write one of \"keep\", \"absent\", \"null\", \"reject\"",
            ]
        )
    }
}
