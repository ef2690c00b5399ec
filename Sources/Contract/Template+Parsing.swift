extension Template {
    /// Reads a template: text with placeholders in braces, `ORDER#{created_at}#{id}`.
    ///
    /// - Throws: `SyntaxRefusal` for an empty template, a brace without its partner, and a
    ///   placeholder that is no possible name.
    public static func parse(
        _ text: String,
        lookup: Lookup
    ) throws(SyntaxRefusal) -> Template {
        guard !text.isEmpty else {
            throw SyntaxRefusal(
                "the template is empty",
                hint: "write text and placeholders, as in ORDER#{id}"
            )
        }
        guard text.utf8.count <= ContractLimits.fragmentBytesMax else {
            throw SyntaxRefusal(
                "the template has \(text.utf8.count) bytes; at most"
                    + " \(ContractLimits.fragmentBytesMax) are taken"
            )
        }
        var parts: [Part] = []
        var piece = String.UnicodeScalarView()
        var isPlaceholder = false
        for scalar in text.unicodeScalars {
            switch (scalar, isPlaceholder) {
            case ("{", false):
                if !piece.isEmpty { parts.append(.text(String(piece))) }
                piece = String.UnicodeScalarView()
                isPlaceholder = true
            case ("}", true):
                parts.append(.placeholder(try placeholder(String(piece))))
                piece = String.UnicodeScalarView()
                isPlaceholder = false
            case ("{", true), ("}", false):
                throw SyntaxRefusal(
                    "a brace stands without its partner",
                    hint: "write placeholders as {column}; a literal brace cannot be written"
                )
            default: piece.append(scalar)
            }
        }
        guard !isPlaceholder else {
            throw SyntaxRefusal(
                "a placeholder is not closed",
                hint: "write placeholders as {column}"
            )
        }
        if !piece.isEmpty { parts.append(.text(String(piece))) }
        return Template(parts: parts, lookup: lookup)
    }

    private static func placeholder(_ name: String) throws(SyntaxRefusal) -> String {
        if let refusal = Identifier.attributeRefusal(name) {
            throw SyntaxRefusal(
                "the placeholder {\(name.isEmpty ? "" : "…")} is no name: \(refusal.reason)",
                hint: "write a column's or an attribute's name between the braces"
            )
        }
        guard name.first != " " else {
            throw SyntaxRefusal(
                "the placeholder {…} begins with a space",
                hint: "write no spaces inside the braces"
            )
        }
        return name
    }

    /// Reads a composite key name, such as `product_id#order_date`, as the template that joins its
    /// parts by `#`; nil if the name is not composite.
    static func composite(_ keyName: String) -> Template? {
        let names = keyName.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
        guard names.count > 1, names.allSatisfy({ Identifier.attributeRefusal($0) == nil }) else {
            return nil
        }
        var parts: [Part] = []
        for name in names {
            if !parts.isEmpty { parts.append(.text("#")) }
            parts.append(.placeholder(name))
        }
        return Template(parts: parts, lookup: .attributeFirst)
    }

    var placeholders: [String] {
        parts.compactMap { part in
            guard case .placeholder(let name) = part else { return nil }
            return name
        }
    }
}
