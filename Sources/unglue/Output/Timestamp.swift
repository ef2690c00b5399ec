import Glibc
// With the static standard library, this is the module that `timespec` is seen to come from.
import SwiftOverlayShims

/// A point in time, for log lines and the names of runs.
struct Timestamp: Sendable, Equatable {
    /// Seconds since 1970 in UTC.
    var seconds: Int
    var milliseconds: Int

    static func now() -> Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// As in `2024-02-29T23:59:59.123Z`.
    var iso8601: String {
        let parts = parts
        return parts.date.joined(separator: "-") + "T" + parts.time.joined(separator: ":")
            + "." + Self.digits(milliseconds, 3) + "Z"
    }

    /// As in `20240229T235959Z`.
    var compact: String {
        parts.date.joined() + "T" + parts.time.joined() + "Z"
    }

    private var parts: (date: [String], time: [String]) {
        let second = seconds - days * 86_400
        let (year, month, day) = Self.date(day: days)
        return (
            [Self.digits(year, 4), Self.digits(month, 2), Self.digits(day, 2)],
            [
                Self.digits(second / 3600, 2), Self.digits(second / 60 % 60, 2),
                Self.digits(second % 60, 2),
            ]
        )
    }

    /// Whole days since 1970, rounded down.
    private var days: Int {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: 86_400)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The Gregorian date of a day counted from 1970, by counting in years that begin in March, so
    /// that the leap day is the last of its year.
    private static func date(day: Int) -> (year: Int, month: Int, day: Int) {
        let day = day + 719_468  // Days from 0000-03-01 to 1970-01-01.
        let era = (day >= 0 ? day : day - 146_096) / 146_097
        let ofEra = day - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            ofYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(count - text.count, 0)) + text
    }
}

/// The name of a run: the time of its start in UTC and four random digits, `20240229T235959Z-1f0c`.
enum RunName {
    static func make(at time: Timestamp = .now(), random: UInt16 = .random(in: 0 ... .max))
        -> String
    {
        let digits = String(random, radix: 16)
        return "\(time.compact)-\(String(repeating: "0", count: 4 - digits.count))\(digits)"
    }
}
