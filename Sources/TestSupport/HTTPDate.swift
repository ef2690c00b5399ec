import Glibc

/// The two forms of dates in requests and answers, in the calendar of 400-year cycles.
enum HTTPDate {
    /// Seconds since 1970.
    static var now: Int { time(nil) }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// As in the header `Date`, for moments since 1970.
    static func text(_ seconds: Int) -> String {
        let (days, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
        var year = 1970
        var rest = days
        while rest >= length(ofYear: year) {
            rest -= length(ofYear: year)
            year += 1
        }
        var month = 0
        while rest >= length(ofMonth: month, year) {
            rest -= length(ofMonth: month, year)
            month += 1
        }
        let clock = [time / 3600, time / 60 % 60, time % 60].map(twoDigits)
        return "\(weekdays[days % 7]), \(twoDigits(rest + 1)) \(months[month]) \(year) "
            + clock.joined(separator: ":") + " GMT"
    }

    /// Seconds since 1970 of `20240229T235959Z`; nil for anything else.
    static func seconds(basic text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z")
        else { return nil }
        let fields = [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15].compactMap {
            Int(String(decoding: bytes[$0], as: UTF8.self))
        }
        guard fields.count == 6, (1970...9999).contains(fields[0]), (1...12).contains(fields[1])
        else { return nil }
        let year = fields[0]
        let days =
            (1970..<year).reduce(0) { $0 + length(ofYear: $1) }
            + (0..<fields[1] - 1).reduce(0) { $0 + length(ofMonth: $1, year) }
            + fields[2] - 1
        return days * 86_400 + fields[3] * 3600 + fields[4] * 60 + fields[5]
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func length(ofYear year: Int) -> Int { isLeap(year) ? 366 : 365 }

    /// `month`: from 0.
    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        month == 1 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
