import Contract
import Testing

@Suite("Templates and formats")
struct FormatTests {
    static let templates: [(String, [Template.Part])] = [
        ("#META", [.text("#META")]), ("{email}", [.placeholder("email")]),
        (
            "ORDER#{created_at}#{id}",
            [.text("ORDER#"), .placeholder("created_at"), .text("#"), .placeholder("id")]
        ),
        ("{a}{b}", [.placeholder("a"), .placeholder("b")]),
        ("{first name}", [.placeholder("first name")]),
    ]

    @Test("A template is text and placeholders", arguments: templates)
    func readsTemplate(text: String, parts: [Template.Part]) throws {
        let template = try Template.parse(text, lookup: .columnFirst)
        #expect(template == Template(parts: parts, lookup: .columnFirst))
    }

    static let templateRefusals: [(String, String)] = [
        ("", "the template is empty: write text and placeholders, as in ORDER#{id}"),
        ("{", "a placeholder is not closed: write placeholders as {column}"),
        ("a{b", "a placeholder is not closed: write placeholders as {column}"),
        ("a}b", braces), ("{a{b}}", braces), ("{{a}}", braces),
        (
            "{}",
            "the placeholder {} is no name: the name is empty: write a column's or an"
                + " attribute's name between the braces"
        ),
        (
            "{a`b}",
            "the placeholder {…} is no name: the name has a quote (```) in it: write a"
                + " column's or an attribute's name between the braces"
        ),
        (
            "{a }",
            "the placeholder {…} is no name: the name ends in a space: write a column's or an"
                + " attribute's name between the braces"
        ),
        ("{ a}", "the placeholder {…} begins with a space: write no spaces inside the braces"),
    ]

    private static let braces =
        "a brace stands without its partner: write placeholders as {column}; a literal brace"
        + " cannot be written"

    @Test("A template that is none is refused", arguments: templateRefusals)
    func refusesTemplate(text: String, message: String) {
        let refusal = #expect(throws: SyntaxRefusal.self) {
            try Template.parse(text, lookup: .columnFirst)
        }
        #expect(refusal?.description == message)
    }

    static let dates: [(String, DateFormat)] = [
        ("epoch", .epoch), ("epoch-ms", .epochMilliseconds), ("iso8601", .iso8601),
        ("YYYY", .pattern([.year])),
        ("YYYYMMDD", .pattern([.year, .month, .day])),
        (
            "YYYY-MM-DDTHH:mm:ss.SSSZ",
            .pattern([
                .year, .text("-"), .month, .text("-"), .day, .text("T"), .hour, .text(":"), .minute,
                .text(":"), .second, .text("."), .millisecond, .text("Z"),
            ])
        ),
        ("DD. MM.", .pattern([.day, .text(". "), .month, .text(".")])),
        ("YYYY-01-01", .pattern([.year, .text("-01-01")])),
    ]

    @Test("A date format is a pattern or a name", arguments: dates)
    func readsDate(text: String, format: DateFormat) throws {
        #expect(try DateFormat.parse(text) == format)
    }

    private static let known =
        "known are YYYY, MM, DD, HH, mm, ss, SSS, the letters T and Z, and characters that are no"
        + " letters; or epoch, epoch-ms, iso8601"

    static let dateRefusals: [(String, String)] = [
        ("", "the date format is empty or too long: \(known)"),
        ("--", "the date format has no part of a date: \(known)"),
        ("T", "the date format has no part of a date: \(known)"),
        ("yyyy-MM", "\"yyyy\" is no part of a date format: write YYYY for the year; \(known)"),
        ("YY", "\"YY\" is no part of a date format: \(known)"),
        ("YYYY-MM-dd", "\"dd\" is no part of a date format: write DD for the day; \(known)"),
        ("hh:mm", "\"hh\" is no part of a date format: write HH for the hour of 24; \(known)"),
        ("MMM", "\"M\" is no part of a date format: write MM for the month; \(known)"),
        (
            "SS",
            "\"SS\" is no part of a date format: write ss for the second, SSS for milliseconds;"
                + " \(known)"
        ),
        ("%Y-%m", "\"Y\" is no part of a date format: \(known)"),
        ("Epoch", "\"E\" is no part of a date format: \(known)"),
        ("YYYY é", "\"é\" is no part of a date format: \(known)"),
        ("YYYY\n", "the date format has a control character in it"),
    ]

    @Test("A date format that is none is refused with what is known", arguments: dateRefusals)
    func refusesDate(text: String, message: String) {
        let refusal = #expect(throws: SyntaxRefusal.self) { try DateFormat.parse(text) }
        #expect(refusal?.description == message)
    }

    static let numbers: [(String, NumberFormat)] = [
        ("0", NumberFormat(minimumIntegerDigits: 1, decimals: 0, isGrouped: false)),
        ("0.00", NumberFormat(minimumIntegerDigits: 1, decimals: 2, isGrouped: false)),
        ("00000", NumberFormat(minimumIntegerDigits: 5, decimals: 0, isGrouped: false)),
        ("000.0", NumberFormat(minimumIntegerDigits: 3, decimals: 1, isGrouped: false)),
        ("#,##0", NumberFormat(minimumIntegerDigits: 1, decimals: 0, isGrouped: true)),
        ("#,##0.0", NumberFormat(minimumIntegerDigits: 1, decimals: 1, isGrouped: true)),
        (
            String(repeating: "0", count: 38),
            NumberFormat(minimumIntegerDigits: 38, decimals: 0, isGrouped: false)
        ),
    ]

    @Test("A number format is zeros, a point and groups", arguments: numbers)
    func readsNumber(text: String, format: NumberFormat) throws {
        #expect(try NumberFormat.parse(text) == format)
    }

    @Test(
        "A number format that is none is refused",
        arguments: [
            "", ".", "0.", ".0", "#", "#.00", "0,000", "#,##00", "#,##0,0", "0.0.0", "%.2f", " 0",
            "٠", "1.00",
        ]
    )
    func refusesNumber(text: String) {
        let refusal = #expect(throws: SyntaxRefusal.self) { try NumberFormat.parse(text) }
        #expect(
            refusal?.description
                == "\"\(text)\" is no number format: write 0, 0.00 (decimals), 00000"
                + " (padded) or #,##0.0 (grouped)"
        )
    }

    @Test("A number format has at most 38 digits on each side")
    func limitsNumber() {
        let zeros = String(repeating: "0", count: 39)
        #expect(throws: SyntaxRefusal.self) { try NumberFormat.parse(zeros) }
        #expect(throws: SyntaxRefusal.self) { try NumberFormat.parse("0.\(zeros)") }
    }
}

@Suite("Names")
struct IdentifierTests {
    static let refusals: [(String, String?)] = [
        ("users", nil), ("first name", nil), ("größe", nil), ("a.b", nil), ("a-b", nil),
        ("a;b", nil), (String(repeating: "é", count: 64), nil),
        ("", "the name is empty"),
        ("a`b", "the name has a quote (```) in it: write the bare name; it is quoted for you"),
        ("a'b", "the name has a quote (`'`) in it: write the bare name; it is quoted for you"),
        ("a\"b", "the name has a quote (`\"`) in it: write the bare name; it is quoted for you"),
        ("a\0b", "the name has a NUL character in it"),
        ("a\nb", "the name has a control character in it"),
        ("a\u{7F}", "the name has a control character in it"),
        ("a ", "the name ends in a space"),
        (
            String(repeating: "a", count: 65),
            "the name has 65 characters; MySQL takes at most 64"
        ),
    ]

    @Test("A name that could leave its quotes is refused", arguments: refusals)
    func checks(name: String, message: String?) {
        #expect(Identifier.refusal(name)?.description == message)
    }

    @Test("An attribute's name may be long, but not longer than DynamoDB's")
    func attributes() {
        let long = String(repeating: "a", count: 65_535)
        #expect(Identifier.attributeRefusal(long) == nil)
        #expect(
            Identifier.attributeRefusal(long + "a")?.description
                == "the name has 65536 bytes; DynamoDB takes at most 65535"
        )
    }

    static let nearest: [(String, String?)] = [
        ("projection", "projection"), ("projecton", "projection"), ("Projection", "projection"),
        ("index-name", "index_name"), ("idnex_name", "index_name"), ("pks", "pk"), ("kp", "pk"),
        ("x", nil), ("sk", nil), ("p", nil), ("completely_else", nil), ("", nil),
        (String(repeating: "p", count: 1_000), nil),
    ]

    @Test("The nearest name is found, if one is near", arguments: nearest)
    func findsNearest(name: String, expected: String?) {
        let known = ["index_name", "pk", "projection", "projected_attributes"]
        #expect(NearestName.find(name, among: known) == expected)
    }
}
