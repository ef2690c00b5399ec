/// The rules for names that a contract gives to the server: tables, columns, aliases, views.
///
/// Every identifier is quoted by us wherever it is used; the rules keep out what would break out of
/// the quotes, and what the server would refuse.
public enum Identifier {
    /// Why the server could not have, or we would not quote, such a name; nil if it is fine.
    public static func refusal(_ name: String) -> SyntaxRefusal? {
        if let refusal = quotingRefusal(name) { return refusal }
        guard name.unicodeScalars.count <= ContractLimits.identifierLengthMax else {
            return SyntaxRefusal(
                "the name has \(name.unicodeScalars.count) characters;"
                    + " MySQL takes at most \(ContractLimits.identifierLengthMax)"
            )
        }
        return nil
    }

    /// The same for a DynamoDB attribute's name, which becomes a column of the view.
    public static func attributeRefusal(_ name: String) -> SyntaxRefusal? {
        if let refusal = quotingRefusal(name) { return refusal }
        guard name.utf8.count <= ContractLimits.attributeNameBytesMax else {
            return SyntaxRefusal(
                "the name has \(name.utf8.count) bytes; DynamoDB takes at most"
                    + " \(ContractLimits.attributeNameBytesMax)"
            )
        }
        return nil
    }

    private static func quotingRefusal(_ name: String) -> SyntaxRefusal? {
        guard let last = name.unicodeScalars.last else {
            return SyntaxRefusal("the name is empty")
        }
        for scalar in name.unicodeScalars {
            switch scalar {
            case "`", "'", "\"":
                return SyntaxRefusal(
                    "the name has a quote (\(Quoted.scalar(scalar))) in it",
                    hint: "write the bare name; it is quoted for you"
                )
            case "\0": return SyntaxRefusal("the name has a NUL character in it")
            case _ where scalar.properties.generalCategory == .control:
                return SyntaxRefusal("the name has a control character in it")
            default: continue
            }
        }
        if last == " " { return SyntaxRefusal("the name ends in a space") }
        return nil
    }

    /// Why DynamoDB would not take the name for a table or an index; nil if it would.
    static func tableNameRefusal(_ name: String) -> SyntaxRefusal? {
        let limits = ContractLimits.nameLength
        guard limits.contains(name.unicodeScalars.count) else {
            return SyntaxRefusal(
                "the name has \(name.unicodeScalars.count) characters; DynamoDB takes"
                    + " \(limits.lowerBound) to \(limits.upperBound)"
            )
        }
        let wrong = name.unicodeScalars.first { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": false
            default: true
            }
        }
        guard let wrong else { return nil }
        return SyntaxRefusal(
            "the name has \(Quoted.scalar(wrong)) in it",
            hint: "DynamoDB takes letters, digits, `_`, `.` and `-`"
        )
    }
}
