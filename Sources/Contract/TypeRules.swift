/// Which attribute types a source and a transformation can give, as far as that is known without
/// the data.
enum TypeRules {
    /// Why a transformation cannot give the type; nil if it can.
    static func refusal(
        of type: AttributeType,
        transformation: Transformation
    ) -> SyntaxRefusal? {
        switch transformation {
        case .template:
            return refusal(of: type, "string-format", gives: "text", [.string, .number])
        case .date(let format, _):
            if type == .number, !format.isNumeric {
                return SyntaxRefusal(
                    "this date-format does not give a number, which type N needs",
                    hint: "write \"type\": \"S\", or \"format\": \"epoch\""
                )
            }
            return refusal(of: type, "date-format", gives: "text or a number", [.string, .number])
        case .number(let format):
            if type == .number, format.isGrouped {
                return SyntaxRefusal(
                    "a grouped number is text, and type N needs a number",
                    hint: "write \"type\": \"S\", or a format without `#,##`"
                )
            }
            return refusal(
                of: type,
                "number-format",
                gives: "text or a number",
                [.string, .number]
            )
        case .jsonParse:
            return refusal(
                of: type,
                "json-parse",
                gives: "JSON's own values",
                [.map, .list, .string, .number, .bool, .stringSet, .numberSet, .binarySet]
            )
        case .constant: return nil
        }
    }

    /// Why a join cannot give the type; nil if it can.
    static func refusal(of type: AttributeType, join: Join) -> SyntaxRefusal? {
        guard case .jsonConstruction(let construction) = join else { return nil }
        switch (construction.shape, type) {
        case (_, .string), (.array, .list), (.object, .map): return nil
        case (.array, _):
            return SyntaxRefusal(
                "a json-construction of type \"array\" cannot fill type \(type.rawValue)",
                hint: "write \"type\": \"L\" for a native list, or \"S\" for JSON text"
            )
        case (.object, _):
            return SyntaxRefusal(
                "a json-construction of type \"object\" cannot fill type \(type.rawValue)",
                hint: "write \"type\": \"M\" for a native map, or \"S\" for JSON text"
            )
        }
    }

    /// Why a calculation cannot give the type; nil if it can.
    static func refusal(
        of type: AttributeType,
        calculation: Calculation
    ) -> SyntaxRefusal? {
        switch calculation {
        case .aggregate(let aggregate):
            switch aggregate.operation {
            case .count, .sum, .average:
                return refusal(
                    of: type,
                    aggregate.operation.rawValue,
                    gives: "a number",
                    [.number, .string]
                )
            case .minimum, .maximum:
                return refusal(
                    of: type,
                    aggregate.operation.rawValue,
                    gives: "one value",
                    [.number, .string, .binary, .bool]
                )
            }
        case .cases: return nil
        case .concat:
            return refusal(
                of: type,
                "concat",
                gives: "text",
                [.string, .number, .binary, .map, .list]
            )
        case .dateMath:
            return refusal(
                of: type,
                "date-math",
                gives: "a date, text or a number",
                [.string, .number, .bool]
            )
        }
    }

    /// Why a transformation cannot follow a source; nil if it can.
    static func refusal(
        of transformation: Transformation,
        after source: AttributeSource
    ) -> SyntaxRefusal? {
        guard case .join(.jsonConstruction) = source else { return nil }
        switch transformation {
        case .jsonParse, .template, .constant: return nil
        case .date:
            return SyntaxRefusal("a json-construction gives no date that date-format could print")
        case .number:
            return SyntaxRefusal(
                "a json-construction gives no number that number-format could print"
            )
        }
    }

    private static func refusal(
        of type: AttributeType,
        _ construct: String,
        gives what: String,
        _ allowed: [AttributeType]
    ) -> SyntaxRefusal? {
        guard !allowed.contains(type) else { return nil }
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        return SyntaxRefusal(
            "\(construct) gives \(what), which cannot fill type \(type.rawValue)",
            hint: "write one of the types \(names)"
        )
    }
}
