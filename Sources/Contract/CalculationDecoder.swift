/// Reads an attribute's `calculation`.
struct CalculationDecoder {
    enum Kind: String, CaseIterable {
        case aggregate
        case cases = "case"
        case concat
        case dateMath = "date-math"

        var keys: [String] {
            switch self {
            case .aggregate:
                ["type", "target_table", "join_condition", "operation", "select_column"]
            case .cases: ["type", "cases", "else"]
            case .concat: ["type", "parts", "separator"]
            case .dateMath: ["type", "expression"]
            }
        }
    }

    private static let owners: [String: String] = [
        "target_table": "a calculation of type \"aggregate\"",
        "join_condition": "a calculation of type \"aggregate\"",
        "operation": "a calculation of type \"aggregate\"",
        "select_column": "a calculation of type \"aggregate\"",
        "cases": "a calculation of type \"case\"", "else": "a calculation of type \"case\"",
        "parts": "a calculation of type \"concat\"",
        "separator": "a calculation of type \"concat\"",
        "expression": "a calculation of type \"date-math\"",
    ]

    private enum Aggregated {
        case everything
        case expression(SQLFragment)
    }

    let reader: ObjectReader
    /// The entity's source table; nil if it is wrong.
    let sourceTable: String?
    /// The attribute's `source_column`: what a concat joins by default.
    let sourceColumns: [String]

    func decode() -> Calculation? {
        guard let kind: Kind = reader.requiredChoice("type", "a type of calculation") else {
            return nil
        }
        reader.checkKeys(kind.keys, elsewhere: Self.owners)
        switch kind {
        case .aggregate: return aggregate()
        case .cases: return cases()
        case .concat: return concat()
        case .dateMath:
            return reader.requiredFragment(
                "expression",
                "as in \"DATE_ADD(created_at, INTERVAL 30 DAY)\""
            ).map(Calculation.dateMath)
        }
    }

    private func aggregate() -> Calculation? {
        let target = reader.requiredIdentifier("target_table", "name the table that is aggregated")
        let condition = reader.requiredFragment(
            "join_condition",
            "say which rows belong, as in \"orders.user_id = users.id\""
        )
        let operation: Aggregate.Operation? = reader.requiredChoice("operation", "an operation")
        let select = aggregated(by: operation)
        guard let target, let condition, let operation, let select else { return nil }
        var fragment: SQLFragment?
        if case .expression(let expression) = select { fragment = expression }
        return .aggregate(
            Aggregate(
                operation: operation,
                targetTable: target,
                joinCondition: condition,
                select: fragment
            )
        )
    }

    /// What is aggregated; nil if it is wrong.
    private func aggregated(by operation: Aggregate.Operation?) -> Aggregated? {
        guard reader["select_column"] != nil else {
            reader.reportMissing(
                "select_column",
                "say what is aggregated, as in \"orders.id\"; COUNT takes \"*\""
            )
            return nil
        }
        guard let text = reader.string("select_column") else { return nil }
        guard text == "*" else {
            return reader.fragment("select_column").map(Aggregated.expression)
        }
        guard let operation, operation != .count else { return .everything }
        reader.findings.error(
            reader.place("select_column"),
            "\(operation.rawValue) cannot take \"*\"",
            hint: "name a column, as in \"orders.total_amount\""
        )
        return nil
    }

    private func cases() -> Calculation? {
        guard reader["cases"] != nil else {
            reader.reportMissing(
                "cases",
                "an array of {\"when\": \"age >= 18\", \"then\": \"'adult'\"}"
            )
            return nil
        }
        guard let elements = reader.elements("cases", countMax: ContractLimits.listMax) else {
            return nil
        }
        if elements.isEmpty { reader.findings.error(reader.place("cases"), "must not be empty") }
        let branches = elements.compactMap { branch($0.value, at: $0.place) }
        let otherwise = reader.fragment("else")
        let isElseWrong = reader["else"] != nil && otherwise == nil
        guard !branches.isEmpty, branches.count == elements.count, !isElseWrong else { return nil }
        return .cases(branches, otherwise: otherwise)
    }

    private func branch(_ value: JSONValue, at place: Place) -> CaseBranch? {
        guard let branch = ObjectReader(value, at: place, "a case", reader.findings) else {
            return nil
        }
        branch.checkKeys(["when", "then"])
        let when = branch.requiredFragment(
            "when",
            "a condition over the source, as in \"age >= 18\""
        )
        let then = branch.requiredFragment("then", "a value, as in \"'adult'\" or \"name\"")
        guard let when, let then else { return nil }
        return CaseBranch(when: when, then: then)
    }

    private func concat() -> Calculation? {
        let separator = reader.string("separator", allowsEmpty: true)
        let parts: [SQLFragment]?
        if reader["parts"] != nil {
            parts = reader.requiredFragments("parts", "an array of columns or expressions")
        } else if sourceColumns.isEmpty {
            reader.reportMissing(
                "parts",
                "an array of columns or expressions, or list the columns in \"source_column\""
            )
            parts = nil
        } else {
            // Columns are named, not parsed: a column may be called what no expression may be.
            parts = sourceColumns.map { column in
                let token: SQLToken =
                    sourceTable.map { .qualified($0, column) } ?? .word(column)
                return SQLFragment(text: column, tokens: [token])
            }
        }
        guard let parts, reader["separator"] == nil || separator != nil else { return nil }
        return .concat(parts: parts, separator: separator ?? "")
    }
}
