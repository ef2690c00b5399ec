import Contract

/// A point in time in UTC, in the proleptic Gregorian calendar, years 0001 to 9999.
struct CivilTime: Equatable {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond: Int

    private static let millisecondsOfDay = 86_400_000
    /// 0001-01-01 00:00:00.000 and 9999-12-31 23:59:59.999, in milliseconds since 1970.
    static let range = -62_135_596_800_000...253_402_300_799_999

    /// Days from 1970-01-01 to a date: years are counted from March, so that the leap day is a
    /// year's last, and in eras of 400 years, which all have 146,097 days.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func daysOfMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Milliseconds since 1970.
    var milliseconds: Int {
        let days = Self.days(year: year, month: month, day: day)
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millisecond
    }

    /// Whole seconds since 1970, the fraction dropped.
    var seconds: Int { (milliseconds - millisecond) / 1000 }

    /// Fails outside the years 0001 to 9999.
    init(milliseconds: Int) throws(ValueFault) {
        guard Self.range.contains(milliseconds) else { throw .dateOutOfRange }
        var days = milliseconds / Self.millisecondsOfDay
        var rest = milliseconds % Self.millisecondsOfDay
        if rest < 0 {
            rest += Self.millisecondsOfDay
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    /// Reads `YYYY-MM-DD`, or that with ` ` or `T` and `hh:mm:ss`, a fraction of up to nine digits
    /// (those behind the third are dropped), and a `Z`.
    ///
    /// A date with a zero in it is none.
    init(_ text: Bytes) throws(ValueFault) {
        let count = text.count
        guard count >= 10, text[4] == 0x2d, text[7] == 0x2d else { throw .notDate }
        year = try Self.digits(text, 0) * 100 + Self.digits(text, 2)
        month = try Self.digits(text, 5)
        day = try Self.digits(text, 8)
        guard year > 0, month >= 1, month <= 12, day >= 1,
            day <= Self.daysOfMonth(month, year: year)
        else { throw .notDate }
        hour = 0
        minute = 0
        second = 0
        millisecond = 0
        if count == 10 { return }
        guard count >= 19, text[10] == 0x20 || text[10] == 0x54, text[13] == 0x3a,
            text[16] == 0x3a
        else { throw .notDate }
        hour = try Self.digits(text, 11)
        minute = try Self.digits(text, 14)
        second = try Self.digits(text, 17)
        guard hour < 24, minute < 60, second < 60 else { throw .notDate }
        var index = 19
        if index < count, text[index] == 0x2e {
            var places = 0
            var scale = 100
            index += 1
            while index < count, text[index] >= 0x30, text[index] <= 0x39 {
                millisecond += Int(text[index] - 0x30) * scale
                scale /= 10
                places += 1
                index += 1
            }
            guard places >= 1, places <= 9 else { throw .notDate }
        }
        if index < count, text[index] == 0x5a { index += 1 }
        guard index == count else { throw .notDate }
    }

    /// Reads a number of seconds or of milliseconds since 1970; what is finer is dropped towards
    /// the past.
    init(epoch text: Bytes, isMilliseconds: Bool) throws(ValueFault) {
        let number: DecimalText
        do { number = try DecimalText(text) } catch { throw .notDate }
        var value = 0
        if !number.isZero {
            let unit = isMilliseconds ? 0 : -3
            let high = number.power(number.first)
            guard high - unit < 16 else { throw .dateOutOfRange }
            for power in stride(from: max(high, unit), through: unit, by: -1) {
                value = value * 10 + Int(number.digit(power: power))
            }
            if number.isNegative {
                value = -value
                if number.power(number.last) < unit { value -= 1 }
            }
        }
        try self.init(milliseconds: value)
    }

    private static func digits(_ text: Bytes, _ index: Int) throws(ValueFault) -> Int {
        let tens = Int(text[index]) - 0x30
        let ones = Int(text[index + 1]) - 0x30
        guard tens >= 0, tens <= 9, ones >= 0, ones <= 9 else { throw .notDate }
        return tens * 10 + ones
    }
}

/// A `date-format`, ready to be applied to rows.
struct DateFormatter: Sendable {
    private enum Output {
        case epoch
        case epochMilliseconds
        case iso8601
        case pattern
    }

    /// A part of a pattern; text is taken apart into its bytes, so that nothing here is counted.
    private enum Part {
        case byte(UInt8)
        case year
        case month
        case day
        case hour
        case minute
        case second
        case millisecond
    }

    private let source: DateSource
    private let output: Output
    private let parts: [Part]

    init(format: DateFormat, source: DateSource) {
        self.source = source
        switch format {
        case .epoch: (output, parts) = (.epoch, [])
        case .epochMilliseconds: (output, parts) = (.epochMilliseconds, [])
        case .iso8601: (output, parts) = (.iso8601, [])
        case .pattern(let pattern): (output, parts) = (.pattern, pattern.flatMap(Self.parts))
        }
    }

    private static func parts(of part: DateFormat.Part) -> [Part] {
        switch part {
        case .text(let text): text.utf8.map(Part.byte)
        case .year: [.year]
        case .month: [.month]
        case .day: [.day]
        case .hour: [.hour]
        case .minute: [.minute]
        case .second: [.second]
        case .millisecond: [.millisecond]
        }
    }

    /// Appends the formatted date.
    func append(_ text: Bytes, to out: ByteBuffer) throws(ValueFault) {
        let time: CivilTime =
            switch source {
            case .timestamp: try CivilTime(text)
            case .epoch: try CivilTime(epoch: text, isMilliseconds: false)
            case .epochMilliseconds: try CivilTime(epoch: text, isMilliseconds: true)
            }
        switch output {
        case .epoch: append(time.seconds, to: out)
        case .epochMilliseconds: append(time.milliseconds, to: out)
        case .iso8601:
            append(year: time.year, to: out)
            append(0x2d, time.month, to: out)
            append(0x2d, time.day, to: out)
            append(0x54, time.hour, to: out)
            append(0x3a, time.minute, to: out)
            append(0x3a, time.second, to: out)
            out.append(0x5a)
        case .pattern:
            for part in parts { append(part, of: time, to: out) }
        }
    }

    private func append(_ part: Part, of time: CivilTime, to out: ByteBuffer) {
        switch part {
        case .byte(let byte): out.append(byte)
        case .year: append(year: time.year, to: out)
        case .month: out.append(twoDigits: time.month)
        case .day: out.append(twoDigits: time.day)
        case .hour: out.append(twoDigits: time.hour)
        case .minute: out.append(twoDigits: time.minute)
        case .second: out.append(twoDigits: time.second)
        case .millisecond: out.append(unsigned: time.millisecond.magnitude, width: 3)
        }
    }

    private func append(_ separator: UInt8, _ value: Int, to out: ByteBuffer) {
        out.append(separator)
        out.append(twoDigits: value)
    }

    private func append(year: Int, to out: ByteBuffer) {
        out.append(twoDigits: year / 100)
        out.append(twoDigits: year % 100)
    }

    private func append(_ value: Int, to out: ByteBuffer) {
        if value < 0 { out.append(0x2d) }
        out.append(unsigned: value.magnitude)
    }
}
