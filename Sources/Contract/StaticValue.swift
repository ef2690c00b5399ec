/// Reads the `value` of a `static` transformation as the text of `Transformation.constant`.
///
/// Text for S, digits for N, `true` or `false` for BOOL, base64 for B, JSON text for M, L and the
/// sets, `null` for NULL.
struct StaticValue {
    let type: AttributeType

    func text(of value: JSONValue) throws(SyntaxRefusal) -> String {
        switch type {
        case .string:
            guard case .string(let text) = value else { throw mismatch(value, "a string") }
            return text
        case .number: return try number(value)
        case .bool:
            guard case .bool(let flag) = value else { throw mismatch(value, "true or false") }
            return flag ? "true" : "false"
        case .binary: return try base64(value)
        case .null:
            guard case .null = value else { throw mismatch(value, "null") }
            return "null"
        case .map:
            guard case .object = value else { throw mismatch(value, "an object") }
            try check(value, depth: 1)
            return value.serialized()
        case .list:
            guard case .array = value else { throw mismatch(value, "an array") }
            try check(value, depth: 1)
            return value.serialized()
        case .stringSet, .numberSet, .binarySet: return try set(value)
        }
    }

    private func mismatch(_ value: JSONValue, _ wanted: String) -> SyntaxRefusal {
        SyntaxRefusal(
            "the value of an attribute of type \(type.rawValue) must be \(wanted),"
                + " not \(value.kind)"
        )
    }

    private func number(_ value: JSONValue) throws(SyntaxRefusal) -> String {
        let text: String
        switch value {
        case .number(let digits), .string(let digits): text = digits
        default: throw mismatch(value, "a number")
        }
        guard let number = DecimalNumber(text) else {
            throw SyntaxRefusal("\(Quoted.text(text)) is no number")
        }
        guard number.isStorable else {
            throw SyntaxRefusal(
                "\(Quoted.clipped(text)) is no number that DynamoDB stores: at most"
                    + " \(ContractLimits.numberDigitsMax) significant digits, from 1E-130 to"
                    + " 9.99E+125"
            )
        }
        return text
    }

    private func base64(_ value: JSONValue) throws(SyntaxRefusal) -> String {
        guard case .string(let text) = value else { throw mismatch(value, "a string of base64") }
        guard isBase64(text) else {
            throw SyntaxRefusal("the value is not base64, which an attribute of type B needs")
        }
        return text
    }

    /// RFC 4648, with padding and nothing between.
    private func isBase64(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count % 4 == 0 else { return false }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return false }
        return bytes.dropLast(padding).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    private func set(_ value: JSONValue) throws(SyntaxRefusal) -> String {
        guard case .array(let elements) = value else { throw mismatch(value, "an array") }
        guard !elements.isEmpty else {
            throw SyntaxRefusal("a set must not be empty", hint: "leave the attribute out")
        }
        var seenTexts: Set<String> = []
        var seenNumbers: Set<DecimalNumber> = []
        for element in elements {
            let isNew: Bool
            switch type {
            case .numberSet:
                let text = try StaticValue(type: .number).number(element)
                isNew = DecimalNumber(text).map { seenNumbers.insert($0).inserted } ?? false
            case .binarySet:
                isNew = seenTexts.insert(try StaticValue(type: .binary).base64(element)).inserted
            default:
                guard case .string(let text) = element else {
                    throw mismatch(element, "an array of strings")
                }
                isNew = seenTexts.insert(text).inserted
            }
            if !isNew { throw SyntaxRefusal("a set must not have an element twice") }
        }
        return value.serialized()
    }

    /// What DynamoDB refuses inside of a map or list.
    private func check(_ value: JSONValue, depth: Int) throws(SyntaxRefusal) {
        switch value {
        case .number(let text):
            _ = try StaticValue(type: .number).number(.number(text))
        case .array(let elements):
            try checkDepth(depth)
            for element in elements { try check(element, depth: depth + 1) }
        case .object(let members):
            try checkDepth(depth)
            for member in members {
                if member.name.isEmpty {
                    throw SyntaxRefusal("the value has a member whose name is empty")
                }
                try check(member.value, depth: depth + 1)
            }
        case .null, .bool, .string: return
        }
    }

    private func checkDepth(_ depth: Int) throws(SyntaxRefusal) {
        guard depth <= ContractLimits.valueNestingMax else {
            throw SyntaxRefusal(
                "the value nests deeper than \(ContractLimits.valueNestingMax) levels"
            )
        }
    }
}
