import Contract

/// Prints items in one form, so that equal items have equal bytes: members and sets sorted, no space.
enum CanonicalItem {
    /// `item`: DynamoDB JSON with normalised numbers.
    static func bytes(_ item: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        append(attributes: item.members ?? [], to: &bytes)
        return bytes
    }

    private static func append(attributes: [JSONMember], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in attributes.sorted(by: { $0.name < $1.name }) {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONText.append(member.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(value: member.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// A value with its type: `{"S":"text"}`.
    private static func append(value: JSONValue, to bytes: inout [UInt8]) {
        guard let member = value.members?.first else {
            bytes += value.serializedBytes()
            return
        }
        bytes.append(UInt8(ascii: "{"))
        JSONText.append(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        switch (member.name, member.value) {
        case (_, .string(let text)): JSONText.append(text, to: &bytes)
        case ("M", .object(let members)): append(attributes: members, to: &bytes)
        case ("L", .array(let elements)):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(value: element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case ("SS", .array(let elements)), ("NS", .array(let elements)),
            ("BS", .array(let elements)):
            let sorted = elements.compactMap(\.string).sorted().map { JSONValue.string($0) }
            bytes += JSONValue.array(sorted).serializedBytes()
        default: bytes += member.value.serializedBytes()
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
