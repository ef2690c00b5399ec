/// Numbers as people read them.
///
/// No locale: the same everywhere.
enum Quantity {
    /// As in `1,234,567`.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A fixed number of decimals, rounded half away from zero; a number that is none is 0, and one
    /// of more than 18 digits is the largest that fits.
    static func decimal(_ number: Double, places: Int) -> String {
        guard number.isFinite else { return decimal(0, places: places) }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (number.magnitude * scale).rounded(.toNearestOrAwayFromZero)
        // Beyond 2^53 a double has no decimals to show, and soon no room in an Int.
        let whole = Int(min(scaled, 9e18))
        let sign = number < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return sign + String(whole) }
        let divisor = Int(scale)
        let fraction = String(whole % divisor)
        return sign + String(whole / divisor) + "."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// As in `0.4 s`, `12.3 s`, `4 min 05 s`, `1 h 02 min` and `3 d 4 h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "0.0 s" }
        if seconds < 59.95 { return "\(decimal(seconds, places: 1)) s" }
        let whole = Int(min(seconds, 1e12).rounded())
        let (minutes, rest) = (whole / 60, whole % 60)
        if minutes < 60 { return "\(minutes) min \(twoDigits(rest)) s" }
        let (hours, restMinutes) = (minutes / 60, minutes % 60)
        if hours < 48 { return "\(hours) h \(twoDigits(restMinutes)) min" }
        return "\(hours / 24) d \(hours % 24) h"
    }

    /// `512 B`, `1.5 kB`, `3.2 GB`: powers of a thousand.
    static func bytes(_ count: Int) -> String {
        let units = ["kB", "MB", "GB", "TB", "PB"]
        guard count >= 1000 else { return "\(count) B" }
        var amount = Double(count) / 1000
        var unit = 0
        while amount >= 999.95, unit < units.count - 1 {
            amount /= 1000
            unit += 1
        }
        return "\(decimal(amount, places: 1)) \(units[unit])"
    }

    /// `12,345/s`; below ten with a decimal.
    static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond > 0 else { return "0/s" }
        if perSecond < 9.95 { return "\(decimal(perSecond, places: 1))/s" }
        return "\(grouped(Int(min(perSecond, 1e15).rounded())))/s"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
