import Contract
import Testing

@Suite("Transformations")
struct TransformationTests {
    private func attribute(_ type: String, _ transformation: String, _ more: String = "") throws
        -> Attribute
    {
        try ContractText.decodeAttribute(
            #""type": "\#(type)", "source_column": "c", \#(more)"transformation": {\#(transformation)}"#
        )
    }

    @Test("string-format reads nothing by itself")
    func template() throws {
        let attribute = try attribute("S", #""type": "string-format", "format": "A#{b}""#)
        #expect(attribute.source == .none)
        #expect(
            attribute.transformation
                == .template(
                    Template(parts: [.text("A#"), .placeholder("b")], lookup: .columnFirst)
                )
        )
    }

    @Test("date-format, number-format and json-parse keep the column")
    func formats() throws {
        let date = try attribute("S", #""type": "date-format", "format": "YYYY""#)
        #expect(date.source == .column("c"))
        #expect(date.transformation == .date(.pattern([.year]), source: .timestamp))
        let epoch = try attribute(
            "S",
            #""type": "date-format", "format": "iso8601", "source_format": "epoch-ms""#
        )
        #expect(epoch.transformation == .date(.iso8601, source: .epochMilliseconds))
        let number = try attribute("S", #""type": "number-format", "format": "0.0""#)
        #expect(
            number.transformation
                == .number(NumberFormat(minimumIntegerDigits: 1, decimals: 1, isGrouped: false))
        )
        #expect(try attribute("M", #""type": "json-parse""#).transformation == .jsonParse)
    }

    @Test("A template on a join means the joined value by the attribute's or the column's name")
    func joinedTemplate() throws {
        let join =
            #""join": {"type": "foreign-key", "target_table": "users", "#
            + #""join_condition": "users.id = things.user_id", "select_column": "users.Email"}, "#
        for (format, placeholder) in [
            ("U#{email}", "a"), ("U#{users.Email}", "a"), ("U#{a}", "a"), ("U#{b}", "b"),
            ("U#{A}", "A"),
        ] {
            let attribute = try attribute(
                "S",
                #""type": "string-format", "format": "\#(format)""#,
                join
            )
            #expect(
                attribute.transformation
                    == .template(
                        Template(
                            parts: [.text("U#"), .placeholder(placeholder)],
                            lookup: .columnFirst
                        )
                    )
            )
            guard case .join = attribute.source else {
                Issue.record("the join is lost")
                return
            }
        }
        #expect(
            ContractText.findings(
                ContractText.attribute(
                    #""type": "S", \#(join)"transformation": {"type": "string-format", "#
                        + #""format": "{b}"}"#
                )
            ) == [
                "warning: tables[0].attributes[1].transformation: the template does not"
                    + " use the value of the attribute's join or calculation: write {a}"
                    + " where the value belongs, or leave the join out"
            ]
        )
    }

    static let constants: [(String, String, String)] = [
        ("S", #""text""#, "text"), ("S", #""""#, ""), ("N", "12.50", "12.50"),
        ("N", #""1e-130""#, "1e-130"), ("N", "-9.99e125", "-9.99e125"),
        ("N", String(repeating: "9", count: 38), String(repeating: "9", count: 38)),
        ("N", "0e999", "0e999"),
        (
            "N", "1" + String(repeating: "0", count: 60),
            "1"
                + String(repeating: "0", count: 60)
        ),
        ("BOOL", "true", "true"), ("BOOL", "false", "false"), ("NULL", "null", "null"),
        ("B", #""3q2+7w==""#, "3q2+7w=="), ("B", #""""#, ""),
        ("M", #"{"b": [1, null, {"c": "d"}], "a": 1.0}"#, #"{"b":[1,null,{"c":"d"}],"a":1.0}"#),
        ("L", "[]", "[]"), ("L", #"["é", true]"#, #"["é",true]"#),
        ("SS", #"["a", "b", ""]"#, #"["a","b",""]"#), ("NS", #"[1, "2"]"#, #"[1,"2"]"#),
        ("BS", #"["AA==", "AQ=="]"#, #"["AA==","AQ=="]"#),
    ]

    @Test("A static value is the constant of its type", arguments: constants)
    func constant(type: String, value: String, text: String) throws {
        let attribute = try ContractText.decodeAttribute(
            #""type": "\#(type)", "transformation": {"type": "static", "value": \#(value)}"#
        )
        #expect(attribute.source == .none)
        #expect(attribute.transformation == .constant(text))
    }

    private static let notStored =
        "is no number that DynamoDB stores: at most 38 significant digits, from 1E-130 to 9.99E+125"

    static let constantMistakes: [(String, String, String)] = [
        ("S", "1", "the value of an attribute of type S must be a string, not a number"),
        ("S", "null", "the value of an attribute of type S must be a string, not null"),
        ("N", "true", "the value of an attribute of type N must be a number, not true or false"),
        ("N", #""""#, "\"\" is no number"), ("N", #""1a""#, "\"1a\" is no number"),
        ("N", #""0x10""#, "\"0x10\" is no number"), ("N", #"" 1""#, "\" 1\" is no number"),
        ("N", #""NaN""#, "\"NaN\" is no number"),
        ("N", "1e126", "1e126 \(notStored)"), ("N", "1e-131", "1e-131 \(notStored)"),
        ("N", "1e99999999999999999999", "\"1e99999999999999999999\" is no number"),
        (
            "N", String(repeating: "9", count: 39),
            "\(String(repeating: "9", count: 39)) \(notStored)"
        ),
        ("BOOL", "1", "the value of an attribute of type BOOL must be true or false, not a number"),
        ("NULL", "0", "the value of an attribute of type NULL must be null, not a number"),
        ("B", #""a""#, "the value is not base64, which an attribute of type B needs"),
        ("B", #""a===""#, "the value is not base64, which an attribute of type B needs"),
        ("B", #""a-_=""#, "the value is not base64, which an attribute of type B needs"),
        ("M", "[]", "the value of an attribute of type M must be an object, not an array"),
        ("M", #"{"a": {"": 1}}"#, "the value has a member whose name is empty"),
        ("M", #"{"a": 1e200}"#, "1e200 \(notStored)"),
        ("L", "{}", "the value of an attribute of type L must be an array, not an object"),
        ("SS", "[]", "a set must not be empty: leave the attribute out"),
        ("SS", #"["a", "a"]"#, "a set must not have an element twice"),
        (
            "SS", "[1]",
            "the value of an attribute of type SS must be an array of strings, not a number"
        ),
        ("NS", "[1, 1.0]", "a set must not have an element twice"),
        ("NS", "[100, 1e2]", "a set must not have an element twice"),
        ("NS", "[0, -0.0]", "a set must not have an element twice"),
        ("BS", #"["AA=="," AA=="]"#, "the value is not base64, which an attribute of type B needs"),
    ]

    @Test("A static value of another type is an error", arguments: constantMistakes)
    func refusesConstant(type: String, value: String, message: String) {
        let json = ContractText.attribute(
            #""type": "\#(type)", "transformation": {"type": "static", "value": \#(value)}"#
        )
        #expect(
            ContractText.findings(json)
                == ["error: tables[0].attributes[1].transformation.value: \(message)"]
        )
    }

    static let mistakes: [(String, [String])] = [
        (
            #""type": "strng-format""#,
            [".type: \"strng-format\" is not a type of transformation: write \"string-format\""]
        ),
        (
            #""type": "string-format""#,
            [": \"format\" is missing: as in \"ORDER#{created_at}#{id}\""]
        ),
        (#""type": "string-format", "format": """#, [".format: must not be empty"]),
        (
            #""type": "string-format", "format": "{a""#,
            [".format: a placeholder is not closed: write placeholders as {column}"]
        ),
        (
            #""type": "date-format""#,
            [": \"format\" is missing: as in \"YYYY-MM-DD\", \"epoch\" or \"iso8601\""]
        ),
        (
            #""type": "date-format", "format": "YYYY", "source_format": "epoch_ms""#,
            [".source_format: \"epoch_ms\" is not a source format: write \"epoch-ms\""]
        ),
        (
            #""type": "number-format""#,
            [": \"format\" is missing: as in \"0.00\", \"00000\" or \"#,##0.0\""]
        ),
        (
            #""type": "number-format", "format": "%d""#,
            [
                ".format: \"%d\" is no number format: write 0, 0.00 (decimals), 00000 (padded) or"
                    + " #,##0.0 (grouped)"
            ]
        ),
        (#""type": "static""#, [": \"value\" is missing: the constant, as JSON"]),
    ]

    @Test("Each problem of a transformation is told", arguments: mistakes)
    func refuses(members: String, messages: [String]) {
        let json = ContractText.attribute(
            #""type": "S", "source_column": "c", "transformation": {\#(members)}"#
        )
        let expected = messages.map { "error: tables[0].attributes[1].transformation\($0)" }
        #expect(ContractText.findings(json) == expected)
    }

    @Test("A static value beside a join is an error, and a format without effect a warning")
    func staysAlone() {
        let json = ContractText.attribute(
            #""type": "S", "calculation": {"type": "date-math", "expression": "a"}, "#
                + #""transformation": {"type": "static", "value": "x", "format": "y"}"#
        )
        #expect(
            ContractText.findings(json) == [
                "error: tables[0].attributes[1].transformation: a static value leaves no use for the"
                    + " join or calculation beside it: keep one of the two",
                "warning: tables[0].attributes[1].transformation.format: \"format\" has no effect in"
                    + " a transformation: it belongs to a transformation of type"
                    + " \"string-format\", \"date-format\" or \"number-format\"",
            ]
        )
    }
}
