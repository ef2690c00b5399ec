internal import Mapping
internal import Pipeline

/// Looks for keys of an entity, through the key's index.
struct KeyBounds {
    let entity: EntityRead

    /// The key that lies `offset` rows behind the first one above `bound`; nil if there are not so
    /// many.
    ///
    /// Text comes in the bytes of its own character set, because that is what the literals of
    /// `ChunkCondition` take.
    func key(after bound: [[UInt8]]?, offset: Int, on connection: MySQLConnection)
        throws(MySQLError) -> [[UInt8]]?
    {
        try row(sql(after: bound, offset: offset), on: connection)
    }

    /// The query for that key.
    func sql(after bound: [[UInt8]]?, offset: Int) throws(MySQLError) -> String {
        var conditions: [String] = []
        if let bound {
            let condition = ChunkCondition(
                key: entity.chunkKey,
                columns: columns,
                entity: entity.name
            )
            if let sql = try condition.sql(range: ChunkRange(lower: bound)) {
                conditions.append(sql)
            }
        } else {
            conditions = zip(entity.chunkKey, columns).filter { $0.0.isNullable }
                .map { "\($0.1) IS NOT NULL" }
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        let values = zip(entity.chunkKey, columns).map { Self.value($0.0, $0.1) }
        return """
            SELECT \(values.joined(separator: ", ")) FROM \(from)\(filter) \
            ORDER BY \(columns.joined(separator: ", ")) LIMIT 1 OFFSET \(offset)
            """
    }

    /// The least and the greatest key of a single integer column, as digits; nil if there is none.
    func leastAndGreatest(on connection: MySQLConnection)
        throws(MySQLError) -> (least: [UInt8], greatest: [UInt8])?
    {
        let sql = "SELECT MIN(\(columns[0])), MAX(\(columns[0])) FROM \(from)"
        guard let row = try row(sql, on: connection), row.count == 2 else { return nil }
        return (row[0], row[1])
    }

    /// The first row, if it has no NULL.
    private func row(_ sql: String, on connection: MySQLConnection)
        throws(MySQLError) -> [[UInt8]]?
    {
        let rows = try connection.query(
            sql,
            operation: "look for a chunk's bound",
            on: entity.baseTable ?? entity.name
        )
        guard let row = rows.first else { return nil }
        let values = row.compactMap { $0 }
        return values.count == row.count ? values : nil
    }

    private var columns: [String] {
        entity.chunkKey.map {
            SQLText.identifier(entity.baseTable == nil ? $0.viewColumn : $0.sourceColumn)
        }
    }

    private var from: String {
        entity.baseTable.map(SQLText.identifier) ?? "(\(entity.selectSQL)) AS entity"
    }

    private static func value(_ column: ChunkKeyColumn, _ sql: String) -> String {
        if case .text = column.kind { return "CAST(\(sql) AS BINARY)" }
        return sql
    }
}
