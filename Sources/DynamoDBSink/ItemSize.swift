internal import Contract

/// The size of an item as DynamoDB counts it.
///
/// For items that come from the service; the mapper counts its own as it writes them. Numbers are
/// taken for a little too large rather than too small.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
enum ItemSize {
    static func bytes(of item: JSONValue) -> Int {
        (item.members ?? []).reduce(0) { $0 + $1.name.utf8.count + bytes(ofValue: $1.value) }
    }

    private static func bytes(ofValue value: JSONValue) -> Int {
        guard let member = value.members?.first else { return 1 }
        switch (member.name, member.value) {
        case ("S", .string(let text)): return text.utf8.count
        case ("N", .string(let digits)): return bytes(ofNumber: digits)
        case ("B", .string(let text)): return bytes(ofBase64: text)
        case ("SS", .array(let elements)):
            return elements.reduce(0) { $0 + ($1.string?.utf8.count ?? 0) }
        case ("NS", .array(let elements)):
            return elements.reduce(0) { $0 + bytes(ofNumber: $1.string ?? "") }
        case ("BS", .array(let elements)):
            return elements.reduce(0) { $0 + bytes(ofBase64: $1.string ?? "") }
        case ("L", .array(let elements)):
            return elements.reduce(3) { $0 + 1 + bytes(ofValue: $1) }
        case ("M", .object(let entries)):
            return entries.reduce(3) { $0 + 1 + $1.name.utf8.count + bytes(ofValue: $1.value) }
        default: return 1
        }
    }

    /// One byte for two digits, one more, and one for a sign.
    private static func bytes(ofNumber digits: String) -> Int {
        min((digits.utf8.count + 1) / 2 + 2, 21)
    }

    private static func bytes(ofBase64 text: String) -> Int {
        text.utf8.count / 4 * 3
    }
}
