import Contract
import Testing

@testable import Mapping

@Suite("FLOAT columns")
struct FloatTextTests {
    private static func text(_ double: String) throws(ValueFault) -> String {
        let source = ByteBuffer(capacity: 64)
        source.append(double)
        let out = ByteBuffer(capacity: 64)
        try FloatText.append(source.bytes, to: out)
        return String(decoding: out.array(), as: UTF8.self)
    }

    /// The digits without the zeros around them and without the exponent.
    private static func digits(_ text: String) -> Substring {
        let mantissa = text.split(separator: "e")[0].filter(\.isNumber)
        let rest = mantissa.drop { $0 == "0" }
        return rest[...(rest.lastIndex { $0 != "0" } ?? rest.startIndex)]
    }

    /// The doubles are what MySQL 9.7 and MariaDB 10.11 print for `f + 0e0`; where six digits are
    /// enough and the float is a normal one, the expected text is what they print for `f` itself.
    @Test(
        "the fewest digits that read back as the float, laid out as MySQL prints a FLOAT",
        arguments: [
            ("0.10000000149011612", "0.1"),
            ("999999986991104", "1e15"),
            ("100000000376832", "100000000000000"),
            ("1.0000000272564224e16", "1e16"),
            ("1.234567905190871e17", "1.2345679e17"),
            ("0.0000000000000099999998245167", "0.00000000000001"),
            ("0.0000000000000010000000036274937", "0.000000000000001"),
            ("1.0000000168623835e-16", "1e-16"),
            ("16777216", "16777216"),
            ("1.0000000200408773e20", "1e20"),
            ("3.4028234663852886e38", "3.4028235e38"),
            ("1.1754943508222875e-38", "1.1754944e-38"),
            ("9.99994610111476e-41", "1e-40"),
            ("0", "0"), ("-0", "-0"), ("1.5", "1.5"), ("-1234.5", "-1234.5"), ("100", "100"),
            ("0.0000000000000012000000467046398", "0.0000000000000012"),
            ("1.234500033970176e15", "1.2345e15"),
            ("998999997808640", "999000000000000"),
            ("0.000009999999747378752", "0.00001"),
            ("0.0", "0"), ("100.0", "100"), ("16777216.0", "16777216"),
        ]
    )
    func shortest(double: String, float: String) throws {
        #expect(try Self.text(double) == float)
    }

    @Test(
        "a double that is no float's value keeps its text",
        arguments: ["0.1", "1e300", "16777217"]
    )
    func noFloat(double: String) throws {
        #expect(try Self.text(double) == double)
    }

    @Test("random floats come back from their text")
    func random() throws {
        var random = SeededRandom(seed: 24)
        for _ in 0..<3000 {
            let float = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
            guard float.isFinite, float != 0 else { continue }
            let text = try Self.text(Double(float).description)
            #expect(Float(text) == float, "\(text)")
            #expect(Self.digits(text) == Self.digits(float.description), "\(text)")
        }
    }

    @Test("as an N, a FLOAT is exact in plain digits")
    func number() throws {
        let column = ViewColumn(name: "v", role: .attribute, isFloat: true)
        func value(_ text: String) throws -> String {
            try MapperFixture.value(text, .double, .number, viewColumn: column)
        }
        #expect(try value("0.10000000149011612") == #"{"N":"0.1"}"#)
        #expect(try value("-0") == #"{"N":"0"}"#)
        #expect(
            try value("3.4028234663852886e38")
                == #"{"N":"340282350000000000000000000000000000000"}"#
        )
        #expect(
            try MapperFixture.value("0.10000000149011612", .double, .string, viewColumn: column)
                == #"{"S":"0.1"}"#
        )
    }
}
