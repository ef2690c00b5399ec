/// A number's text in canonical form, by which two spellings can be compared and DynamoDB's limits
/// checked without a binary float.
public struct DecimalNumber: Hashable, Sendable {
    private var isNegative = false
    /// Significant digits without zeros at either end; empty for zero.
    private var digits: [UInt8] = []
    /// The power of ten of the first digit.
    private var exponent = 0

    /// Reads a JSON number, or the like with leading zeros; nil if the text is no number.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes = bytes.dropFirst()
        }
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        let whole = bytes.prefix(while: isDigit)
        bytes = bytes.dropFirst(whole.count)
        var fraction = bytes.prefix(0)
        if bytes.first == UInt8(ascii: ".") {
            fraction = bytes.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return nil }
            bytes = bytes.dropFirst(fraction.count + 1)
        }
        guard !whole.isEmpty else { return nil }
        var power = 0
        if let mark = bytes.first {
            guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
            let rest = String(decoding: bytes.dropFirst(), as: UTF8.self)
            // Beyond this the exponent is out of DynamoDB's range whatever the digits are.
            guard let value = Int(rest), abs(value) <= 1_000_000_000 else { return nil }
            power = value
        }
        let all = Array(whole) + Array(fraction)
        let leading = all.prefix { $0 == UInt8(ascii: "0") }.count
        digits = Array(all.dropFirst(leading))
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        exponent = whole.count - 1 - leading + power
        if digits.isEmpty {
            isNegative = false
            exponent = 0
        }
    }

    /// Whether DynamoDB stores the number exactly: 38 significant digits, 1E-130 to 9.9E+125.
    var isStorable: Bool {
        digits.count <= ContractLimits.numberDigitsMax
            && ContractLimits.numberExponent.contains(exponent)
    }
}
