internal import Contract

/// Values over child rows: `json-construction` and aggregates.
///
/// MySQL materialises a view that has a subquery in its select list and merges one with
/// `LEFT JOIN LATERAL`; MariaDB has no LATERAL and merges the subquery. So each gets its own.
extension EntityViewBuilder {
    /// The alias of the child row; each subselect has its own.
    private static let child = "c"

    mutating func value(of aggregate: Aggregate, path: String) -> Value? {
        guard let target = table(aggregate.targetTable, path: path + ".target_table") else {
            return nil
        }
        let child = ScopeRow(alias: Self.child, table: target, name: aggregate.targetTable)
        guard let rest = childRows(child, aggregate.joinCondition, path: path) else { return nil }
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
            childValue("\(aggregate.operation.rawValue)(\(argument))", from: rest)
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
            let (sql, members) = members(construction, joined.row, path: path)
        else { return nil }
        var value = Value(
            joined.matched.map { "CASE WHEN \($0) IS NULL THEN NULL ELSE \(sql) END" } ?? sql
        )
        value.json = members
        return value
    }

    private mutating func array(
        _ construction: JSONConstruction,
        _ target: CatalogTable,
        path: String
    ) -> Value? {
        let child = ScopeRow(alias: Self.child, table: target, name: construction.targetTable)
        guard let rest = childRows(child, construction.joinCondition, path: path),
            let (sql, members) = members(construction, child, path: path),
            let order = order(construction.orderBy, child, path: path)
        else { return nil }
        var value: Value
        if let limit = construction.limit {
            value = Value(limited(sql, rest, order: order, limit: limit))
        } else {
            // JSON_ARRAYAGG would be no faster, and knows no order on MySQL.
            let group = "GROUP_CONCAT(\(sql) ORDER BY \(order.sql) SEPARATOR ',')"
            value = Value(childValue(list(group), from: rest))
        }
        value.json = members
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

    /// `FROM … WHERE …` of the child rows; nil, with a report, if the condition is wrong.
    private mutating func childRows(
        _ child: ScopeRow,
        _ condition: SQLFragment,
        path: String
    ) -> String? {
        let conditionPath = path + ".join_condition"
        let written = write(condition, in: scope(.condition, joined: child), path: conditionPath)
        guard let written,
            checkSides([written], alias: child.alias, name: child.name, path: conditionPath)
        else { return nil }
        return "FROM \(SQLText.identifier(child.table.name)) AS \(SQLText.identifier(child.alias))"
            + " WHERE \(written.sql)"
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
    ) -> (sql: String, members: JSONMembers)? {
        var parts: [JSONObjectSQL.Member] = []
        var members: [JSONMembers.Member] = []
        var canOverflow = false
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
        }
        guard members.count == construction.members.count else { return nil }
        let sql = JSONObjectSQL(members: parts, canOverflow: canOverflow).sql
        return (sql, JSONMembers(shape: construction.shape, members: members))
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
