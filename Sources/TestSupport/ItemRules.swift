public import Contract

/// DynamoDB's rules for items, written from its documentation and independently of the engine, so
/// that the engine's own idea of them is put to the test.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
public enum ItemRules {
    public static let itemBytesMax = 409_600
    public static let partitionKeyBytesMax = 2048
    public static let sortKeyBytesMax = 1024
    /// The attribute itself is level 1.
    public static let levelsMax = 32

    /// A refusal in the service's own words.
    public struct Violation: Error, Sendable, Equatable {
        public var message: String
    }

    /// The item with its numbers normalised, and its size in bytes.
    public static func check(_ item: JSONValue) throws(Violation) -> (item: JSONValue, size: Int) {
        guard let members = item.members else {
            throw Violation(message: "Supplied AttributeValue is empty")
        }
        var size = 0
        var checked: [JSONMember] = []
        for member in members {
            guard !member.name.isEmpty else {
                throw Violation(message: "Attribute name must not be empty")
            }
            let (value, bytes) = try check(value: member.value, level: 1)
            size += member.name.utf8.count + bytes
            checked.append(JSONMember(name: member.name, value: value))
        }
        guard size <= itemBytesMax else {
            throw Violation(message: "Item size has exceeded the maximum allowed size")
        }
        return (.object(checked), size)
    }

    private static func check(
        value: JSONValue,
        level: Int
    ) throws(Violation) -> (JSONValue, Int) {
        guard level <= levelsMax else {
            throw Violation(
                message: "Nesting Levels have exceeded supported limits: "
                    + "Attributes in the item have nested levels beyond supported limit"
            )
        }
        guard let members = value.members, members.count == 1 else {
            throw Violation(
                message: "Supplied AttributeValue is empty, must contain exactly one of the "
                    + "supported datatypes"
            )
        }
        let type = members[0].name
        let content = members[0].value
        switch (type, content) {
        case ("S", .string(let text)):
            return (value, text.utf8.count)
        case ("N", .string(let text)):
            let number = try Decimal(text)
            return (.object([JSONMember(name: "N", value: .string(number.text))]), number.size)
        case ("B", .string(let text)):
            return (value, try decodedBytes(base64: text))
        case ("BOOL", .bool), ("NULL", .bool(true)):
            return (value, 1)
        case ("SS", .array(let elements)), ("NS", .array(let elements)),
            ("BS", .array(let elements)):
            return try check(set: type, elements)
        case ("L", .array(let elements)):
            var size = 3
            var checked: [JSONValue] = []
            for element in elements {
                let (value, bytes) = try check(value: element, level: level + 1)
                size += bytes + 1
                checked.append(value)
            }
            return (.object([JSONMember(name: "L", value: .array(checked))]), size)
        case ("M", .object(let entries)):
            var size = 3
            var checked: [JSONMember] = []
            for entry in entries {
                guard !entry.name.isEmpty else {
                    throw Violation(message: "Map keys must not be empty")
                }
                let (value, bytes) = try check(value: entry.value, level: level + 1)
                size += entry.name.utf8.count + bytes + 1
                checked.append(JSONMember(name: entry.name, value: value))
            }
            return (.object([JSONMember(name: "M", value: .object(checked))]), size)
        default:
            throw Violation(message: "Supplied AttributeValue has an unknown type or value")
        }
    }

    private static func check(
        set type: String,
        _ elements: [JSONValue]
    ) throws(Violation) -> (JSONValue, Int) {
        guard !elements.isEmpty else {
            throw Violation(
                message:
                    "One or more parameter values were invalid: An \(type) set may not be empty"
            )
        }
        let scalar = String(type.prefix(1))
        var size = 0
        var seen: Set<String> = []
        var checked: [JSONValue] = []
        for element in elements {
            let wrapped = JSONValue.object([JSONMember(name: scalar, value: element)])
            let (value, bytes) = try check(value: wrapped, level: levelsMax)
            guard let text = value[scalar]?.string, seen.insert(text).inserted else {
                throw Violation(
                    message: "One or more parameter values were invalid: Input collection "
                        + "contains duplicates."
                )
            }
            size += bytes
            checked.append(.string(text))
        }
        return (.object([JSONMember(name: type, value: .array(checked))]), size)
    }

    /// The number of bytes that base64 text stands for.
    static func decodedBytes(base64 text: String) throws(Violation) -> Int {
        let bytes = Array(text.utf8)
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let isAlphabet = bytes.dropLast(padding).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        guard bytes.count.isMultiple(of: 4), padding <= 2, isAlphabet else {
            throw Violation(message: "Invalid base64")
        }
        return bytes.count / 4 * 3 - padding
    }

    /// A number by DynamoDB's rules: at most 38 significant digits, 1E-130 to 9.9…E+125.
    public struct Decimal: Equatable, Sendable {
        public var isNegative: Bool
        /// Without leading or trailing zeros; empty for zero.
        public var digits: [UInt8]
        /// The value is 0.d1d2d3… times ten to this power.
        public var exponent: Int

        public init(_ text: String) throws(Violation) {
            let unreadable = Violation(
                message: "The parameter cannot be converted to a numeric value"
            )
            var rest = Array(text.utf8)[...]
            var isNegative = false
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
                isNegative = sign == UInt8(ascii: "-")
                rest = rest.dropFirst()
            }
            var digits: [UInt8] = []
            var point: Int?
            while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
                rest = rest.dropFirst()
                if byte == UInt8(ascii: "."), point == nil {
                    point = digits.count
                } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                    digits.append(byte - UInt8(ascii: "0"))
                } else {
                    throw unreadable
                }
            }
            guard !digits.isEmpty else { throw unreadable }
            var exponent = point ?? digits.count
            if !rest.isEmpty {
                let tail = String(decoding: rest.dropFirst(), as: UTF8.self)
                guard let power = Int(tail), abs(power) < 100_000 else { throw unreadable }
                exponent += power
            }
            let leading = digits.prefix { $0 == 0 }.count
            digits.removeFirst(leading)
            exponent -= leading
            while digits.last == 0 { digits.removeLast() }
            if digits.isEmpty {
                self.isNegative = false
                self.digits = []
                self.exponent = 0
                return
            }
            guard digits.count <= 38 else {
                throw Violation(
                    message: "Attempting to store more than 38 significant digits in a Number"
                )
            }
            guard exponent <= 126 else {
                throw Violation(
                    message: "Number overflow. Attempting to store a number with magnitude "
                        + "larger than supported range"
                )
            }
            guard exponent >= -129 else {
                throw Violation(
                    message: "Number underflow. Attempting to store a number with magnitude "
                        + "smaller than supported range"
                )
            }
            self.isNegative = isNegative
            self.digits = digits
            self.exponent = exponent
        }

        /// Plain digits.
        public var text: String {
            guard !digits.isEmpty else { return "0" }
            let all = String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
            let sign = isNegative ? "-" : ""
            if exponent <= 0 {
                return sign + "0." + String(repeating: "0", count: -exponent) + all
            }
            if exponent >= digits.count {
                return sign + all + String(repeating: "0", count: exponent - digits.count)
            }
            let split = all.index(all.startIndex, offsetBy: exponent)
            return sign + all[..<split] + "." + all[split...]
        }

        /// One byte for each pair of digits, pairs counted from the decimal point, and one; one
        /// more for a sign.
        public var size: Int {
            guard !digits.isEmpty else { return 1 }
            let halfPair = exponent.isMultiple(of: 2) ? 0 : 1
            return (digits.count + halfPair + 1) / 2 + 1 + (isNegative ? 1 : 0)
        }
    }
}
