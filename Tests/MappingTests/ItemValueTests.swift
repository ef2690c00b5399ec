import Contract
import Mapping
import Testing

private typealias Row = (ResultColumn.Kind, String, String)

private let notUTF8 = "attribute v is not valid UTF-8, which an S needs"
private let notNumber = "attribute v is not a number"
private let notBool = "attribute v is neither 0 nor 1, as a BOOL needs"
private let notJSON = "attribute v is not valid JSON"
private let otherShape = "attribute v is JSON of another shape than its type"
private let tooPrecise =
    "attribute v has more than 38 significant digits, the most that an N keeps"
private let outOfRange = "attribute v is outside the range of an N, 1E-130 to 9.99E+125"

@Suite("Values of each type")
struct ItemValueTests {
    @Test(
        "a column's value as an S is what MySQL prints",
        arguments: [
            (.integer, "00042", #"{"S":"00042"}"#),
            (.integer, "-9223372036854775808", #"{"S":"-9223372036854775808"}"#),
            (.integer, "18446744073709551615", #"{"S":"18446744073709551615"}"#),
            (.decimal, "19.90", #"{"S":"19.90"}"#),
            (.double, "1.5e300", #"{"S":"1.5e300"}"#),
            (.float, "16777200", #"{"S":"16777200"}"#),
            (.date, "0000-00-00", #"{"S":"0000-00-00"}"#),
            (.dateTime, "2024-02-29 23:59:59.120000", #"{"S":"2024-02-29 23:59:59.120000"}"#),
            (.time, "-838:59:59.999999", #"{"S":"-838:59:59.999999"}"#),
            (.year, "2155", #"{"S":"2155"}"#),
            (.enum, "large", #"{"S":"large"}"#),
            (.set, "a,b", #"{"S":"a,b"}"#),
            (.text, "", #"{"S":""}"#),
            (.text, " keeps  spaces ", #"{"S":" keeps  spaces "}"#),
            (.text, #"Zoë 😀 "q" \ /"# + "\u{7f}", #"{"S":"Zoë 😀 \"q\" \\ /"# + "\u{7f}\"}"),
            (.text, "a\0b\u{8}\t\n\u{c}\r\u{1f}", #"{"S":"a\u0000b\b\t\n\f\r\u001f"}"#),
            (.json, #"{"a": [1, "b"]}"#, #"{"S":"{\"a\": [1, \"b\"]}"}"#),
            (.binary, "text in a BLOB", #"{"S":"text in a BLOB"}"#),
        ] as [(ResultColumn.Kind, String, String)]
    )
    func string(kind: ResultColumn.Kind, text: String, expected: String) throws {
        #expect(try MapperFixture.value(text, kind, .string) == expected)
    }

    @Test("a BIT as an S or an N is its unsigned integer")
    func bit() throws {
        let all = [UInt8](repeating: 0xff, count: 8)
        #expect(try MapperFixture.value([0x02, 0x01], .bit, .string) == #"{"S":"513"}"#)
        #expect(try MapperFixture.value([0], .bit, .number) == #"{"N":"0"}"#)
        #expect(try MapperFixture.value(all, .bit, .number) == #"{"N":"18446744073709551615"}"#)
        #expect(try MapperFixture.value([0x02, 0x01], .bit, .binary) == #"{"B":"AgE="}"#)
        #expect(try MapperFixture.value([1], .bit, .bool) == #"{"BOOL":true}"#)
        #expect(try MapperFixture.value([0], .bit, .bool) == #"{"BOOL":false}"#)
        #expect(try MapperFixture.value([2], .bit, .bool) == notBool)
    }

    @Test(
        "bytes that are not UTF-8 are no S",
        arguments: [
            [0x80], [0xc0, 0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80],
            [0xf5, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0x61, 0xff],
        ] as [[UInt8]]
    )
    func notText(bytes: [UInt8]) throws {
        #expect(try MapperFixture.value(bytes, .text, .string) == notUTF8)
        #expect(try MapperFixture.value(bytes, .binary, .string) == notUTF8)
        let long = [UInt8](repeating: 0x61, count: 5000) + bytes
        #expect(try MapperFixture.value(long, .binary, .string) == notUTF8)
    }

    @Test(
        "an N is exact and has one spelling",
        arguments: [
            (.decimal, "0.7400000000", #"{"N":"0.74"}"#),
            (.decimal, "100", #"{"N":"100"}"#),
            (.decimal, "100.00", #"{"N":"100"}"#),
            (.decimal, "-0.00", #"{"N":"0"}"#),
            (.integer, "00042", #"{"N":"42"}"#),
            (.integer, "0000", #"{"N":"0"}"#),
            (.integer, "-0", #"{"N":"0"}"#),
            (.integer, "18446744073709551615", #"{"N":"18446744073709551615"}"#),
            (.double, "1e2", #"{"N":"100"}"#),
            (.double, "1e20", #"{"N":"100000000000000000000"}"#),
            (.double, "-1.25e-7", #"{"N":"-0.000000125"}"#),
            (.double, "1.5e+3", #"{"N":"1500"}"#),
            (.double, "1.5e300", outOfRange),
            (.double, "1e-131", outOfRange),
            (.double, "1e99999999999999999999", outOfRange),
            (
                .decimal, "99999999999999999999999999999999999999",
                #"{"N":"99999999999999999999999999999999999999"}"#
            ),
            (.decimal, "123456789012345678901234567890123456789", tooPrecise),
            (
                .decimal, "123456789012345678901234567890123456780",
                #"{"N":"123456789012345678901234567890123456780"}"#
            ),
            (
                .decimal, "0.12345678901234567890123456789012345678000",
                #"{"N":"0.12345678901234567890123456789012345678"}"#
            ),
            (.decimal, "10000000000000000000.0000000000000000001", tooPrecise),
            (.year, "2024", #"{"N":"2024"}"#),
            (.text, "+5", #"{"N":"5"}"#),
            (.text, ".5", #"{"N":"0.5"}"#),
            (.text, "5.", #"{"N":"5"}"#),
            (.text, "", notNumber),
            (.text, " 5", notNumber),
            (.text, "5 ", notNumber),
            (.text, "12abc", notNumber),
            (.text, "NaN", notNumber),
            (.text, "Infinity", notNumber),
            (.text, "1.2.3", notNumber),
            (.text, "1,5", notNumber),
            (.text, "--1", notNumber),
            (.text, "-", notNumber),
            (.text, ".", notNumber),
            (.text, "1e", notNumber),
            (.text, "1e+", notNumber),
            (.text, "0x10", notNumber),
            (.text, "1e5e5", notNumber),
            (.text, "٣", notNumber),
            (.date, "2024-02-29", notNumber),
            (.dateTime, "2024-02-29 23:59:59", notNumber),
            (.time, "12:00:00", notNumber),
            (.json, "12.50", #"{"N":"12.5"}"#),
            (.json, #""12""#, notNumber),
        ] as [(ResultColumn.Kind, String, String)]
    )
    func number(kind: ResultColumn.Kind, text: String, expected: String) throws {
        #expect(try MapperFixture.value(text, kind, .number) == expected)
    }

    @Test(
        "the ends of an N's range",
        arguments: [
            ("1e125", "1" + String(repeating: "0", count: 125)),
            (
                "9.9999999999999999999999999999999999999e125",
                String(repeating: "9", count: 38) + String(repeating: "0", count: 88)
            ),
            ("1e-130", "0." + String(repeating: "0", count: 129) + "1"),
            ("-1.5e-130", "-0." + String(repeating: "0", count: 129) + "15"),
        ]
    )
    func range(text: String, digits: String) throws {
        let expected = "{\"N\":\"\(digits)\"}"
        #expect(try MapperFixture.value(text, .double, .number) == expected)
        #expect(try MapperFixture.value(digits, .text, .number) == expected)
        #expect(try MapperFixture.value("1e126", .double, .number) == outOfRange)
        #expect(try MapperFixture.value("9e-131", .double, .number) == outOfRange)
    }

    @Test(
        "a BOOL is 0 or 1",
        arguments: [
            (.integer, "0", #"{"BOOL":false}"#),
            (.integer, "1", #"{"BOOL":true}"#),
            (.integer, "001", #"{"BOOL":true}"#),
            (.decimal, "1.00", #"{"BOOL":true}"#),
            (.decimal, "0.0", #"{"BOOL":false}"#),
            (.text, "1", #"{"BOOL":true}"#),
            (.integer, "2", notBool),
            (.integer, "-1", notBool),
            (.integer, "10", notBool),
            (.decimal, "0.1", notBool),
            (.text, "", notBool),
            (.text, "01", notBool),
            (.text, "true", notBool),
            (.text, "yes", notBool),
            (.date, "2024-01-01", notBool),
            (.json, "true", #"{"BOOL":true}"#),
            (.json, "false", #"{"BOOL":false}"#),
            (.json, "1", #"{"BOOL":true}"#),
            (.json, "null", notBool),
            (.json, "\"true\"", notBool),
        ] as [(ResultColumn.Kind, String, String)]
    )
    func bool(kind: ResultColumn.Kind, text: String, expected: String) throws {
        #expect(try MapperFixture.value(text, kind, .bool) == expected)
    }

    @Test(
        "a B is the value's bytes in base64",
        arguments: [
            ([], #"{"B":""}"#), ([0xff], #"{"B":"/w=="}"#), ([0, 1], #"{"B":"AAE="}"#),
            ([0xfb, 0xef, 0xbe], #"{"B":"++++"}"#), ([1, 2, 3, 4], #"{"B":"AQIDBA=="}"#),
        ] as [([UInt8], String)]
    )
    func binary(bytes: [UInt8], expected: String) throws {
        #expect(try MapperFixture.value(bytes, .binary, .binary) == expected)
    }

    @Test(
        "sets come from SET columns and JSON arrays, without duplicates",
        arguments: [
            (.set, "red,blue", .stringSet, #"{"SS":["red","blue"]}"#),
            (.set, "", .stringSet, ""),
            (.set, "a\"b", .stringSet, #"{"SS":["a\"b"]}"#),
            (.set, "1,2.50,01", .numberSet, #"{"NS":["1","2.5"]}"#),
            (.set, "a,b", .binarySet, #"{"BS":["YQ==","Yg=="]}"#),
            (.set, "a,b", .numberSet, notNumber),
            (.json, #"["b", "a", "b", "\u0061"]"#, .stringSet, #"{"SS":["b","a"]}"#),
            (.json, #"["", ""]"#, .stringSet, #"{"SS":[""]}"#),
            (.json, "[1, 1.0, 1e0, -0, 0, 10]", .numberSet, #"{"NS":["1","0","10"]}"#),
            (.json, #"["YQ==", "Yg==", "YQ=="]"#, .binarySet, #"{"BS":["YQ==","Yg=="]}"#),
            (.text, #" [ "x" , "y" ] "#, .stringSet, #"{"SS":["x","y"]}"#),
            (.json, "[]", .stringSet, ""),
            (.json, "[]", .numberSet, ""),
            (
                .json, #"["a", null]"#, .stringSet,
                "attribute v has a member that its set type cannot hold"
            ),
            (.json, "[null]", .numberSet, "attribute v has a member that its set type cannot hold"),
            (
                .json, #"["a", 1]"#, .stringSet,
                "attribute v has a member that its set type cannot hold"
            ),
            (
                .json, #"["1"]"#, .numberSet,
                "attribute v has a member that its set type cannot hold"
            ),
            (.json, #"["a"]"#, .binarySet, "attribute v is not valid base64"),
            (.json, "{}", .stringSet, otherShape),
            (.json, "null", .stringSet, otherShape),
            (.text, "a,b", .stringSet, notJSON),
            (.text, "", .stringSet, notJSON),
            (.text, "[1] x", .numberSet, notJSON),
            (.text, "[1,]", .numberSet, notJSON),
        ] as [(ResultColumn.Kind, String, AttributeType, String)]
    )
    func sets(
        kind: ResultColumn.Kind,
        text: String,
        type: AttributeType,
        expected: String
    ) throws {
        #expect(try MapperFixture.value(text, kind, type) == expected)
    }

    @Test("a set of thousands keeps each member once, in the order of its first appearance")
    func largeSet() throws {
        let numbers = (0..<5000).map { $0 * 7919 % 3001 }
        var seen: Set<Int> = []
        let distinct = numbers.filter { seen.insert($0).inserted }
        #expect(distinct.count == 3001)
        let text = "[" + numbers.map { "\($0).0" }.joined(separator: ", ") + "]"
        let expected =
            "{\"NS\":[" + distinct.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
        #expect(try MapperFixture.value(text, .json, .numberSet) == expected)
    }

    @Test("an attribute of type NULL is always null")
    func null() throws {
        #expect(try MapperFixture.value("x", .text, .null) == #"{"NULL":true}"#)
        #expect(try MapperFixture.value(nil as String?, .text, .null) == #"{"NULL":true}"#)
    }

    @Test("an omitted cell rejects the row")
    func omitted() throws {
        let long = [UInt8](repeating: 0x61, count: RowSlab.cellBytesMax + 1)
        let expected = "attribute v is far over DynamoDB's 409600 bytes an item"
        #expect(try MapperFixture.value(long, .text, .string) == expected)
        #expect(try MapperFixture.value(long, .json, .map) == expected)
        let format = Transformation.number(
            NumberFormat(minimumIntegerDigits: 1, decimals: 2, isGrouped: false)
        )
        #expect(try MapperFixture.value(long, .text, .string, format) == expected)
    }
}
