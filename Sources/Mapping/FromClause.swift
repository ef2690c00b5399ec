/// The FROM clause of one entity's SELECT, as it grows: the source row, the rows joined to it, and
/// on servers that have LATERAL the values computed over child rows.
///
/// Joins that are the same are made once: many attributes may read one joined row.
struct FromClause {
    /// A row joined to the source.
    struct JoinedRow {
        var row: ScopeRow
        /// A column, as SQL, that is not NULL where a row matched; nil where one always matches.
        var matched: String?
    }

    /// Values that one pass over the matching child rows gives.
    private struct Lateral {
        /// What is the same for all of them: everything behind the select list.
        var from: String
        var alias: String
        var values: [String]

        var columns: [String] {
            values.indices.map { SQLText.column("v\($0 + 1)", of: alias) }
        }
    }

    private enum Piece {
        case join(String)
        case lateral(Lateral)
    }

    let source: ScopeRow
    private var pieces: [Piece] = []
    private var joinedRows: [String: JoinedRow] = [:]

    init(source: ScopeRow) {
        self.source = source
    }

    /// Tables in it, each occurrence counted.
    var tableCount: Int { pieces.count + 1 }

    /// An alias that no row has yet.
    var nextAlias: String { "j\(pieces.count + 1)" }

    /// The row that was joined under this key, if one was.
    func joinedRow(_ key: String) -> JoinedRow? { joinedRows[key] }

    /// Adds `LEFT JOIN …` for a row, under a key that tells equal joins.
    mutating func add(_ joined: JoinedRow, key: String, sql: String) {
        joinedRows[key] = joined
        pieces.append(.join(sql))
    }

    /// Remembers a row that needs no join: the source row itself.
    mutating func alias(_ joined: JoinedRow, key: String) {
        joinedRows[key] = joined
    }

    /// A value computed over child rows: `value` and `from` make `SELECT value from`.
    ///
    /// - Returns: the column, as SQL, that holds it.
    mutating func lateral(value: String, from: String) -> String {
        for (index, piece) in pieces.enumerated() {
            guard case .lateral(var lateral) = piece, lateral.from == from else { continue }
            let position = lateral.values.firstIndex(of: value) ?? lateral.values.count
            if position == lateral.values.count {
                lateral.values.append(value)
                pieces[index] = .lateral(lateral)
            }
            return lateral.columns[position]
        }
        let lateral = Lateral(from: from, alias: nextAlias, values: [value])
        pieces.append(.lateral(lateral))
        return lateral.columns[0]
    }

    /// The same without the passes over child rows that give nothing but these columns, as
    /// `lateral(value:from:)` has answered.
    func without(_ columns: Set<String>) -> FromClause {
        var rest = self
        rest.pieces.removeAll { piece in
            guard case .lateral(let lateral) = piece else { return false }
            return lateral.columns.allSatisfy { columns.contains($0) }
        }
        return rest
    }

    /// Whether it has the pass over child rows that gives this column.
    func gives(_ column: String) -> Bool {
        pieces.contains { piece in
            guard case .lateral(let lateral) = piece else { return false }
            return lateral.columns.contains(column)
        }
    }

    var sql: String {
        var text =
            "FROM \(SQLText.identifier(source.table.name)) AS \(SQLText.identifier(source.alias))"
        for piece in pieces {
            switch piece {
            case .join(let sql): text += "\n" + sql
            case .lateral(let lateral):
                let values = lateral.values.enumerated().map { index, value in
                    "\(value) AS `v\(index + 1)`"
                }
                text +=
                    "\nLEFT JOIN LATERAL (SELECT \(values.joined(separator: ", ")) \(lateral.from))"
                    + " AS \(SQLText.identifier(lateral.alias)) ON TRUE"
            }
        }
        return text
    }
}
