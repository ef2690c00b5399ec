import Contract
import Mapping
import Testing

@Suite("json-construction")
struct JSONConstructionTests {
    private static let members: [JSONMembers.Member] = [
        JSONMembers.Member(name: "product_id", kind: .number),
        JSONMembers.Member(name: "name", kind: .text),
        JSONMembers.Member(name: "weight", kind: .float),
        JSONMembers.Member(name: "ratio", kind: .double),
        JSONMembers.Member(name: "hash", kind: .binary),
        JSONMembers.Member(name: "options", kind: .json),
        JSONMembers.Member(name: "sum\"", kind: .any),
    ]

    private static func value(
        _ text: String?,
        _ type: AttributeType,
        shape: JSONConstruction.Shape = .array,
        members: [JSONMembers.Member] = members
    ) throws -> String {
        let column = ViewColumn(
            name: "v",
            role: .attribute,
            json: JSONMembers(shape: shape, members: members)
        )
        return try MapperFixture.value(text, .json, type, viewColumn: column)
    }

    /// As MySQL prints it: shorter names first.
    private static let mysql =
        #"[{"hash": "AQ\nI=", "name": "a \"b\" é", "sum\"": 1.50, "ratio": 3.0, "weight": "#
        + #"0.10000000149011612, "options": {"b": [1.0, null], "a": "x"}, "product_id": 19.90}, "#
        + #"{"hash": null, "name": null, "sum\"": null, "ratio": null, "weight": null, "#
        + #""options": null, "product_id": null}]"#

    /// As MariaDB prints it: in the order that it was told.
    private static let mariadb =
        #"[{"product_id": 19.90, "name": "a \"b\" é", "weight": 0.10000000149011612, "ratio": 3, "#
        + #""hash": "AQI=", "options": {"b":[1.0,null],"a":"x"}, "sum\"": 1.50},"#
        + #"{"product_id":null,"name":null,"weight":null,"ratio":null,"hash":null,"options":null,"#
        + #""sum\"":null}]"#

    @Test("both servers' JSON gives the same native list", arguments: [mysql, mariadb])
    func list(text: String) throws {
        #expect(
            try Self.value(text, .list)
                == #"{"L":[{"M":{"product_id":{"N":"19.9"},"name":{"S":"a \"b\" é"},"#
                + #""weight":{"N":"0.1"},"ratio":{"N":"3"},"hash":{"B":"AQI="},"#
                + #""options":{"M":{"b":{"L":[{"N":"1"},{"NULL":true}]},"a":{"S":"x"}}},"#
                + #""sum\"":{"N":"1.5"}}},"#
                + #"{"M":{"product_id":{"NULL":true},"name":{"NULL":true},"weight":{"NULL":true},"#
                + #""ratio":{"NULL":true},"hash":{"NULL":true},"options":{"NULL":true},"#
                + #""sum\"":{"NULL":true}}}]}"#
        )
    }

    @Test("both servers' JSON gives the same JSON text", arguments: [mysql, mariadb])
    func text(text: String) throws {
        #expect(
            try Self.value(text, .string)
                == #"{"S":"[{\"product_id\": 19.90, \"name\": \"a \\\"b\\\" é\", \"weight\": 0.1, "#
                + #"\"ratio\": 3, \"hash\": \"AQI=\", \"options\": {\"b\": [1.0, null], \"a\": \"x\"}, "#
                + #"\"sum\\\"\": 1.50}, {\"product_id\": null, \"name\": null, \"weight\": null, "#
                + #"\"ratio\": null, \"hash\": null, \"options\": null, \"sum\\\"\": null}]"}"#
        )
    }

    @Test("nothing to list is an empty list; no object is NULL")
    func empty() throws {
        #expect(try Self.value("[]", .list) == #"{"L":[]}"#)
        #expect(try Self.value("[]", .string) == #"{"S":"[]"}"#)
        #expect(try Self.value(nil, .list) == #"{"L":[]}"#)
        #expect(try Self.value(nil, .string) == #"{"S":"[]"}"#)
        #expect(try Self.value(nil, .map, shape: .object) == "")
        #expect(try Self.value(nil, .string, shape: .object) == "")
    }

    @Test("a member's name may be written with escapes, and may end in a backslash")
    func names() throws {
        let members = [
            JSONMembers.Member(name: "name", kind: .text),
            JSONMembers.Member(name: "name\\", kind: .text),
        ]
        let expected = #"{"M":{"name":{"S":"1"},"name\\":{"S":"2"}}}"#
        for text in [
            #"{"n\u0061me": "1", "name\\": "2"}"#, #"{"name\\": "2", "name": "1"}"#,
            #"{"name" : "1", "name\u005c":"2"}"#,
        ] {
            #expect(try Self.value(text, .map, shape: .object, members: members) == expected)
        }
        // The quote behind the backslash does not end the name.
        let open = #"{"name\": "2", "name": "1"}"#
        #expect(
            try Self.value(open, .map, shape: .object, members: members)
                == "attribute v is not valid JSON"
        )
    }

    @Test("an object is a map or the text of one")
    func object() throws {
        let members = [
            JSONMembers.Member(name: "a", kind: .text),
            JSONMembers.Member(name: "b", kind: .number),
        ]
        let text = #"{"b": 1.0, "a": "x\u00e9"}"#
        #expect(
            try Self.value(text, .map, shape: .object, members: members)
                == #"{"M":{"a":{"S":"xé"},"b":{"N":"1"}}}"#
        )
        #expect(
            try Self.value(text, .string, shape: .object, members: members)
                == #"{"S":"{\"a\": \"xé\", \"b\": 1.0}"}"#
        )
    }

    @Test(
        "JSON that is no such construction rejects the row",
        arguments: [
            ("{}", "attribute v is JSON of another shape than its type"),
            ("x", "attribute v is not valid JSON"),
            ("[1]", "attribute v is JSON of another shape than its type"),
            (
                #"[{"a": "x"}]"#,
                "attribute v is JSON with other members than its json-construction names"
            ),
            (
                #"[{"a": "x", "c": 1}]"#,
                "attribute v is JSON with other members than its json-construction names"
            ),
            (#"[{"a": "x", "a": "y"}]"#, "attribute v has two members of one name in an object"),
            (#"[{"a": "x", "b": 1}"#, "attribute v is not valid JSON"),
            (#"[{"a": "x", "b": 1}] "x""#, "attribute v is not valid JSON"),
            (
                #"[{"a": "\ud83d", "b": 1}]"#,
                "attribute v has half of a surrogate pair, which no UTF-8 text can hold"
            ),
        ]
    )
    func rejected(text: String, reason: String) throws {
        let members = [
            JSONMembers.Member(name: "a", kind: .text),
            JSONMembers.Member(name: "b", kind: .number),
        ]
        #expect(try Self.value(text, .list, members: members) == reason)
        #expect(try Self.value(text, .string, members: members) == reason)
    }

    @Test("numbers of any length stay as they are in text, and are rejected as an N")
    func numbers() throws {
        let members = [JSONMembers.Member(name: "n", kind: .number)]
        let digits = String(repeating: "7", count: 45)
        let text = "[{\"n\": \(digits)}]"
        #expect(
            try Self.value(text, .string, members: members)
                == "{\"S\":\"[{\\\"n\\\": \(digits)}]\"}"
        )
        #expect(
            try Self.value(text, .list, members: members)
                == "attribute v has more than 38 significant digits, the most that an N keeps"
        )
    }

    @Test("a nested document counts its levels from the attribute")
    func depth() throws {
        let members = [JSONMembers.Member(name: "d", kind: .json)]
        func value(_ levels: Int, _ type: AttributeType) throws -> String {
            let nested =
                String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            return try Self.value("[{\"d\": \(nested)}]", type, members: members)
        }
        let deep = "attribute v is nested deeper than DynamoDB allows: 31 maps and lists"
        #expect(try value(29, .list).hasPrefix(#"{"L":[{"M":{"d":{"L":["#))
        #expect(try value(30, .list) == deep)
        #expect(try value(100, .string).hasPrefix(#"{"S":"[{\"d\": [["#))
        #expect(try value(101, .string) != "")
        #expect(try !value(101, .string).hasPrefix("{"))
    }

    @Test("a list is no object: the contract is wrong, not the row")
    func shape() {
        let error = #expect(throws: ContractError.self) { try Self.value("[]", .map) }
        #expect(
            error?.problems == [
                ContractProblem(
                    severity: .error,
                    path: "tables[0].attributes[v]",
                    message: "attribute v is M, but its json-construction makes an array",
                    hint: "use type L, or S for JSON text"
                )
            ]
        )
    }
}
