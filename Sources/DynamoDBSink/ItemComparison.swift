internal import Contract

/// Whether two items, as DynamoDB JSON, are the same item to DynamoDB: numbers by their value, sets
/// without an order, attributes and map members in any.
enum ItemComparison {
    static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard let left = left.members, let right = right.members else { return false }
        return areMembersEqual(left, right)
    }

    private static func areMembersEqual(_ left: [JSONMember], _ right: [JSONMember]) -> Bool {
        guard left.count == right.count else { return false }
        let values = Dictionary(right.map { ($0.name, $0.value) }) { first, _ in first }
        guard values.count == right.count else { return false }
        return left.allSatisfy { member in
            values[member.name].map { areValuesEqual(member.value, $0) } ?? false
        }
    }

    /// Of attribute values, `{"S":"a"}`.
    private static func areValuesEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard let left = left.members, left.count == 1, let right = right.members,
            right.count == 1, left[0].name == right[0].name
        else { return false }
        switch (left[0].name, left[0].value, right[0].value) {
        case ("N", .string(let left), .string(let right)):
            return areNumbersEqual(left, right)
        case ("NS", .array(let left), .array(let right)):
            let wanted = left.map { number($0) }
            return left.count == right.count && Set(wanted) == Set(right.map { number($0) })
        case ("SS", .array(let left), .array(let right)),
            ("BS", .array(let left), .array(let right)):
            return left.count == right.count
                && Set(left.map(\.string)) == Set(right.map(\.string))
        case ("L", .array(let left), .array(let right)):
            return left.count == right.count
                && zip(left, right).allSatisfy { areValuesEqual($0, $1) }
        case ("M", .object(let left), .object(let right)):
            return areMembersEqual(left, right)
        case (_, let left, let right):
            return left == right
        }
    }

    private static func areNumbersEqual(_ left: String, _ right: String) -> Bool {
        guard left != right else { return true }
        guard let left = DecimalNumber(left), let right = DecimalNumber(right) else { return false }
        return left == right
    }

    private static func number(_ element: JSONValue) -> DecimalNumber? {
        element.string.flatMap { DecimalNumber($0) }
    }
}
