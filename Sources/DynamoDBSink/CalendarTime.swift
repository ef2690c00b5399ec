/// A moment in UTC as calendar fields: what signatures and HTTP dates are written in.
struct CalendarTime: Equatable {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// `seconds`: since 1970, leap seconds not counted.
    init(seconds: Int) {
        let day = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let rest = seconds - day * 86_400
        // Eras of 400 years that begin on 1 March, so that the leap day comes last.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Seconds since 1970.
    var seconds: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// `20260229T235959Z`, as SigV4 has it.
    var compact: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(16)
        append(year, digits: 4, to: &text)
        append(month, digits: 2, to: &text)
        append(day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        append(hour, digits: 2, to: &text)
        append(minute, digits: 2, to: &text)
        append(second, digits: 2, to: &text)
        text.append(UInt8(ascii: "Z"))
        return text
    }

    private func append(_ number: Int, digits: Int, to text: inout [UInt8]) {
        var divisor = digits == 4 ? 1_000 : 10
        while divisor > 0 {
            text.append(0x30 + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Reads `2026-11-22T10:20:30Z`, with or without a fraction of a second: what credential
    /// services answer.
    ///
    /// - Returns: seconds since 1970, or nil if it is no such text. An offset is not understood.
    static func seconds(iso8601 text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54,
            bytes[13] == 0x3A, bytes[16] == 0x3A
        else { return nil }
        let zone = bytes[19...].drop { $0 == 0x2E || (0x30...0x39).contains($0) }
        guard zone.elementsEqual("Z".utf8) || zone.elementsEqual("+00:00".utf8) else { return nil }
        return seconds(
            year: number(bytes[0..<4]),
            month: number(bytes[5..<7]),
            day: number(bytes[8..<10]),
            hour: number(bytes[11..<13]),
            minute: number(bytes[14..<16]),
            second: number(bytes[17..<19])
        )
    }

    /// Reads an HTTP date: `Sun, 22 Nov 2026 22:28:29 GMT`.
    ///
    /// https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
    static func seconds(httpDate text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, bytes[25...].elementsEqual(" GMT".utf8) else { return nil }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let month = months.firstIndex { bytes[8..<11].elementsEqual($0.utf8) }
        return seconds(
            year: number(bytes[12..<16]),
            month: month.map { $0 + 1 },
            day: number(bytes[5..<7]),
            hour: number(bytes[17..<19]),
            minute: number(bytes[20..<22]),
            second: number(bytes[23..<25])
        )
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    private static func seconds(
        year: Int?,
        month: Int?,
        day: Int?,
        hour: Int?,
        minute: Int?,
        second: Int?
    ) -> Int? {
        guard let year, let month, let day, let hour, let minute, let second,
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        return CalendarTime(
            year: year,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second
        ).seconds
    }
}
