import Contract

/// A `number-format`, ready to be applied to rows: decimal text to decimal text, never through a
/// binary number.
struct NumberFormatter: Sendable {
    let format: NumberFormat

    /// Digits before the point beyond which no number of a row lies (a DOUBLE has 309).
    private static let integerDigitsMax = 400

    /// Appends the formatted number, rounded half away from zero.
    func append(_ text: Bytes, to out: ByteBuffer) throws(ValueFault) {
        let number = try DecimalText(text)
        let high = number.isZero ? 0 : number.power(number.first)
        guard high < Self.integerDigitsMax else { throw .numberOutOfRange }
        let start = out.count
        let decimals = format.decimals
        let integerDigits = max(max(high + 1, 1), format.minimumIntegerDigits)
        // One digit more in front, for the carry.
        for power in stride(from: integerDigits, through: -decimals, by: -1) {
            out.append(number.isZero ? 0 : number.digit(power: power))
        }
        if !number.isZero, number.digit(power: -decimals - 1) >= 5 { increment(out, from: start) }
        let isZero = isAllZero(out, from: start)
        layOut(out, from: start, decimals: decimals, isNegative: number.isNegative && !isZero)
    }

    private func increment(_ out: ByteBuffer, from start: Int) {
        var index = out.count - 1
        while index >= start {
            let digit = unsafe out.base[index]
            unsafe out.base[index] = digit == 9 ? 0 : digit + 1
            if digit != 9 { return }
            index -= 1
        }
    }

    private func isAllZero(_ out: ByteBuffer, from start: Int) -> Bool {
        for index in start..<out.count where unsafe out.base[index] != 0 { return false }
        return true
    }

    /// Turns the digits behind `start` into text behind them, and moves that to `start`.
    private func layOut(_ out: ByteBuffer, from start: Int, decimals: Int, isNegative: Bool) {
        let digitsEnd = out.count
        let pointIndex = digitsEnd - decimals
        let shown = max(format.minimumIntegerDigits, decimals == 0 ? 1 : 0)
        var first = start
        while first < pointIndex - shown, unsafe out.base[first] == 0 {
            first += 1
        }
        out.reserve((digitsEnd - start) * 2 + 8)
        if isNegative { out.append(0x2d) }
        for index in first..<digitsEnd {
            if index == pointIndex {
                out.append(0x2e)
            } else if format.isGrouped, index > first, index < pointIndex,
                (pointIndex - index) % 3 == 0
            {
                out.append(0x2c)
            }
            out.append(unsafe out.base[index] + 0x30)
        }
        out.remove(start..<digitsEnd)
    }
}

extension ByteBuffer {
    /// Takes a range out; what lies behind it moves up.
    func remove(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range is out of bounds")
        let tail = count - range.upperBound
        unsafe (base + range.lowerBound).update(from: base + range.upperBound, count: tail)
        truncate(to: range.lowerBound + tail)
    }
}
