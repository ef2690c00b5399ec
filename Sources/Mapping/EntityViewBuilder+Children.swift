internal import Contract

/// Values over child rows: `json-construction` and aggregates.
///
/// MySQL materialises a view that has a subquery in its select list and merges one with
/// `LEFT JOIN LATERAL`; MariaDB has no LATERAL and merges the subquery. So each gets its own.
extension EntityViewBuilder {
    /// The alias of the child row; each subselect has its own.
    private static let child = ChildArray.alias

    mutating func value(of aggregate: Aggregate, path: String) -> Value? {
        guard let target = table(aggregate.targetTable, path: path + ".target_table") else {
            return nil
        }
        let child = ScopeRow(alias: Self.child, table: target, name: aggregate.targetTable)
        guard let condition = childCondition(child, aggregate.joinCondition, path: path) else {
            return nil
        }
        var argument = "*"
        var isFloat = false
        if let select = aggregate.select {
            let written = write(
                select,
                in: scope(.joined, joined: child),
                path: path + ".select_column"
            )
            guard let written else { return nil }
            argument = written.sql
            isFloat = written.column?.column.columnClass == .float
        }
        var value = Value(
            childValue(
                "\(aggregate.operation.rawValue)(\(argument))",
                from: childRows(child, condition)
            )
        )
        value.isFloat = isFloat && [.minimum, .maximum].contains(aggregate.operation)
        return value
    }

    mutating func value(of construction: JSONConstruction, path: String) -> Value? {
        guard let target = table(construction.targetTable, path: path + ".target_table") else {
            return nil
        }
        switch construction.shape {
        case .object: return object(construction, target, path: path)
        case .array: return array(construction, target, path: path)
        }
    }

    private mutating func object(
        _ construction: JSONConstruction,
        _ target: CatalogTable,
        path: String
    ) -> Value? {
        let request = RowJoin(
            table: target,
            name: construction.targetTable,
            conditions: [
                RowJoin.Condition(
                    fragment: construction.joinCondition,
                    path: path + ".join_condition"
                )
            ],
            order: construction.orderBy,
            path: path
        )
        guard let joined = join(request),
            let members = members(construction, joined.row, path: path)
        else { return nil }
        let sql = members.sql
        var value = Value(
            joined.matched.map { "CASE WHEN \($0) IS NULL THEN NULL ELSE \(sql) END" } ?? sql
        )
        value.json = members.typing
        return value
    }

    private mutating func array(
        _ construction: JSONConstruction,
        _ target: CatalogTable,
        path: String
    ) -> Value? {
        let child = ScopeRow(alias: Self.child, table: target, name: construction.targetTable)
        guard let condition = childCondition(child, construction.joinCondition, path: path),
            let members = members(construction, child, path: path),
            let order = order(construction.orderBy, child, path: path)
        else { return nil }
        let rest = childRows(child, condition)
        var value: Value
        if let limit = construction.limit {
            value = Value(limited(members.sql, rest, order: order, limit: limit))
        } else {
            // JSON_ARRAYAGG would be no faster, and knows no order on MySQL.
            let group = "GROUP_CONCAT(\(members.sql) ORDER BY \(order.sql) SEPARATOR ',')"
            value = Value(childValue(list(group), from: rest))
        }
        value.json = members.typing
        value.parted = partedArray(construction, child, condition, members, order)
        return value
    }

    /// The first elements only, in three ways: MariaDB's GROUP_CONCAT has a LIMIT; a derived table in
    /// a LATERAL may name the source row; before MySQL 8.0.14 neither is there, so the elements are
    /// parted by a character that JSON text cannot contain, and counted.
    private mutating func limited(
        _ element: String,
        _ rest: String,
        order: RowOrder,
        limit: Int
    ) -> String {
        if catalog.server.flavour == .mariadb {
            let group =
                "GROUP_CONCAT(\(element) ORDER BY \(order.sql) SEPARATOR ','"
                + " LIMIT \(limit))"
            return childValue(list(group), from: rest)
        }
        guard catalog.server.hasLateral else {
            let group =
                "REPLACE(SUBSTRING_INDEX(GROUP_CONCAT(\(element) ORDER BY \(order.sql) SEPARATOR 0x01),"
                + " _utf8mb4 0x01, \(limit)), _utf8mb4 0x01, ',')"
            return childValue(list(group), from: rest)
        }
        // The order is repeated outside of the derived table, whose own order counts for nothing there.
        let rows =
            "FROM (SELECT \(element) AS `e`, \(order.columns) \(rest)"
            + " ORDER BY \(order.sql) LIMIT \(limit)) AS `d`"
        let group =
            "GROUP_CONCAT(`d`.`e` ORDER BY \(order.sql(ofColumnsIn: "d")) SEPARATOR ',')"
        return childValue(list(group), from: rows)
    }

    /// An array's text.
    ///
    /// Where it would be larger than `max_allowed_packet`, CONCAT gives NULL: then the value is a
    /// lone bracket, which is no JSON, so that the row is rejected rather than empty.
    private func list(_ elements: String) -> String {
        "IFNULL(CONCAT('[', \(elements), ']'), IF(COUNT(*) = 0, '[]', '['))"
    }

    /// The condition that child rows must meet; nil, with a report, if it is wrong.
    private mutating func childCondition(
        _ child: ScopeRow,
        _ condition: SQLFragment,
        path: String
    ) -> WrittenFragment? {
        let conditionPath = path + ".join_condition"
        let written = write(condition, in: scope(.condition, joined: child), path: conditionPath)
        guard let written,
            checkSides([written], alias: child.alias, name: child.name, path: conditionPath)
        else { return nil }
        return written
    }

    /// `FROM … WHERE …` of the child rows.
    private func childRows(_ child: ScopeRow, _ condition: WrittenFragment) -> String {
        "FROM \(SQLText.identifier(child.table.name)) AS \(SQLText.identifier(child.alias))"
            + " WHERE \(condition.sql)"
    }

    private mutating func childValue(_ value: String, from rest: String) -> String {
        catalog.server.hasLateral
            ? from.lateral(value: value, from: rest) : "(SELECT \(value) \(rest))"
    }

    // MARK: Members

    /// The JSON text of a row's values, and how its members are typed.
    private mutating func members(
        _ construction: JSONConstruction,
        _ row: ScopeRow,
        path: String
    ) -> WrittenMembers? {
        var parts: [JSONObjectSQL.Member] = []
        var members: [JSONMembers.Member] = []
        var canOverflow = false
        var references: [WrittenFragment.Reference] = []
        for member in construction.members {
            let written = write(
                member.value,
                in: scope(.joined, joined: row),
                path: "\(path).construction.select_columns.\(member.name)"
            )
            guard let written else { continue }
            let (sql, kind) = memberValue(written, member.value.tokens)
            let column = written.column?.column
            parts.append(
                JSONObjectSQL.Member(
                    name: member.name,
                    sql: sql,
                    text: column?.jsonText,
                    isNullable: column?.isNullable ?? true
                )
            )
            members.append(JSONMembers.Member(name: member.name, kind: kind))
            canOverflow = canOverflow || written.references.contains { $0.column.isLarge }
            references += written.references
        }
        guard members.count == construction.members.count else { return nil }
        return WrittenMembers(
            sql: JSONObjectSQL(members: parts, canOverflow: canOverflow).sql,
            typing: JSONMembers(shape: construction.shape, members: members),
            references: references
        )
    }

    /// A member prints as an attribute of its column would: numbers exact, dates as MySQL prints the
    /// column (in JSON it would add microseconds), bytes as base64.
    private func memberValue(
        _ written: WrittenFragment,
        _ tokens: [SQLToken]
    ) -> (sql: String, kind: JSONMembers.Kind) {
        guard let column = written.column?.column else {
            return TemporalExpression.isTemporal(tokens, written)
                ? ("CAST(\(written.sql) AS CHAR)", .text) : (written.sql, .any)
        }
        let sql = written.sql
        switch column.columnClass {
        case .integer: return (column.isZeroFilled ? "\(sql) + 0" : sql, .number)
        case .decimal: return (column.isZeroFilled ? "\(sql) + 0" : sql, .number)
        case .double: return (sql, .double)
        case .float: return ("\(sql) + 0e0", .float)
        case .year: return ("\(sql) + 0", .number)
        case .bit: return ("CAST(\(sql) AS UNSIGNED)", .number)
        case .temporal, .other: return ("CAST(\(sql) AS CHAR)", .text)
        case .text, .enum, .set:
            return (column.isUnicode ? sql : "CONVERT(\(sql) USING utf8mb4)", .text)
        case .json: return (sql, .json)
        case .binary, .geometry:
            // TO_BASE64 gives NULL where its result is larger than `max_allowed_packet`; no item can
            // hold the first 600,000 bytes either, so that such a row is rejected, not emptied.
            // It also breaks lines.
            return (
                "REPLACE(TO_BASE64(LEFT(\(sql), 600000)), _utf8mb4 0x0A, '')", .binary
            )
        }
    }
}

/// The object that is made of a row, as SQL.
struct WrittenMembers {
    /// Its JSON text.
    var sql: String
    var typing: JSONMembers
    /// Every column that it is made of.
    var references: [WrittenFragment.Reference]
}

extension CatalogColumn {
    /// Whether JSON_OBJECT may take the value as it is: bytes of UTF-16 go into it unconverted on
    /// MySQL, those of latin1 on MariaDB, which also refuses two character sets in one object.
    fileprivate var isUnicode: Bool {
        ["utf8mb4", "utf8mb3", "utf8", "ascii"].contains(characterSet)
    }

    /// How the text of a value, written as `memberValue` says, becomes JSON text.
    fileprivate var jsonText: JSONObjectSQL.Text? {
        switch columnClass {
        case .integer, .decimal, .year, .bit: .number
        case .temporal: .plain
        case .text, .enum, .set: .escaped
        // JSON prints a DOUBLE by rules of its own.
        case .double, .float, .json, .binary, .geometry, .other: nil
        }
    }
}
