import Contract
import Testing

@testable import unglue

@Suite("numbers for people")
struct QuantityTests {
    @Test(
        "have their thousands grouped",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"),
            (Int.min, "-9,223,372,036,854,775,808"),
        ]
    )
    func grouped(_ row: (number: Int, text: String)) {
        #expect(Quantity.grouped(row.number) == row.text)
    }

    @Test(
        "have a fixed number of decimals, rounded half away from zero",
        arguments: [
            (0.0, 3, "0.000"), (1.0005, 3, "1.001"), (2.5, 0, "3"), (-0.04, 1, "0.0"),
            (-1.25, 1, "-1.3"), (0.05, 2, "0.05"), (Double.nan, 1, "0.0"),
            (Double.infinity, 1, "0.0"),
        ]
    )
    func decimal(_ row: (number: Double, places: Int, text: String)) {
        #expect(Quantity.decimal(row.number, places: row.places) == row.text)
    }

    @Test(
        "have the units that fit a duration",
        arguments: [
            (0.0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (125, "2 min 05 s"),
            (3600, "1 h 00 min"), (172_799, "47 h 59 min"), (180_000, "2 d 2 h"),
            (-1, "0.0 s"), (Double.infinity, "0.0 s"),
        ]
    )
    func duration(_ row: (seconds: Double, text: String)) {
        #expect(Quantity.duration(seconds: row.seconds) == row.text)
    }

    @Test(
        "have the units that fit an amount of data",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"),
            (999_951, "1.0 MB"), (1_550_000_000, "1.6 GB"), (Int.max, "9223.4 PB"),
        ]
    )
    func bytes(_ row: (count: Int, text: String)) {
        #expect(Quantity.bytes(row.count) == row.text)
    }

    @Test(
        "have a decimal in a slow rate only",
        arguments: [
            (0.0, "0/s"), (0.44, "0.4/s"), (9.96, "10/s"), (12_345.6, "12,346/s"),
            (Double.nan, "0/s"),
        ]
    )
    func rate(_ row: (perSecond: Double, text: String)) {
        #expect(Quantity.rate(row.perSecond) == row.text)
    }
}

@Suite("times")
struct TimestampTests {
    @Test(
        "are dates of the Gregorian calendar in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.007Z"), (1_709_251_199, "2024-02-29T23:59:59.007Z"),
            (951_868_800, "2000-03-01T00:00:00.007Z"), (4_107_542_400, "2100-03-01T00:00:00.007Z"),
            (-1, "1969-12-31T23:59:59.007Z"),
        ]
    )
    func iso8601(_ row: (seconds: Int, text: String)) {
        #expect(Timestamp(seconds: row.seconds, milliseconds: 7).iso8601 == row.text)
    }

    @Test("name runs, with digits that tell two of one second apart")
    func runName() {
        let time = Timestamp(seconds: 1_709_251_199, milliseconds: 0)
        #expect(RunName.make(at: time, random: 0x1f) == "20240229T235959Z-001f")
    }
}

@Suite("text from elsewhere")
struct NeutralTests {
    @Test(
        "cannot move the cursor, forge a line or reorder text",
        arguments: [
            ("plain ünïcode 💩", "plain ünïcode 💩"), ("a\nb\tc\r", "a\\nb\\tc\\u{D}"),
            ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{9B}2J", "\\u{9B}2J"),
            ("a\u{202E}b", "a\\u{202E}b"), ("a\u{2028}b", "a\\u{2028}b"),
            ("a\u{0}b", "a\\u{0}b"), ("a\u{200B}b", "a\\u{200B}b"),
        ]
    )
    func text(_ row: (given: String, shown: String)) {
        #expect(Neutral.text(row.given) == row.shown)
    }

    @Test("in JSON is escaped the way JSON has it, and stays the same value")
    func json() throws {
        let document = "{\"a\":\"\u{9B}31m\u{202E}\u{E0001} ünï\"}\n"
        #expect(
            Neutral.json(document) == #"{"a":"\u009b31m\u202e\udb40\udc01 ünï"}"# + "\n"
        )
        #expect(
            try JSONParser.parse(Array(Neutral.json(document).utf8))
                == JSONParser.parse(Array(document.utf8))
        )
    }

    @Test("is cut to a few lines where it is quoted")
    func quoted() {
        #expect(Neutral.quoted("a'b") == "'a'b'")
        #expect(Neutral.quoted(String(repeating: "x", count: 401)).count == 400)
    }

    @Test("is measured in the columns of a terminal, and cut to them")
    func fitted() {
        #expect("café".displayWidth == 4)
        #expect("e\u{301}".displayWidth == 1)
        #expect("健".displayWidth == 2)
        #expect("abcdef".fitted(to: 6) == "abcdef")
        #expect("abcdef".fitted(to: 5) == "abcd…")
        #expect("健健健".fitted(to: 4) == "健…")
        #expect("abc".fitted(to: 0) == "")
    }
}

@Suite("the log")
struct LogTests {
    private func log(_ level: LogLevel, _ format: LogFormat, isColoured: Bool = false) -> Log {
        Log(
            level: level,
            format: format,
            stream: ErrorStream(),
            style: Style(isColoured: isColoured),
            now: { Timestamp(seconds: 1_709_251_199, milliseconds: 123) }
        )
    }

    @Test("prints text with the level of what is bad, and neutralises it")
    func text() {
        let log = log(.info, .text)
        #expect(log.lines(.error, "a\u{1B}b") == ["unglue: error: a\\u{1B}b"])
        #expect(log.lines(.warning, "one\ntwo") == ["unglue: warning: one", "  two"])
        #expect(log.lines(.info, "ready") == ["ready"])
        let coloured = self.log(.info, .text, isColoured: true)
        #expect(coloured.lines(.error, "x") == ["\u{1B}[31munglue: error: \u{1B}[0mx"])
    }

    @Test("prints one JSON object a line, with the fields of the message")
    func json() {
        let lines = log(.info, .json).lines(
            .warning,
            "a\n\"b\"",
            [JSONMember(name: "path", value: .string("tables[0]"))]
        )
        #expect(
            lines == [
                #"{"time":"2024-02-29T23:59:59.123Z","level":"warning","message":"a\n\"b\"","path":"tables[0]"}"#
            ]
        )
    }
}
