/// Reads an attribute's `transformation`.
struct TransformationDecoder {
    enum Kind: String, CaseIterable {
        case stringFormat = "string-format"
        case dateFormat = "date-format"
        case numberFormat = "number-format"
        case jsonParse = "json-parse"
        case constant = "static"

        var keys: [String] {
            switch self {
            case .stringFormat, .numberFormat: ["type", "format"]
            case .dateFormat: ["type", "format", "source_format"]
            case .jsonParse: ["type"]
            case .constant: ["type", "value"]
            }
        }
    }

    private static let owners: [String: String] = [
        "source_format": "a transformation of type \"date-format\"",
        "value": "a transformation of type \"static\"",
        "format":
            "a transformation of type \"string-format\", \"date-format\" or \"number-format\"",
    ]

    let reader: ObjectReader
    /// The attribute's type; nil if it is wrong.
    let type: AttributeType?

    func decode() -> Transformation? {
        guard let kind: Kind = reader.requiredChoice("type", "a type of transformation") else {
            return nil
        }
        reader.checkKeys(kind.keys, elsewhere: Self.owners)
        do {
            switch kind {
            case .stringFormat:
                guard let text = format("as in \"ORDER#{created_at}#{id}\"") else { return nil }
                return .template(try Template.parse(text, lookup: .columnFirst))
            case .dateFormat: return try date()
            case .numberFormat:
                guard let text = format("as in \"0.00\", \"00000\" or \"#,##0.0\"") else {
                    return nil
                }
                return .number(try NumberFormat.parse(text))
            case .jsonParse: return .jsonParse
            case .constant: return constant()
            }
        } catch {
            reader.findings.error(reader.place("format"), error)
            return nil
        }
    }

    private func format(_ hint: String) -> String? {
        reader.requiredString("format", hint)
    }

    private func date() throws(SyntaxRefusal) -> Transformation? {
        let source: DateSource? =
            reader["source_format"] == nil
            ? .timestamp : reader.choice("source_format", "a source format")
        guard let text = format("as in \"YYYY-MM-DD\", \"epoch\" or \"iso8601\"") else {
            return nil
        }
        let format = try DateFormat.parse(text)
        return source.map { .date(format, source: $0) }
    }

    private func constant() -> Transformation? {
        guard reader.has("value") else {
            reader.reportMissing("value", "the constant, as JSON")
            return nil
        }
        guard let type else { return nil }
        do {
            let value = reader["value"] ?? .null
            return .constant(try StaticValue(type: type).text(of: value))
        } catch {
            reader.findings.error(reader.place("value"), error)
            return nil
        }
    }
}
