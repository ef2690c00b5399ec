/// A FLOAT column's value as text that loses nothing and adds nothing: the fewest digits that read
/// back as that float.
///
/// The server is asked for the column as a double, because its own text of a FLOAT keeps six digits
/// only. The layout is the one in which MySQL prints floating-point numbers: plain digits while the
/// point lies within 15 digits of the first one, else `1.5e20`.
enum FloatText {
    /// Appends the float that the text of a double stands for.
    ///
    /// A text that is no float's exact value (so not from a FLOAT column) is appended as it stands.
    static func append(_ text: Bytes, to out: ByteBuffer) throws(ValueFault) {
        let number = try DecimalText(text)
        if number.isZero {
            out.append(number.text[0] == 0x2d ? "-0" : "0")
            return
        }
        guard let value = float(number) else {
            return out.append(text)
        }
        append(value, to: out)
    }

    /// The float whose value, as a double, prints as this number; nil if none does.
    ///
    /// The decimal text of a float's value in double precision differs from it by less than a part
    /// in 2^52, and so do the few roundings here, while floats lie a part in 2^24 apart.
    private static func float(_ number: DecimalText) -> Float? {
        let high = number.power(number.first)
        let low = number.power(number.last)
        guard high - low < 19, high > -60, high < 60 else { return nil }
        var digits: UInt64 = 0
        for power in stride(from: high, through: low, by: -1) {
            digits = digits * 10 + UInt64(number.digit(power: power))
        }
        var value = Double(digits)
        for _ in 0..<abs(low) { value = low < 0 ? value / 10 : value * 10 }
        let float = Float(value)
        guard float.isFinite, abs(Double(float) - value) <= value * 1e-13 else { return nil }
        return number.isNegative ? -float : float
    }

    /// Appends the shortest text of a finite float that is not zero, as MySQL would lay it out.
    private static func append(_ value: Float, to out: ByteBuffer) {
        // A float's description is at most 15 bytes, which a String holds without allocating.
        let shortest = value.description
        var digits: (UInt64, count: Int) = (0, 0)
        var exponent = 0
        var fraction = 0
        var isFraction = false
        var isExponent = false
        var isExponentNegative = false
        for byte in shortest.utf8 {
            switch byte {
            case 0x2e: isFraction = true
            case 0x65: isExponent = true
            case 0x2d: isExponentNegative = isExponent
            case 0x30...0x39 where isExponent: exponent = exponent * 10 + Int(byte - 0x30)
            case 0x30...0x39:
                digits.0 = digits.0 * 10 + UInt64(byte - 0x30)
                if isFraction { fraction += 1 }
            default: break
            }
        }
        var low = (isExponentNegative ? -exponent : exponent) - fraction
        while digits.0 % 10 == 0 {
            digits.0 /= 10
            low += 1
        }
        if value < 0 { out.append(0x2d) }
        layOut(digits.0, low: low, to: out)
    }

    /// Appends `digits * 10^low`.
    ///
    /// MySQL's `my_gcvt` (strings/dtoa.cc) prints plain digits while the point lies from 14 places
    /// before the first digit to 15 behind it, or within the digits.
    private static func layOut(_ digits: UInt64, low: Int, to out: ByteBuffer) {
        var count = 0
        var rest = digits
        var divisor: UInt64 = 1
        while rest > 0 {
            count += 1
            rest /= 10
            if rest > 0 { divisor *= 10 }
        }
        let point = count + low
        let isPlain = point >= -14 && (point <= 15 || count > point)
        out.reserve(64)
        if isPlain {
            if point <= 0 {
                out.append(0x30)
                out.append(0x2e)
                for _ in 0..<(-point) { out.append(0x30) }
            }
            appendDigits(digits, divisor, pointAfter: point > 0 && low < 0 ? point : 0, to: out)
            if low > 0 { for _ in 0..<low { out.append(0x30) } }
        } else {
            appendDigits(digits, divisor, pointAfter: count > 1 ? 1 : 0, to: out)
            out.append(0x65)
            appendInteger(point - 1, to: out)
        }
    }

    private static func appendDigits(
        _ digits: UInt64,
        _ divisor: UInt64,
        pointAfter: Int,
        to out: ByteBuffer
    ) {
        var divisor = divisor
        var written = 0
        while divisor > 0 {
            out.append(0x30 + UInt8(digits / divisor % 10))
            written += 1
            if written == pointAfter { out.append(0x2e) }
            divisor /= 10
        }
    }

    private static func appendInteger(_ value: Int, to out: ByteBuffer) {
        if value < 0 { out.append(0x2d) }
        out.append(unsigned: value.magnitude)
    }
}

extension ByteBuffer {
    /// Appends decimal digits, with zeros before them up to `width`, which is at most 20.
    func append<Number: UnsignedInteger>(unsigned value: Number, width: Int = 1) {
        // From the last digit to the first: only then is their number known.
        var rest = UInt64(value)
        var digits = 0
        reserve(Self.digitsMax)
        repeat {
            digits += 1
            unsafe end[Self.digitsMax - digits] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0 || digits < width
        unsafe end.update(from: end + (Self.digitsMax - digits), count: digits)
        advance(digits)
    }

    /// Appends the two digits of a number below 100.
    @inline(__always)
    func append(twoDigits value: Int) {
        let tens = (value &* 205) >> 11
        reserve(2)
        unsafe end[0] = UInt8(truncatingIfNeeded: 0x30 &+ tens)
        unsafe end[1] = UInt8(truncatingIfNeeded: 0x30 &+ value &- tens &* 10)
        advance(2)
    }

    /// Of a `UInt64`.
    private static let digitsMax = 20
}
