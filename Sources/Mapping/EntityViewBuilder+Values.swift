internal import Contract

/// The raw value of each attribute as SQL.
extension EntityViewBuilder {
    /// nil where nothing is read for the attribute, or where a problem was reported.
    mutating func value(of attribute: Attribute) -> Value? {
        switch attribute.source {
        case .column(let name):
            // The template reads its columns itself.
            if case .template? = attribute.transformation { return nil }
            guard let column = source.table.column(name) else {
                report(
                    .error,
                    attribute.path + ".source_column",
                    FragmentProblem(
                        "\(source.table.name) has no column \(name)",
                        hint: NameHint.nearest(name, among: source.table.columns.map(\.name))
                    )
                )
                return nil
            }
            var value = Value(SQLText.column(column.name, of: source.alias))
            value.column = column
            value.isFloat = column.columnClass == .float
            return value
        case .join(let join): return value(of: join, attribute)
        case .calculation(let calculation): return value(of: calculation, attribute)
        case .none: return nil
        }
    }

    private mutating func value(of join: Join, _ attribute: Attribute) -> Value? {
        let path = attribute.path + ".join"
        switch join {
        case .toOne(let toOne): return value(of: toOne, attribute, path: path)
        case .conditional(let conditional): return value(of: conditional, path: path)
        case .chain(let chain): return value(of: chain, path: path)
        case .jsonConstruction(let construction): return value(of: construction, path: path)
        }
    }

    private mutating func value(
        of join: ToOneJoin,
        _ attribute: Attribute,
        path: String
    ) -> Value? {
        let name = join.targetTable ?? referencedTable(of: join.sourceColumn)
        guard let target = table(name, path: path + ".target_table") else { return nil }
        let conditions = join.conditions.enumerated().map { index, fragment in
            RowJoin.Condition(
                fragment: fragment,
                path: join.kind == .multiColumn
                    ? "\(path).join_conditions[\(index)]" : "\(path).join_condition"
            )
        }
        let request = RowJoin(
            table: target,
            name: name,
            contractAlias: join.alias,
            conditions: conditions,
            path: path
        )
        guard let joined = self.join(request) else { return nil }
        let select = write(
            join.select,
            in: scope(.joined, joined: joined.row),
            path: path + ".select_column"
        )
        guard let select else { return nil }
        var value = Value(select, isOptional: joined.matched != nil)
        if let nullValue = join.nullValue, let matched = joined.matched {
            let literal =
                attribute.type == .number && isDigits(nullValue)
                ? nullValue : SQLText.literal(nullValue)
            value.sql = "CASE WHEN \(matched) IS NULL THEN \(literal) ELSE \(value.sql) END"
            value.column = nil
            value.isFloat = value.isFloat && literal == nullValue
        }
        return value
    }

    /// The table of a self-join that names none: what the source column references, else the
    /// source itself.
    private func referencedTable(of sourceColumn: String?) -> String {
        guard let sourceColumn else { return entity.sourceTable }
        let key = source.table.foreignKeys.first { key in
            key.columns.count == 1 && key.columns[0].lowercased() == sourceColumn.lowercased()
        }
        guard let key, key.referencedTable != source.table.name else { return entity.sourceTable }
        return key.referencedTable
    }

    private func isDigits(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    private mutating func value(of join: ConditionalJoin, path: String) -> Value? {
        guard let target = table(join.targetTable, path: path + ".target_table") else { return nil }
        let request = RowJoin(
            table: target,
            name: join.targetTable,
            conditions: [
                RowJoin.Condition(fragment: join.joinCondition, path: path + ".join_condition")
            ],
            path: path
        )
        guard let joined = self.join(request)?.row else { return nil }
        let condition = write(
            join.condition,
            in: scope(.source, joined: joined),
            path: path + ".condition"
        )
        let select = value(of: join.select, joined, path: path + ".select_column")
        let otherwise = value(of: join.elseValue, joined, path: path + ".else_value")
        guard let condition, let select, let otherwise else { return nil }
        var value = Value(
            "CASE WHEN \(condition.sql) THEN \(select.sql) ELSE \(otherwise.sql) END"
        )
        value.isFloat = select.isFloat && otherwise.isFloat
        return value
    }

    private mutating func value(
        of value: ConditionalValue,
        _ joined: ScopeRow,
        path: String
    ) -> Value? {
        switch value {
        case .literal(let text): return Value(SQLText.literal(text))
        case .expression(let fragment):
            return write(fragment, in: scope(.joined, joined: joined), path: path)
                .map { Value($0, isOptional: true) }
        }
    }

    private mutating func value(of chain: ChainJoin, path: String) -> Value? {
        var hops: [ScopeRow] = []
        var values: [Value] = []
        for (index, hop) in chain.hops.enumerated() {
            let hopPath = "\(path).joins[\(index)]"
            guard let target = table(hop.targetTable, path: hopPath + ".target_table") else {
                return nil
            }
            let request = RowJoin(
                table: target,
                name: hop.targetTable,
                contractAlias: hop.alias,
                conditions: [
                    RowJoin.Condition(fragment: hop.condition, path: hopPath + ".join_condition")
                ],
                hops: hops,
                path: hopPath
            )
            guard let joined = self.join(request)?.row else { return nil }
            let select = write(
                hop.select,
                in: scope(.joined, joined: joined, hops: hops),
                path: hopPath + ".select_column"
            )
            guard let select else { return nil }
            values.append(Value(select, isOptional: true))
            hops.append(joined)
        }
        guard let separator = chain.separator, values.count > 1 else { return values.last }
        return joinedText(values.map(\.sql), separator: separator)
    }

    private mutating func value(of calculation: Calculation, _ attribute: Attribute) -> Value? {
        let path = attribute.path + ".calculation"
        switch calculation {
        case .aggregate(let aggregate): return value(of: aggregate, path: path)
        case .cases(let branches, let otherwise):
            return value(of: branches, otherwise: otherwise, path: path)
        case .concat(let parts, let separator):
            let written = parts.enumerated().compactMap { index, part in
                write(part, in: scope(.source), path: "\(path).parts[\(index)]")
            }
            guard written.count == parts.count, !parts.isEmpty else { return nil }
            return joinedText(written.map(\.sql), separator: separator)
        case .dateMath(let expression):
            return write(expression, in: scope(.source), path: path + ".expression")
                .map { Value($0, isOptional: true) }
        }
    }

    private mutating func value(
        of branches: [CaseBranch],
        otherwise: SQLFragment?,
        path: String
    ) -> Value? {
        var sql = "CASE"
        var isComplete = true
        var isFloat = true
        for (index, branch) in branches.enumerated() {
            let when = write(branch.when, in: scope(.source), path: "\(path).cases[\(index)].when")
            let then = write(branch.then, in: scope(.source), path: "\(path).cases[\(index)].then")
            guard let when, let then else {
                isComplete = false
                continue
            }
            sql += " WHEN \(when.sql) THEN \(then.sql)"
            isFloat = isFloat && Value(then, isOptional: true).isFloat
        }
        if let otherwise {
            guard let written = write(otherwise, in: scope(.source), path: path + ".else") else {
                return nil
            }
            sql += " ELSE \(written.sql)"
            isFloat = isFloat && Value(written, isOptional: true).isFloat
        }
        guard isComplete else { return nil }
        var value = Value(sql + " END")
        value.isFloat = isFloat
        return value
    }

    /// The parts that are not NULL, joined: where all are NULL, nothing is joined, which is the empty
    /// text (and subject to the attribute's `empty` policy).
    private func joinedText(_ parts: [String], separator: String) -> Value {
        Value("CONCAT_WS(\(SQLText.literal(separator)), \(parts.joined(separator: ", ")))")
    }
}
