/// Reads an attribute's `join`.
struct JoinDecoder {
    enum Kind: String, CaseIterable {
        case foreignKey = "foreign-key"
        case lookupTable = "lookup-table"
        case multiColumn = "multi-column"
        case selfJoin = "self-join"
        case conditional
        case chain
        case jsonConstruction = "json-construction"

        var keys: [String] {
            switch self {
            case .foreignKey, .lookupTable:
                ["type", "target_table", "join_condition", "select_column"]
            case .multiColumn: ["type", "target_table", "join_conditions", "select_column"]
            case .selfJoin:
                [
                    "type", "target_table", "join_alias", "join_condition", "select_column",
                    "null_value",
                ]
            case .conditional:
                [
                    "type", "condition", "target_table", "join_condition", "select_column",
                    "else_value",
                ]
            case .chain: ["type", "joins", "chain_separator"]
            case .jsonConstruction: ["type", "target_table", "join_condition", "construction"]
            }
        }
    }

    /// Which keys belong to which join, for those that stand in another.
    private static let owners: [String: String] = [
        "join_alias": "a join of type \"self-join\"", "null_value": "a join of type \"self-join\"",
        "join_conditions": "a join of type \"multi-column\"",
        "condition": "a join of type \"conditional\"",
        "else_value": "a join of type \"conditional\"", "joins": "a join of type \"chain\"",
        "chain_separator": "a join of type \"chain\"",
        "construction": "a join of type \"json-construction\"",
        "order_by": "the join's \"construction\"", "limit": "the join's \"construction\"",
        "select_columns": "the join's \"construction\"",
        "join_condition": "a join with one condition",
        "select_column": "a join that selects one column",
        "target_table": "a join with one target",
    ]

    private static let conditionHint =
        "say which row is meant, as in \"users.id = orders.user_id\""
    private static let selectHint = "say which value is taken, as in \"users.email\""
    private static let targetHint = "name the MySQL table that is joined"

    let reader: ObjectReader
    /// What the attribute names as its `source_column`, if one.
    let sourceColumn: String?
    /// The attribute's type; nil if it is wrong.
    let type: AttributeType?

    func decode() -> Join? {
        guard let kind: Kind = reader.requiredChoice("type", "a type of join") else { return nil }
        reader.checkKeys(kind.keys, elsewhere: Self.owners)
        switch kind {
        case .foreignKey: return toOne(.foreignKey)
        case .lookupTable: return toOne(.lookupTable)
        case .multiColumn: return toOne(.multiColumn)
        case .selfJoin: return selfJoin()
        case .conditional: return conditional()
        case .chain: return chain()
        case .jsonConstruction: return jsonConstruction()
        }
    }

    private func toOne(_ kind: ToOneJoin.Kind) -> Join? {
        let target = reader.requiredIdentifier("target_table", Self.targetHint)
        let conditions: [SQLFragment]?
        if kind == .multiColumn {
            conditions = reader.requiredFragments(
                "join_conditions",
                "an array of conditions, all of which must hold"
            )
        } else {
            conditions = condition().map { [$0] }
        }
        let select = reader.requiredFragment("select_column", Self.selectHint)
        guard let target, let conditions, let select else { return nil }
        return .toOne(
            ToOneJoin(
                kind: kind,
                targetTable: target,
                sourceColumn: sourceColumn,
                conditions: conditions,
                select: select
            )
        )
    }

    private func selfJoin() -> Join? {
        let target = reader.identifier("target_table")
        let alias = reader.requiredIdentifier(
            "join_alias",
            "name the joined row, as in \"parent\"; the condition then uses the name"
        )
        let condition = condition()
        let select = reader.requiredFragment("select_column", "as in \"parent.name\"")
        let nullValue = reader.string("null_value", allowsEmpty: true)
        let isTargetWrong = reader["target_table"] != nil && target == nil
        let isNullValueWrong = reader["null_value"] != nil && nullValue == nil
        guard let alias, let condition, let select, !isTargetWrong, !isNullValueWrong else {
            return nil
        }
        return .toOne(
            ToOneJoin(
                kind: .selfJoin,
                targetTable: target,
                alias: alias,
                sourceColumn: sourceColumn,
                conditions: [condition],
                select: select,
                nullValue: nullValue
            )
        )
    }

    private func conditional() -> Join? {
        let condition = reader.requiredFragment(
            "condition",
            "say when \"select_column\" is taken, as in \"parent_id IS NULL\""
        )
        let target = reader.requiredIdentifier("target_table", Self.targetHint)
        let joinCondition = self.condition()
        let select = conditionalValue("select_column", "the value where the condition holds")
        let elseValue = conditionalValue("else_value", "the value where it does not hold")
        guard let condition, let target, let joinCondition, let select, let elseValue else {
            return nil
        }
        return .conditional(
            ConditionalJoin(
                condition: condition,
                targetTable: target,
                joinCondition: joinCondition,
                select: select,
                elseValue: elseValue
            )
        )
    }

    private func conditionalValue(_ key: String, _ hint: String) -> ConditionalValue? {
        guard reader[key] != nil else {
            reader.reportMissing(
                key,
                "\(hint): a quoted literal ('ROOT'), a qualified column or a bare word"
            )
            return nil
        }
        guard let text = reader.string(key, allowsEmpty: true) else { return nil }
        do {
            return try ConditionalValue.parse(text, isText: type != .bool && type != .number)
        } catch {
            reader.findings.error(reader.place(key), error)
            return nil
        }
    }

    private func chain() -> Join? {
        let separator = reader.string("chain_separator", allowsEmpty: true)
        guard reader["joins"] != nil else {
            reader.reportMissing("joins", "an array of hops, one after another")
            return nil
        }
        guard let elements = reader.elements("joins", countMax: ContractLimits.listMax) else {
            return nil
        }
        guard !elements.isEmpty else {
            reader.findings.error(
                reader.place("joins"),
                "must not be empty",
                hint: "write at least one hop"
            )
            return nil
        }
        let hops = elements.compactMap { hop($0.value, at: $0.place) }
        let isSeparatorWrong = reader["chain_separator"] != nil && separator == nil
        guard hops.count == elements.count, !isSeparatorWrong else { return nil }
        return .chain(ChainJoin(hops: hops, separator: separator))
    }

    private func hop(_ value: JSONValue, at place: Place) -> ChainJoin.Hop? {
        guard let hop = ObjectReader(value, at: place, "a hop of a chain", reader.findings) else {
            return nil
        }
        hop.checkKeys(
            ["target_table", "join_alias", "join_condition", "select_column", "type"],
            elsewhere: Self.owners
        )
        let target = hop.requiredIdentifier("target_table", Self.targetHint)
        let alias = hop.identifier("join_alias")
        let condition = hop.requiredFragment("join_condition", Self.conditionHint)
        let select = hop.requiredFragment("select_column", Self.selectHint)
        let isAliasWrong = hop["join_alias"] != nil && alias == nil
        guard let target, let condition, let select, !isAliasWrong else { return nil }
        return ChainJoin.Hop(
            targetTable: target,
            alias: alias,
            condition: condition,
            select: select
        )
    }

    private func condition() -> SQLFragment? {
        reader.requiredFragment("join_condition", Self.conditionHint)
    }
}

/// Reads `construction`.
extension JoinDecoder {
    private func jsonConstruction() -> Join? {
        let target = reader.requiredIdentifier("target_table", Self.targetHint)
        let condition = reader.requiredFragment("join_condition", Self.conditionHint)
        guard let value = reader["construction"] else {
            reader.reportMissing(
                "construction",
                "an object with \"type\" (\"array\" or \"object\") and \"select_columns\""
            )
            return nil
        }
        let place = reader.place("construction")
        guard let body = ObjectReader(value, at: place, "a construction", reader.findings) else {
            return nil
        }
        body.checkKeys(["type", "select_columns", "order_by", "limit"], elsewhere: Self.owners)
        let shape: JSONConstruction.Shape? = body.requiredChoice("type", "a type of construction")
        let members = members(of: body)
        let order = order(of: body)
        let limit = body.integer("limit", in: 1...Int.max)
        let isLimitWrong = body["limit"] != nil && limit == nil
        guard let target, let condition, let shape, let members, let order, !isLimitWrong else {
            return nil
        }
        return .jsonConstruction(
            JSONConstruction(
                shape: shape,
                targetTable: target,
                joinCondition: condition,
                members: members,
                orderBy: order,
                limit: limit
            )
        )
    }

    private func members(of body: ObjectReader) -> [JSONConstruction.Member]? {
        let hint = "an object of member names and SQL: {\"product_id\": \"product_id\"}"
        guard let value = body["select_columns"] else {
            body.reportMissing("select_columns", hint)
            return nil
        }
        guard case .object(let columns) = value else {
            body.reportKind("select_columns", "an object", hint: hint)
            return nil
        }
        let place = body.place("select_columns")
        guard !columns.isEmpty, columns.count <= ContractLimits.membersMax else {
            reader.findings.error(
                place,
                columns.isEmpty
                    ? "must not be empty"
                    : "has \(columns.count) members; at most \(ContractLimits.membersMax) are taken",
                hint: hint
            )
            return nil
        }
        var members: [JSONConstruction.Member] = []
        for (order, column) in columns.enumerated() {
            let there = place.member(column.name, order: order)
            if let refusal = memberRefusal(column.name) {
                reader.findings.error(there, refusal)
            } else if case .string(let text) = column.value {
                guard let fragment = body.fragment(text, at: there) else { continue }
                members.append(JSONConstruction.Member(name: column.name, value: fragment))
            } else {
                reader.findings.error(there, "must be a string of SQL, not \(column.value.kind)")
            }
        }
        return members.count == columns.count ? members : nil
    }

    /// DynamoDB refuses an empty name at any depth; control characters would end up in the SQL.
    private func memberRefusal(_ name: String) -> SyntaxRefusal? {
        if name.isEmpty { return SyntaxRefusal("the member's name is empty") }
        let hasControl = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return hasControl
            ? SyntaxRefusal("the member's name has a control character in it") : nil
    }

    private func order(of body: ObjectReader) -> [JSONConstruction.Order]? {
        guard body["order_by"] != nil else { return [] }
        guard let text = body.string("order_by") else { return nil }
        do {
            return try JSONConstruction.Order.parse(text)
        } catch {
            reader.findings.error(body.place("order_by"), error)
            return nil
        }
    }
}
