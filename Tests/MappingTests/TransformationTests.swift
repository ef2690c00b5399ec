import Contract
import Mapping
import Testing

private let notDate = "attribute v is not a complete date, as its date-format needs"

@Suite("Transformations")
struct TransformationTests {
    @Test(
        "date-format writes patterns and epochs in UTC",
        arguments: [
            ("2024-02-29 23:59:59.987654", .iso8601, .timestamp, "2024-02-29T23:59:59Z"),
            ("2024-02-29", .iso8601, .timestamp, "2024-02-29T00:00:00Z"),
            ("2024-02-29 23:59:59.987654", .epoch, .timestamp, "1709251199"),
            ("2024-02-29 23:59:59.987654", .epochMilliseconds, .timestamp, "1709251199987"),
            ("1969-12-31 23:59:58.5", .epoch, .timestamp, "-2"),
            ("1969-12-31 23:59:58.5", .epochMilliseconds, .timestamp, "-1500"),
            ("1709251199", .iso8601, .epoch, "2024-02-29T23:59:59Z"),
            ("1709251199.9876", .epochMilliseconds, .epoch, "1709251199987"),
            ("-1", .iso8601, .epoch, "1969-12-31T23:59:59Z"),
            ("-0.0001", .iso8601, .epoch, "1969-12-31T23:59:59Z"),
            ("0", .iso8601, .epoch, "1970-01-01T00:00:00Z"),
            ("1709251199987", .epoch, .epochMilliseconds, "1709251199"),
            ("1709251199987", .iso8601, .epochMilliseconds, "2024-02-29T23:59:59Z"),
            ("-1", .epoch, .epochMilliseconds, "-1"),
            ("1.5e9", .iso8601, .epoch, "2017-07-14T02:40:00Z"),
            ("253402300799", .iso8601, .epoch, "9999-12-31T23:59:59Z"),
        ] as [(String, DateFormat, DateSource, String)]
    )
    func date(text: String, format: DateFormat, source: DateSource, expected: String) throws {
        let value = try MapperFixture.value(text, .text, .string, .date(format, source: source))
        #expect(value == "{\"S\":\"\(expected)\"}")
    }

    @Test("date-format has every part of a pattern, and an epoch may be an N")
    func pattern() throws {
        let format = DateFormat.pattern([
            .text("on "), .day, .text("."), .month, .text("."), .year, .text(" \""), .hour, .minute,
            .second, .text(","), .millisecond,
        ])
        let transformation = Transformation.date(format, source: .timestamp)
        #expect(
            try MapperFixture.value("0987-06-05 04:03:02.0109", .dateTime, .string, transformation)
                == #"{"S":"on 05.06.0987 \"040302,010"}"#
        )
        let day = Transformation.date(.pattern([.year, .month, .day]), source: .timestamp)
        #expect(try MapperFixture.value("2024-02-29", .date, .number, day) == #"{"N":"20240229"}"#)
        let epoch = Transformation.date(.epoch, source: .timestamp)
        #expect(
            try MapperFixture.value("2024-02-29 23:59:59", .dateTime, .number, epoch)
                == #"{"N":"1709251199"}"#
        )
    }

    @Test(
        "what date-format refuses",
        arguments: [
            ("0000-00-00 00:00:00", .timestamp, notDate), ("2024-05-00", .timestamp, notDate),
            ("", .timestamp, notDate), ("12:00:00", .timestamp, notDate), ("", .epoch, notDate),
            ("soon", .epoch, notDate),
            ("253402300800", .epoch, "attribute v is a time outside the years 0001 to 9999"),
            ("1e300", .epoch, "attribute v is a time outside the years 0001 to 9999"),
            ("-62135596801", .epoch, "attribute v is a time outside the years 0001 to 9999"),
            (
                "253402300800000", .epochMilliseconds,
                "attribute v is a time outside the years 0001 to 9999"
            ),
        ] as [(String, DateSource, String)]
    )
    func noDate(text: String, source: DateSource, reason: String) throws {
        let transformation = Transformation.date(.iso8601, source: source)
        #expect(try MapperFixture.value(text, .text, .string, transformation) == reason)
    }

    @Test("a NULL has no date and no format")
    func null() throws {
        let date = Transformation.date(.iso8601, source: .timestamp)
        #expect(try MapperFixture.value(nil as String?, .date, .string, date) == "")
        #expect(
            try MapperFixture.value(nil as String?, .date, .string, date, null: .null)
                == #"{"NULL":true}"#
        )
        #expect(try MapperFixture.value("", .text, .string, date, empty: .absent) == "")
    }

    @Test(
        "number-format rounds half away from zero, pads and groups",
        arguments: [
            ("1234.5", 1, 2, false, "1234.50"), ("0.005", 1, 2, false, "0.01"),
            ("-0.005", 1, 2, false, "-0.01"), ("0.0049999999999999999999", 1, 2, false, "0.00"),
            ("-0.001", 1, 2, false, "0.00"), ("9.995", 1, 2, false, "10.00"),
            ("999.5", 1, 0, true, "1,000"), ("2.5", 1, 0, false, "3"), ("-2.5", 1, 0, false, "-3"),
            ("42", 5, 0, false, "00042"), ("-42", 5, 0, false, "-00042"),
            ("1234567", 5, 0, false, "1234567"), ("0", 5, 0, false, "00000"),
            ("1234567.85", 1, 1, true, "1,234,567.9"), ("123.4", 1, 1, true, "123.4"),
            ("-1234.5", 1, 1, true, "-1,234.5"), ("0.5", 0, 1, false, ".5"),
            ("0", 0, 0, false, "0"), ("1e3", 1, 1, true, "1,000.0"),
            ("1.5e-7", 1, 3, false, "0.000"),
            (
                "12345678901234567890123456789012345.123456789012345678901234567890", 1, 29, true,
                "12,345,678,901,234,567,890,123,456,789,012,345.12345678901234567890123456789"
            ),
            ("12", 6, 0, true, "000,012"), ("99999999", 1, 3, false, "99999999.000"),
            ("9.9999", 1, 3, false, "10.000"),
        ] as [(String, Int, Int, Bool, String)]
    )
    func number(
        text: String,
        digits: Int,
        decimals: Int,
        isGrouped: Bool,
        expected: String
    ) throws {
        let format = NumberFormat(
            minimumIntegerDigits: digits,
            decimals: decimals,
            isGrouped: isGrouped
        )
        #expect(
            try MapperFixture.value(text, .decimal, .string, .number(format))
                == "{\"S\":\"\(expected)\"}"
        )
    }

    @Test("number-format of what is no number, of an N, of a BIT and of a FLOAT")
    func numberOfOthers() throws {
        let format = Transformation.number(
            NumberFormat(minimumIntegerDigits: 1, decimals: 2, isGrouped: false)
        )
        let float = ViewColumn(name: "v", role: .attribute, isFloat: true)
        #expect(
            try MapperFixture.value("x", .text, .string, format) == "attribute v is not a number"
        )
        #expect(try MapperFixture.value("19.899", .decimal, .number, format) == #"{"N":"19.9"}"#)
        #expect(try MapperFixture.value([0x01, 0x00], .bit, .string, format) == #"{"S":"256.00"}"#)
        #expect(
            try MapperFixture.value(
                "1.0049999952316284",
                .double,
                .string,
                format,
                viewColumn: float
            )
                == #"{"S":"1.01"}"#
        )
    }

    @Test(
        "constants are rendered as their type",
        arguments: [
            (.string, "#META\"", ##"{"S":"#META\""}"##), (.string, "", #"{"S":""}"#),
            (.number, "1.50", #"{"N":"1.5"}"#), (.bool, "true", #"{"BOOL":true}"#),
            (.bool, "0", #"{"BOOL":false}"#), (.binary, "AQI=", #"{"B":"AQI="}"#),
            (.stringSet, #"["a","a"]"#, #"{"SS":["a"]}"#), (.stringSet, "[]", ""),
            (.numberSet, "[1, 2.0]", #"{"NS":["1","2"]}"#),
            (.binarySet, #"["AQ=="]"#, #"{"BS":["AQ=="]}"#),
            (.map, #"{"a": [1]}"#, #"{"M":{"a":{"L":[{"N":"1"}]}}}"#), (.list, "[]", #"{"L":[]}"#),
            (.null, "x", #"{"NULL":true}"#),
        ] as [(AttributeType, String, String)]
    )
    func constant(type: AttributeType, text: String, expected: String) throws {
        #expect(
            try MapperFixture.value("unread", .text, type, .constant(text)) == expected
        )
    }

    @Test(
        "a constant that its type cannot hold is a problem of the contract",
        arguments: [
            (.number, "abc", "attribute v is not a number"),
            (.bool, "yes", "attribute v is neither 0 nor 1, as a BOOL needs"),
            (.binary, "x", "attribute v is not valid base64"),
            (.map, "[]", "attribute v is JSON of another shape than its type"),
            (.stringSet, "a", "attribute v is not valid JSON"),
        ] as [(AttributeType, String, String)]
    )
    func badConstant(type: AttributeType, text: String, message: String) {
        let error = #expect(throws: ContractError.self) {
            try MapperFixture.value("unread", .text, type, .constant(text))
        }
        #expect(
            error?.problems == [
                ContractProblem(
                    severity: .error,
                    path: "tables[0].attributes[v]",
                    message: message,
                    hint: "write a value that \(type.rawValue) can hold"
                )
            ]
        )
    }
}

@Suite("Templates")
struct TemplateTests {
    private static let template = Template(
        parts: [
            .text("ORDER#"), .placeholder("created_at"), .text("#"), .placeholder("total"),
            .text("#"), .placeholder("flags"),
        ],
        lookup: .columnFirst
    )

    private static func mapper(
        _ type: AttributeType = .string,
        template: Template = template,
        null: NullPolicy = .absent,
        inputs: [TemplateInput] = [
            .column("_src_created_at"), .attribute("total"), .column("flags"),
        ]
    ) throws -> ItemMapper {
        let attributes = [
            MapperFixture.attribute("PK", .string),
            MapperFixture.attribute("v", type, .template(template), null: null),
            MapperFixture.attribute("total", .number),
            MapperFixture.attribute(
                "day",
                .string,
                .date(.pattern([.year, .text("\""), .month]), source: .timestamp)
            ),
        ]
        let table = MapperFixture.table(attributes)
        let columns = [
            MapperFixture.column("PK"),
            ViewColumn(name: "_src_created_at", role: .input(sourceColumn: "created_at")),
            MapperFixture.column("total"), MapperFixture.column("flags"),
            MapperFixture.column("day"),
        ]
        let plan = try ItemPlan.compile(
            table: table,
            entity: table.entities[0],
            view: MapperFixture.view(columns, templates: ["v": inputs]),
            columns: [
                ResultColumn(name: "PK", kind: .integer),
                ResultColumn(name: "_src_created_at", kind: .dateTime),
                ResultColumn(name: "total", kind: .decimal),
                ResultColumn(name: "flags", kind: .bit), ResultColumn(name: "day", kind: .date),
            ]
        )
        return ItemMapper(plan: plan)
    }

    private static func row(
        _ created: String?,
        _ total: String?,
        _ flags: [UInt8]?,
        _ day: String? = nil
    ) -> [[UInt8]?] {
        [
            Array("1".utf8), created.map { Array($0.utf8) }, total.map { Array($0.utf8) }, flags,
            day.map { Array($0.utf8) },
        ]
    }

    @Test("placeholders print as an S does, attributes of type N normalised")
    func filled() throws {
        #expect(
            MapperFixture.map(try Self.mapper(), Self.row("2024-02-29 12:00:00", "19.90", [5]))
                == #"{"PK":{"S":"1"},"v":{"S":"ORDER#2024-02-29 12:00:00#19.9#5"},"#
                + #""total":{"N":"19.9"}}"#
        )
    }

    @Test("a NULL in one makes the whole NULL, under the attribute's own policy")
    func null() throws {
        let absent = #"{"PK":{"S":"1"},"total":{"N":"2"}}"#
        #expect(MapperFixture.map(try Self.mapper(), Self.row(nil, "2", [5])) == absent)
        #expect(MapperFixture.map(try Self.mapper(), Self.row("x", "2", nil)) == absent)
        #expect(
            MapperFixture.map(try Self.mapper(null: .null), Self.row("x", "2", nil))
                == #"{"PK":{"S":"1"},"v":{"NULL":true},"total":{"N":"2"}}"#
        )
        #expect(
            MapperFixture.map(try Self.mapper(null: .reject), Self.row("x", "2", nil))
                == "attribute v is NULL, which the contract rejects"
        )
    }

    @Test("a placeholder's attribute has its own transformation applied")
    func transformed() throws {
        let template = Template(parts: [.placeholder("day"), .text("!")], lookup: .attributeFirst)
        let mapper = try Self.mapper(template: template, inputs: [.attribute("day")])
        #expect(
            MapperFixture.map(mapper, Self.row(nil, nil, nil, "2024-02-29"))
                == #"{"PK":{"S":"1"},"v":{"S":"2024\"02!"},"day":{"S":"2024\"02"}}"#
        )
    }

    @Test("a template may make a number, bytes or a constant")
    func types() throws {
        let digits = Template(parts: [.placeholder("a"), .text(".50")], lookup: .columnFirst)
        let number = try Self.mapper(.number, template: digits, inputs: [.column("flags")])
        #expect(
            MapperFixture.map(number, Self.row(nil, nil, [7]))
                == #"{"PK":{"S":"1"},"v":{"N":"7.5"}}"#
        )
        let binary = try Self.mapper(.binary, template: digits, inputs: [.column("flags")])
        #expect(
            MapperFixture.map(binary, Self.row(nil, nil, [7]))
                == #"{"PK":{"S":"1"},"v":{"B":"Ny41MA=="}}"#
        )
        let constant = try Self.mapper(
            template: Template(parts: [.text("#META")], lookup: .columnFirst),
            inputs: []
        )
        #expect(
            MapperFixture.map(constant, Self.row(nil, nil, nil))
                == ##"{"PK":{"S":"1"},"v":{"S":"#META"}}"##
        )
    }

    @Test("a placeholder whose attribute is no number rejects the row")
    func rejected() throws {
        #expect(
            MapperFixture.map(try Self.mapper(), Self.row("x", "abc", [5]))
                == "attribute v is not a number"
        )
    }
}
