import Contract
import Mapping
import Testing

private let notJSON = "attribute v is not valid JSON"
private let otherShape = "attribute v is JSON of another shape than its type"
private let loneSurrogate =
    "attribute v has half of a surrogate pair, which no UTF-8 text can hold"

@Suite("Maps and lists from JSON")
struct JSONValueTests {
    @Test(
        "JSON becomes native values, exactly",
        arguments: [
            ("{}", #"{"M":{}}"#),
            (" {\n\t} \r", #"{"M":{}}"#),
            (
                #"{"a": 1, "b": "x", "c": true, "d": false, "e": null}"#,
                #"{"M":{"a":{"N":"1"},"b":{"S":"x"},"c":{"BOOL":true},"d":{"BOOL":false},"#
                    + #""e":{"NULL":true}}}"#
            ),
            (
                #"{"list": [1, [2, {"x": []}], {}]}"#,
                #"{"M":{"list":{"L":[{"N":"1"},{"L":[{"N":"2"},{"M":{"x":{"L":[]}}}]},{"M":{}}]}}}"#
            ),
            (
                #"{"n": 19.90, "m": -0.0, "k": 1e3, "j": 12345678901234567890123456789012345678}"#,
                #"{"M":{"n":{"N":"19.9"},"m":{"N":"0"},"k":{"N":"1000"},"#
                    + #""j":{"N":"12345678901234567890123456789012345678"}}}"#
            ),
            (
                #"{"t": "\u0041\u00e9\u20ac\ud83d\ude00\/\"\\\b\f\n\r\t\u0001"}"#,
                #"{"M":{"t":{"S":"Aé€😀/\"\\\b\f\n\r\t\u0001"}}}"#
            ),
            (#"{"ü\n": ""}"#, #"{"M":{"ü\n":{"S":""}}}"#),
        ]
    )
    func native(text: String, expected: String) throws {
        #expect(try MapperFixture.value(text, .json, .map) == expected)
        #expect(try MapperFixture.value(text, .text, .map) == expected)
        #expect(try MapperFixture.value(text, .text, .map, .jsonParse) == expected)
        let list = "[\(text)]"
        let expectedList = "{\"L\":[\(expected)]}"
        #expect(try MapperFixture.value(list, .json, .list) == expectedList)
    }

    @Test(
        "what is no such JSON is rejected",
        arguments: [
            ("", notJSON), (" ", notJSON), ("{", notJSON), (#"{"a""#, notJSON),
            (#"{"a":"#, notJSON), (#"{"a":1"#, notJSON), (#"{"a":1,}"#, notJSON),
            (#"{"a":1 "b":2}"#, notJSON), ("{a:1}", notJSON), ("{} {}", notJSON), ("{}x", notJSON),
            (#"{"a":01}"#, notJSON), (#"{"a":1.}"#, notJSON), (#"{"a":.5}"#, notJSON),
            (#"{"a":+1}"#, notJSON), (#"{"a":NaN}"#, notJSON), (#"{"a":tru}"#, notJSON),
            (#"{"a":"x}"#, notJSON), ("{\"a\":\"x\ny\"}", notJSON), (#"{"a":"\x"}"#, notJSON),
            (#"{"a":"\u12"}"#, notJSON), (#"{"a":"\u12g4"}"#, notJSON), ("hello", notJSON),
            (#"{"a":'x'}"#, notJSON),
            ("[]", otherShape), ("1", otherShape), (#""x""#, otherShape), ("null", otherShape),
            (#"{"a":"\ud83d"}"#, loneSurrogate), (#"{"a":"\ude00"}"#, loneSurrogate),
            (#"{"a":"\ud83dx"}"#, loneSurrogate), (#"{"a":"\ud83d\u0041"}"#, loneSurrogate),
            (#"{"":1}"#, "attribute v has a member with an empty name, which DynamoDB refuses"),
            (
                #"{"a":[{"b":{"":1}}]}"#,
                "attribute v has a member with an empty name, which DynamoDB refuses"
            ),
            (#"{"a":1,"\u0061":2}"#, "attribute v has two members of one name in an object"),
            (#"{"x":{"a":1,"b":2,"a":3}}"#, "attribute v has two members of one name in an object"),
            (#"{"a":1e999}"#, "attribute v is outside the range of an N, 1E-130 to 9.99E+125"),
            (
                #"{"a":1234567890123456789012345678901234567890.5}"#,
                "attribute v has more than 38 significant digits, the most that an N keeps"
            ),
        ]
    )
    func rejected(text: String, reason: String) throws {
        #expect(try MapperFixture.value(text, .text, .map) == reason)
    }

    @Test("names may be equal in different objects")
    func names() throws {
        let text = #"{"a": {"a": 1, "b": {"a": 2}}, "b": [{"a": 3}, {"a": 4}]}"#
        #expect(
            try MapperFixture.value(text, .json, .map)
                == #"{"M":{"a":{"M":{"a":{"N":"1"},"b":{"M":{"a":{"N":"2"}}}}},"#
                + #""b":{"L":[{"M":{"a":{"N":"3"}}},{"M":{"a":{"N":"4"}}}]}}}"#
        )
    }

    @Test("two equal names among thousands are found")
    func manyNames() throws {
        let names = (0..<4000).map { "\"n\($0)\": 0" }
        let distinct = "{" + names.joined(separator: ", ") + "}"
        #expect(try MapperFixture.value(distinct, .json, .map).hasPrefix(#"{"M":{"n0":{"N":"0"}"#))
        let doubled = "{" + (names + ["\"n17\": 1"]).joined(separator: ", ") + "}"
        #expect(
            try MapperFixture.value(doubled, .text, .map)
                == "attribute v has two members of one name in an object"
        )
    }

    @Test("31 maps or lists inside one another are kept, 32 are rejected, and so are 100,000")
    func depth() throws {
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        let deep = "attribute v is nested deeper than DynamoDB allows: 31 maps and lists"
        #expect(
            try MapperFixture.value(nested(31), .json, .list)
                == String(repeating: "{\"L\":[", count: 31) + String(repeating: "]}", count: 31)
        )
        #expect(try MapperFixture.value(nested(32), .json, .list) == deep)
        #expect(try MapperFixture.value(nested(100_000), .text, .list) == deep)
        #expect(try MapperFixture.value(nested(100_000), .text, .map) == deep)
        #expect(try MapperFixture.value(nested(100_000), .text, .stringSet) != "")
    }

    @Test("bytes that are not UTF-8 are rejected inside JSON, too")
    func notUTF8() throws {
        let text = Array(#"{"a":""#.utf8) + [0xc3, 0x28] + Array(#""}"#.utf8)
        #expect(
            try MapperFixture.value(text, .text, .map)
                == "attribute v is not valid UTF-8, which an S needs"
        )
    }

    @Test(
        "json-parse takes a scalar as its type",
        arguments: [
            (#""a\u0062c\n""#, .string, #"{"S":"abc\n"}"#),
            (#""""#, .string, #"{"S":""}"#),
            ("1", .string, otherShape),
            ("null", .string, otherShape),
            ("{}", .string, otherShape),
            ("abc", .string, notJSON),
            (" 1.50 ", .number, #"{"N":"1.5"}"#),
            (#""1""#, .number, otherShape),
            ("1 2", .number, notJSON),
            ("true", .bool, #"{"BOOL":true}"#),
            ("false", .bool, #"{"BOOL":false}"#),
            ("1", .bool, #"{"BOOL":true}"#),
            ("2", .bool, otherShape),
            (#""true""#, .bool, otherShape),
            (#""AQI=""#, .binary, #"{"B":"AQI="}"#),
            (#""x""#, .binary, "attribute v is not valid base64"),
            (#"["a"]"#, .stringSet, #"{"SS":["a"]}"#),
            ("[1]", .list, #"{"L":[{"N":"1"}]}"#),
        ] as [(String, AttributeType, String)]
    )
    func parsed(text: String, type: AttributeType, expected: String) throws {
        #expect(try MapperFixture.value(text, .json, type, .jsonParse) == expected)
    }
}
