/// A decimal number as text, taken apart without being computed: exact, whatever its length.
///
/// Read are an optional sign, digits with at most one point among them, and an optional exponent.
struct DecimalText {
    let text: Bytes
    let isNegative: Bool
    /// Index of the first and of the last digit that is not zero; -1 for zero.
    let first: Int
    let last: Int
    /// Index of the point, or of what follows the digits where there is none.
    let point: Int
    let exponent: Int

    /// Fails with `notNumber` if the text is anything else, be it but a space.
    @inline(__always)
    init(_ text: Bytes) throws(ValueFault) {
        self.text = text
        var index = 0
        var isNegative = false
        let count = text.count
        if count > 0, text[0] == 0x2d || text[0] == 0x2b {
            isNegative = text[0] == 0x2d
            index = 1
        }
        let start = index
        var point = -1
        var first = -1
        var last = -1
        scan: while index < count {
            let byte = text[index]
            switch byte {
            case 0x30: break
            case 0x31...0x39:
                if first < 0 { first = index }
                last = index
            case 0x2e where point < 0: point = index
            default: break scan
            }
            index += 1
        }
        let digits = index - start - (point < 0 ? 0 : 1)
        guard digits > 0 else { throw .notNumber }
        self.point = point < 0 ? index : point
        exponent = index == count ? 0 : try Self.exponent(text, index)
        self.first = first
        self.last = last
        self.isNegative = isNegative && first >= 0
    }

    private static func exponent(_ text: Bytes, _ start: Int) throws(ValueFault) -> Int {
        guard text[start] | 0x20 == 0x65 else { throw .notNumber }
        var index = start + 1
        var isNegative = false
        if index < text.count, text[index] == 0x2d || text[index] == 0x2b {
            isNegative = text[index] == 0x2d
            index += 1
        }
        guard index < text.count else { throw .notNumber }
        var value = 0
        while index < text.count {
            let digit = Int(text[index]) - 0x30
            guard digit >= 0, digit <= 9 else { throw .notNumber }
            // Far out of range already; more digits must not overflow.
            if value < 1_000_000 { value = value * 10 + digit }
            index += 1
        }
        return isNegative ? -value : value
    }

    var isZero: Bool { first < 0 }

    /// The power of ten of the digit at `index`.
    @inline(__always)
    func power(_ index: Int) -> Int {
        (index < point ? point - index - 1 : point - index) + exponent
    }

    /// The digit of a power of ten; 0 where the text has none.
    func digit(power: Int) -> UInt8 {
        let place = power - exponent
        let index = place >= 0 ? point - 1 - place : point - place
        return index >= first && index <= last ? text[index] - 0x30 : 0
    }

    /// Appends the number as DynamoDB returns it: plain digits, no leading zeros, no trailing zeros
    /// behind the point, no negative zero.
    /// - Returns: its size by DynamoDB's rules.
    @inline(__always)
    func appendNormalised(to out: ByteBuffer) throws(ValueFault) -> Int {
        out.reserve(192)
        if isZero {
            out.append(0x30)
            return 1
        }
        let high = power(first)
        let low = power(last)
        guard high - low < ItemLimits.digitsMax else { throw .numberTooPrecise }
        guard ItemLimits.exponentRange.contains(high) else { throw .numberOutOfRange }
        if isNegative { out.append(0x2d) }
        if exponent == 0 {
            // A part of the text as it stands, but for the zero before the point.
            if high < 0 { out.append(0x30) }
            let lower = high < 0 ? point : first
            out.append(text.slice(lower, last < point ? point : last + 1))
        } else {
            appendPlain(high: high, low: low, to: out)
        }
        return (high >> 1) - (low >> 1) + 2 + (isNegative ? 1 : 0)
    }

    @inline(never)
    private func appendPlain(high: Int, low: Int, to out: ByteBuffer) {
        var power = max(high, 0)
        while power >= min(low, 0) {
            if power == -1 { out.append(0x2e) }
            out.append(0x30 + digit(power: power))
            power -= 1
        }
    }
}
