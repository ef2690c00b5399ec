import Testing

@testable import Mapping

@Suite("Dates and times in UTC")
struct CivilTimeTests {
    private static func time(_ text: String) -> CivilTime? {
        let source = ByteBuffer(capacity: 64)
        source.append(text)
        return try? CivilTime(source.bytes)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    @Test(
        "every day from 0001-01-01 to 9999-12-31 follows the one before, and comes back from its number"
    )
    func everyDay() throws {
        var expected = -719_162
        for year in 1...9999 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for (index, days) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
                .enumerated()
            {
                let month = index + 1
                guard CivilTime.daysOfMonth(month, year: year) == days else {
                    Issue.record("\(year)-\(month) has \(days) days")
                    return
                }
                for day in 1...days {
                    let number = CivilTime.days(year: year, month: month, day: day)
                    let back = try CivilTime(milliseconds: number * 86_400_000 + 86_399_999)
                    guard number == expected, back.year == year, back.month == month,
                        back.day == day, back.hour == 23, back.minute == 59, back.second == 59,
                        back.millisecond == 999
                    else {
                        Issue.record("\(year)-\(month)-\(day) is not day \(expected)")
                        return
                    }
                    expected += 1
                }
            }
        }
        #expect(expected == 2_932_897)
    }

    @Test(
        "known instants",
        arguments: [
            ("1970-01-01", 0), ("1970-01-01 00:00:00", 0), ("1969-12-31 23:59:59", -1000),
            ("1969-12-31 23:59:59.5", -500), ("2000-02-29 12:34:56", 951_827_696_000),
            ("2024-02-29 23:59:59.123456", 1_709_251_199_123),
            ("2024-02-29T23:59:59.999999Z", 1_709_251_199_999),
            ("2038-01-19 03:14:08", 2_147_483_648_000), ("0001-01-01", -62_135_596_800_000),
            ("9999-12-31 23:59:59.999999", 253_402_300_799_999),
        ]
    )
    func known(text: String, milliseconds: Int) throws {
        let time = try #require(Self.time(text))
        #expect(time.milliseconds == milliseconds)
        #expect(try CivilTime(milliseconds: milliseconds) == time)
    }

    @Test(
        "what is no complete date",
        arguments: [
            "", "0000-00-00", "0000-00-00 00:00:00", "2024-05-00", "2024-00-05", "0000-01-01",
            "2023-02-29", "1900-02-29", "2024-13-01", "2024-04-31", "2024-4-1", "2024/04/01",
            "20240401", "2024-04-01 ", "2024-04-01 1:00:00", "2024-04-01 24:00:00",
            "2024-04-01 23:60:00", "2024-04-01 23:59:60", "2024-04-01 23:59",
            "2024-04-01 23:59:59.",
            "2024-04-01 23:59:59.1234567890", "2024-04-01 23:59:59x", "2024-04-01_23:59:59",
            "2024-04-01 23:59:59+01:00", "12:00:00", "-024-01-01", "2024-0a-01", "10000-01-01",
        ]
    )
    func rejected(text: String) {
        #expect(Self.time(text) == nil)
    }
}
