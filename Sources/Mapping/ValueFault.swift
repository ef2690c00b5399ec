/// Why a value cannot become its attribute: a code on the way of the rows, words only when the row
/// is rejected.
enum ValueFault: UInt8, Error {
    case notUTF8
    case notNumber
    case numberTooPrecise
    case numberOutOfRange
    case notBool
    case notDate
    case dateOutOfRange
    case notJSON
    case jsonShape
    case jsonTooDeep
    case jsonEmptyName
    case jsonDuplicateName
    case jsonLoneSurrogate
    case jsonMembers
    case setMember
    case notBase64
    case keyIsNull
    case keyIsEmpty
    case isNull
    case isEmpty
    case keyTooLong
    case omitted
    case tooLarge

    /// A sentence without a full stop that names the attribute and the limit, never the value.
    func reason(attribute: String, keyBytesMax: Int) -> String {
        let name = "attribute \(attribute)"
        switch self {
        case .notUTF8: return "\(name) is not valid UTF-8, which an S needs"
        case .notNumber: return "\(name) is not a number"
        case .numberTooPrecise:
            return "\(name) has more than 38 significant digits, the most that an N keeps"
        case .numberOutOfRange:
            return "\(name) is outside the range of an N, 1E-130 to 9.99E+125"
        case .notBool: return "\(name) is neither 0 nor 1, as a BOOL needs"
        case .notDate:
            return "\(name) is not a complete date, as its date-format needs"
        case .dateOutOfRange:
            return "\(name) is a time outside the years 0001 to 9999"
        case .notJSON: return "\(name) is not valid JSON"
        case .jsonShape: return "\(name) is JSON of another shape than its type"
        case .jsonTooDeep:
            return "\(name) is nested deeper than DynamoDB allows: "
                + "\(ItemLimits.containersMax) maps and lists"
        case .jsonEmptyName:
            return "\(name) has a member with an empty name, which DynamoDB refuses"
        case .jsonDuplicateName: return "\(name) has two members of one name in an object"
        case .jsonLoneSurrogate:
            return "\(name) has half of a surrogate pair, which no UTF-8 text can hold"
        case .jsonMembers:
            return "\(name) is JSON with other members than its json-construction names"
        case .setMember: return "\(name) has a member that its set type cannot hold"
        case .notBase64: return "\(name) is not valid base64"
        case .keyIsNull: return "key \(name) is NULL"
        case .keyIsEmpty: return "key \(name) is empty"
        case .isNull: return "\(name) is NULL, which the contract rejects"
        case .isEmpty: return "\(name) is empty, which the contract rejects"
        case .keyTooLong: return "key \(name) is longer than \(keyBytesMax) bytes"
        case .omitted: return "\(name) is far over DynamoDB's 409600 bytes an item"
        case .tooLarge: return "\(name) makes the item larger than DynamoDB's 409600 bytes"
        }
    }
}

/// DynamoDB's limits that the mapper holds items to.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
public enum ItemLimits {
    /// Bytes of an item, names and values together.
    public static let itemBytesMax = 409_600
    public static let partitionKeyBytesMax = 2048
    public static let sortKeyBytesMax = 1024
    /// Bytes of an attribute's name, and of one that is a key.
    public static let nameBytesMax = 65_535
    public static let keyNameBytesMax = 255
    /// Maps and lists inside one another; the scalar in the innermost is level 32.
    public static let containersMax = 31
    /// Significant digits of a number.
    public static let digitsMax = 38
    /// Power of ten of a number's first significant digit.
    public static let exponentRange = -130...125
}
