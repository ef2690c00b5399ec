import Contract
import Testing

@Suite("Reading and writing JSON")
struct JSONParserTests {
    static let values: [(String, JSONValue)] = [
        ("null", .null), (" true ", .bool(true)), ("false\n", .bool(false)),
        ("0", .number("0")), ("-0", .number("-0")), ("1e5", .number("1e5")),
        ("-12.50E-7", .number("-12.50E-7")),
        (
            "123456789012345678901234567890.12345678901234567890",
            .number("123456789012345678901234567890.12345678901234567890")
        ),
        (#""""#, .string("")), (#""a\"b\\c\/d\b\f\n\r\t""#, .string("a\"b\\c/d\u{8}\u{C}\n\r\t")),
        (#""\u00e9\uD83D\uDE00\u0000""#, .string("é😀\0")), ("\"é😀\"", .string("é😀")),
        ("[]", .array([])), ("[ ]", .array([])), ("{}", .object([])), ("{ }", .object([])),
        (
            "[1, [2, []], {}]",
            .array([.number("1"), .array([.number("2"), .array([])]), .object([])])
        ),
        (
            #"{"a": {"b": [true]}, "c": null}"#,
            .object([
                JSONMember(
                    name: "a",
                    value: .object([JSONMember(name: "b", value: .array([.bool(true)]))])
                ),
                JSONMember(name: "c", value: .null),
            ])
        ),
        (
            #"{"a": 1, "a": 2}"#,
            .object([
                JSONMember(name: "a", value: .number("1")),
                JSONMember(name: "a", value: .number("2")),
            ])
        ),
    ]

    @Test("A document is read exactly", arguments: values)
    func reads(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    static let mistakes: [(String, String)] = [
        ("", "line 1, column 1: there is no JSON value, only space"),
        (" \n ", "line 2, column 2: there is no JSON value, only space"),
        ("nul", "line 1, column 1: a value is due, but `n` stands here"),
        ("nulls", "line 1, column 1: a value is due, but `n` stands here"),
        ("True", "line 1, column 1: a value is due, but `T` stands here"),
        ("NaN", "line 1, column 1: a value is due, but `N` stands here"),
        ("'a'", "line 1, column 1: a value is due, but `'` stands here"),
        ("01", "line 1, column 2: a number has a zero before its first digit"),
        ("-", "line 1, column 2: the document ends where a digit is due"),
        ("+1", "line 1, column 1: a value is due, but `+` stands here"),
        ("1.", "line 1, column 3: the document ends where a digit after the point is due"),
        (".5", "line 1, column 1: a value is due, but `.` stands here"),
        ("1e", "line 1, column 3: the document ends where a digit of the exponent is due"),
        ("1e+x", "line 1, column 4: a digit of the exponent is due, but `x` stands here"),
        ("1x", "line 1, column 2: a number is followed by something that does not belong to it"),
        ("1.2.3", "line 1, column 4: a number is followed by something that does not belong to it"),
        ("1 2", "line 1, column 3: something follows the document's end"),
        ("[1,]", "line 1, column 4: a comma stands before the `]`"),
        ("[1 2]", "line 1, column 4: `,` or `]` is due, but `2` stands here"),
        ("[1", "line 1, column 3: the document ends where `,` or `]` is due"),
        ("[", "line 1, column 2: the document ends where a value is due"),
        ("]", "line 1, column 1: a value is due, but `]` stands here"),
        ("[1}", "line 1, column 3: `,` or `]` is due, but `}` stands here"),
        ("{", "line 1, column 2: the document ends where a member's name in double quotes is due"),
        (
            "{a: 1}",
            "line 1, column 2: a member's name in double quotes is due, but `a` stands here"
        ),
        (
            #"{"a" 1}"#,
            "line 1, column 6: `:` after the member's name is due, but `1` stands here"
        ),
        (#"{"a": 1,}"#, "line 1, column 9: a comma stands before the `}`"),
        (#"{"a": }"#, "line 1, column 7: a value is due, but `}` stands here"),
        ("[1, // one\n2]", "line 1, column 5: a value is due, but `/` stands here"),
        ("\"a", "line 1, column 1: a string is not closed"),
        (
            "[\n  \"é\", \"a\tb\"]",
            "line 2, column 10: a control character stands in a string;"
                + " write it as an escape"
        ),
        (#""\x41""#, "line 1, column 2: an escape is none of JSON's"),
        (#""\u12g4""#, "line 1, column 2: an escape needs four hexadecimal digits after \\u"),
        (#""\u12"#, "line 1, column 2: an escape needs four hexadecimal digits after \\u"),
        (#""\"#, "line 1, column 2: the document ends within an escape"),
        (#""\ud83d""#, "line 1, column 2: an escape is half of a surrogate pair"),
        (#""\ud83d\u0041""#, "line 1, column 2: an escape is half of a surrogate pair"),
        (#""\ude00\ud83d""#, "line 1, column 2: an escape is half of a surrogate pair"),
        (
            "\u{FEFF}{}",
            "line 1, column 1: a byte order mark stands before the JSON;"
                + " save the file as plain UTF-8"
        ),
        ("\u{A0}1", "line 1, column 1: a value is due, but another byte stands here"),
    ]

    @Test("A mistake is named with its line and column", arguments: mistakes)
    func refuses(text: String, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(error?.description == message)
    }

    static let brokenUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80],
        [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
        [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    @Test("Bytes that are not UTF-8 are refused", arguments: brokenUTF8)
    func refusesBrokenUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse([quote] + bytes + [quote])
        }
        #expect(error?.description == "line 1, column 2: a string is not valid UTF-8")
    }

    @Test("The first and last character of each length are read")
    func readsUTF8Bounds() throws {
        let text = "\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"
        #expect(try JSONParser.parse(Array("\"\(text)\"".utf8)) == .string(text))
    }

    @Test("Nesting is allowed up to the limit and refused above it")
    func limitsDepth() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8
            )
        }
        #expect(throws: Never.self) { try JSONParser.parse(nested(8), depthMax: 8) }
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse(nested(9), depthMax: 8)
        }
        #expect(
            error?.description
                == "line 1, column 9: arrays and objects lie more than 8 deep in each other"
        )
        #expect(throws: Never.self) { try JSONParser.parse(nested(512), depthMax: 1_000_000) }
        #expect(throws: JSONError.self) {
            try JSONParser.parse(nested(513), depthMax: 1_000_000)
        }
        #expect(throws: JSONError.self) {
            try JSONParser.parse(Array(repeating: UInt8(ascii: "{"), count: 1_000_000))
        }
    }

    @Test("A document longer than asked for is not read")
    func limitsBytes() {
        #expect(throws: Never.self) { try JSONParser.parse(Array("1234".utf8), bytesMax: 4) }
        let error = #expect(throws: JSONError.self) {
            try JSONParser.parse(Array("12345".utf8), bytesMax: 4)
        }
        #expect(error?.message == "the document has 5 bytes; at most 4 are read")
    }

    @Test("A value is written compactly, and read back as it was", arguments: values)
    func writes(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(value.serializedBytes()) == value)
        #expect(try JSONParser.parse(value.serializedBytes(pretty: true)) == value)
    }

    @Test("The writer escapes what it must and nothing else")
    func escapes() {
        let value = JSONValue.string("\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}é😀")
        #expect(value.serialized() == #""\"\\/\b\f\n\r\t\u0001\u001f"# + "\u{7F}é😀\"")
    }

    @Test("Pretty text has a line for each member and element")
    func isPretty() throws {
        let value = try JSONParser.parse(Array(#"{"a":[1,{}],"b":{"c":[]}}"#.utf8))
        #expect(
            value.serialized(pretty: true) == """
                {
                  "a": [
                    1,
                    {}
                  ],
                  "b": {
                    "c": []
                  }
                }
                """
        )
        #expect(value.serialized() == #"{"a":[1,{}],"b":{"c":[]}}"#)
    }
}
