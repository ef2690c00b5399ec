internal import Contract

/// A wish for the one row of a table that belongs to the source row.
struct RowJoin {
    struct Condition {
        var fragment: SQLFragment
        var path: String
    }

    var table: CatalogTable
    /// The contract's name of the table.
    var name: String
    var contractAlias: String?
    /// All must hold.
    var conditions: [Condition]
    /// Earlier hops of the chain.
    var hops: [ScopeRow] = []
    /// Which of several rows is taken; then the primary key decides.
    var order: [JSONConstruction.Order] = []
    var path: String
}

extension EntityViewBuilder {
    /// Joins at most one row, so that the source's rows are never multiplied.
    ///
    /// Where the conditions do not fix a unique key, the first row in key order is taken; a warning
    /// says so.
    mutating func join(_ request: RowJoin) -> FromClause.JoinedRow? {
        guard let written = conditions(of: request, alias: "joined") else { return nil }
        let order = request.order.map { $0.expression.text + ($0.descending ? " DESC" : "") }
            .joined(separator: ",")
        let key = ([request.table.name, order] + written.map(\.sql)).joined(separator: "\n")
        if var joined = from.joinedRow(key) {
            joined.row.name = request.name
            joined.row.contractAlias =
                request.contractAlias == request.name ? nil : request.contractAlias
            return joined
        }
        let equalities = zip(request.conditions, written).flatMap { condition, written in
            JoinEqualities.find(condition.fragment.tokens, written, joinedAlias: "joined")
        }
        if let unique = uniqueKey(of: request.table, fixedBy: equalities) {
            if isOwnRow(request, written, equalities) {
                let own = FromClause.JoinedRow(row: row(request, alias: source.alias), matched: nil)
                from.alias(own, key: key)
                return own
            }
            let alias = from.nextAlias
            guard let conditions = conditions(of: request, alias: alias) else { return nil }
            let joined = FromClause.JoinedRow(
                row: row(request, alias: alias),
                matched: SQLText.column(unique[0], of: alias)
            )
            let table = SQLText.identifier(request.table.name)
            from.add(
                joined,
                key: key,
                sql:
                    "LEFT JOIN \(table) AS \(SQLText.identifier(alias)) ON \(conjunction(conditions))"
            )
            return joined
        }
        return joinFirst(request, key: key)
    }

    private func row(_ request: RowJoin, alias: String) -> ScopeRow {
        ScopeRow(
            alias: alias,
            table: request.table,
            name: request.name,
            contractAlias: request.contractAlias
        )
    }

    /// The conditions with the joined row under this alias; nil, with a report, if one is wrong.
    private mutating func conditions(of request: RowJoin, alias: String) -> [WrittenFragment]? {
        let scope = scope(.condition, joined: row(request, alias: alias), hops: request.hops)
        let written = request.conditions.compactMap { write($0.fragment, in: scope, path: $0.path) }
        guard written.count == request.conditions.count, let first = request.conditions.first else {
            return nil
        }
        return checkSides(written, alias: alias, name: request.name, path: first.path)
            ? written : nil
    }

    /// A condition that does not speak of both rows is hardly what was meant.
    mutating func checkSides(
        _ written: [WrittenFragment],
        alias: String,
        name: String,
        path: String
    ) -> Bool {
        guard written.contains(where: { $0.names(alias) }) else {
            report(
                .error,
                path,
                FragmentProblem(
                    "the condition does not name \(name), so that every row of it would match",
                    hint: "compare a column of \(name) with one of \(source.name)"
                )
            )
            return false
        }
        let namesSource = written.contains { $0.references.contains { $0.row.alias != alias } }
        guard !namesSource else { return true }
        let loose = written.flatMap(\.looseQualifiers)
        let warning = FragmentProblem(
            "the condition does not name \(source.name), so that every item gets the same value",
            hint: "compare a column of \(name) with one of \(source.name)"
        )
        if let qualifier = loose.first {
            report(
                .error,
                path,
                FragmentProblem(
                    "\(qualifier) is not a table of the contract, and the condition does not name"
                        + " \(source.name)",
                    hint: warning.hint
                )
            )
            return false
        }
        if alias == "joined" || alias == "c" { report(.warning, path, warning) }
        return true
    }

    func conjunction(_ written: [WrittenFragment]) -> String {
        written.count == 1
            ? written[0].sql : written.map { "(\($0.sql))" }.joined(separator: " AND ")
    }

    private func uniqueKey(
        of table: CatalogTable,
        fixedBy equalities: [JoinEqualities.Equality]
    ) -> [String]? {
        let fixed = Set(equalities.map { $0.column.lowercased() })
        return ([table.primaryKey] + table.uniqueKeys).first { key in
            !key.isEmpty && key.allSatisfy { fixed.contains($0.lowercased()) }
        }
    }

    /// `users.id = users.id`: the joined row is the source row.
    private func isOwnRow(
        _ request: RowJoin,
        _ written: [WrittenFragment],
        _ equalities: [JoinEqualities.Equality]
    ) -> Bool {
        guard request.table.name == source.table.name, !request.table.primaryKey.isEmpty else {
            return false
        }
        let tokens = request.conditions.reduce(0) { $0 + $1.fragment.tokens.count }
        let same = equalities.filter { equality in
            equality.other?.row.alias == source.alias
                && equality.other?.column.name == equality.column
        }
        // Nothing but equalities of three tokens each, with AND between those of one condition.
        guard same.count == equalities.count,
            tokens == equalities.count * 4 - request.conditions.count
        else { return false }
        return Set(same.map(\.column)) == Set(request.table.primaryKey)
    }

    /// Joins the first of the rows that may match: by its key, which a subselect finds.
    private mutating func joinFirst(_ request: RowJoin, key: String) -> FromClause.JoinedRow? {
        let alias = from.nextAlias
        let inner = row(request, alias: "f")
        guard let conditions = conditions(of: request, alias: inner.alias),
            let order = order(request.order, inner, path: request.path)
        else { return nil }
        let table = SQLText.identifier(request.table.name)
        let rest =
            "FROM \(table) AS `f` WHERE \(conjunction(conditions)) ORDER BY \(order.sql) LIMIT 1"
        let joined: FromClause.JoinedRow
        let sql: String
        if let unique = rowKey(of: request.table) {
            joined = FromClause.JoinedRow(
                row: row(request, alias: alias),
                matched: SQLText.column(unique[0], of: alias)
            )
            let match = unique.map { column in
                "\(SQLText.column(column, of: alias)) = (SELECT \(SQLText.column(column, of: "f")) \(rest))"
            }
            sql =
                "LEFT JOIN \(table) AS \(SQLText.identifier(alias)) ON "
                + match.joined(separator: " AND ")
        } else if catalog.server.hasLateral {
            joined = FromClause.JoinedRow(
                row: row(request, alias: alias),
                matched: SQLText.column("_matched", of: alias)
            )
            sql =
                "LEFT JOIN LATERAL (SELECT `f`.*, 1 AS `_matched` \(rest))"
                + " AS \(SQLText.identifier(alias)) ON TRUE"
        } else {
            report(
                .error,
                request.path,
                FragmentProblem(
                    "\(request.table.name) has no key, and several of its rows may match",
                    hint: request.table.isView
                        ? "join its base table instead"
                        : "give it a primary key, or compare columns of a unique key"
                )
            )
            return nil
        }
        let columns = request.order.isEmpty ? " in the order of its key" : ""
        report(
            .warning,
            request.path,
            FragmentProblem(
                "several rows of \(request.table.name) may match; the first\(columns) is taken",
                hint: "compare all columns of a unique key of \(request.table.name)"
            )
        )
        from.add(joined, key: key, sql: sql)
        return joined
    }

    /// A key that finds one row and no other: the primary key, else a unique key without NULLs.
    private func rowKey(of table: CatalogTable) -> [String]? {
        ([table.primaryKey] + table.uniqueKeys).first { key in
            !key.isEmpty && key.allSatisfy { table.column($0)?.isNullable == false }
        }
    }

    /// An order that leaves no choice: what the contract asks for, then the key, or without one
    /// every column.
    mutating func order(
        _ order: [JSONConstruction.Order],
        _ row: ScopeRow,
        path: String
    ) -> RowOrder? {
        var terms: [RowOrder.Term] = []
        for term in order {
            let written = write(
                term.expression,
                in: scope(.joined, joined: row),
                path: path + ".construction.order_by"
            )
            guard let written else { return nil }
            terms.append(
                RowOrder.Term(
                    sql: written.sql,
                    isDescending: term.descending,
                    isNullable: written.column?.column.isNullable ?? true,
                    column: written.column.flatMap { $0.row.alias == row.alias ? $0.column : nil }
                )
            )
        }
        let key = rowKey(of: row.table)
        for column in key ?? row.table.columns.map(\.name) {
            let sql = SQLText.column(column, of: row.alias)
            // A collation may hold two values for equal that a key-less table tells apart.
            let term = key == nil ? "CAST(\(sql) AS BINARY)" : sql
            if !terms.contains(where: { $0.sql == term }) {
                let found = row.table.column(column)
                terms.append(
                    RowOrder.Term(
                        sql: term,
                        isDescending: false,
                        isNullable: found?.isNullable ?? true,
                        column: key == nil ? nil : found
                    )
                )
            }
        }
        return RowOrder(terms: terms)
    }
}

/// What ORDER BY sorts by.
struct RowOrder {
    struct Term {
        var sql: String
        var isDescending: Bool
        /// Whether it can be NULL, which sorts lowest.
        var isNullable: Bool
        /// The column that it is, where it is one and nothing else.
        var column: CatalogColumn?

        /// Whether a SELECT sorts by it just as GROUP_CONCAT does.
        ///
        /// Of a long text a SELECT sorts by the first `max_sort_length` bytes only.
        var isSortedExactly: Bool {
            guard let column else { return false }
            switch column.columnClass {
            case .integer, .decimal, .temporal, .year: return true
            case .text, .binary: return (1...40).contains(column.typeParameters.first ?? 0)
            default: return false
            }
        }
    }

    var terms: [Term]

    /// The list behind ORDER BY.
    var sql: String { Self.list(terms) }

    /// The terms as columns `k1`, `k2`, … of a derived table.
    var columns: String {
        terms.enumerated().map { "\($1.sql) AS `k\($0 + 1)`" }.joined(separator: ", ")
    }

    /// The same order by the columns of the derived table `alias`.
    func sql(ofColumnsIn alias: String) -> String {
        Self.list(
            terms.enumerated().map { index, term in
                Term(
                    sql: SQLText.column("k\(index + 1)", of: alias),
                    isDescending: term.isDescending,
                    isNullable: term.isNullable
                )
            }
        )
    }

    private static func list(_ terms: [Term]) -> String {
        terms.map { term in
            let direction = term.isDescending ? " DESC" : ""
            guard term.isNullable else { return term.sql + direction }
            // GROUP_CONCAT sorts NULL as zero or as empty text, so its place is said aloud.
            return "\(term.sql) IS NOT NULL\(direction), \(term.sql)\(direction)"
        }.joined(separator: ", ")
    }
}
