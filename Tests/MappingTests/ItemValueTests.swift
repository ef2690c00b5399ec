import Contract
import Mapping
import Testing

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
            (.date, "0000-00-00", #"{"S":"0000-00-00"}"#),
            (.dateTime, "2024-02-29 23:59:59.120000", #"{"S":"2024-02-29 23:59:59.120000"}"#),
            (.time, "-838:59:59.999999", #"{"S":"-838:59:59.999999"}"#),
            (.year, "2155", #"{"S":"2155"}"#),
            (.enum, "large", #"{"S":"large"}"#),
            (.set, "a,b", #"{"S":"a,b"}"#),
            (.text, "", #"{"S":""}"#),
            (.text, "Zoë \u{1F600} \"q\" \\ /\u{7f}", #"{"S":"Zoë 😀 \"q\" \\ /"# + "\u{7f}\"}"),
            (.text, "a\0b\u{8}\t\n\u{c}\r\u{1f}", #"{"S":"a\u0000b\b\t\n\f\r\u001f"}"#),
            (.json, #"{"a": [1, "b"]}"#, #"{"S":"{\"a\": [1, \"b\"]}"}"#),
        ] as [(ResultColumn.Kind, String, String)]
    )
    func string(kind: ResultColumn.Kind, text: String, expected: String) throws {
        #expect(try MapperFixture.value(text, kind, .string) == expected)
    }
}
