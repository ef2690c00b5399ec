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
        try sql(where: [condition.sql(range: ChunkRange(lower: bound))], offset: offset)
    }

    /// A key at which the range can be cut in two, neither of them empty: about in its middle.
    ///
    /// Of a range with more than `SourceLimits.middleRowsMax` rows it is the middle of that many.
    /// nil where all rows of the range have one key, or there is none.
    func middle(of range: ChunkRange, on connection: MySQLConnection)
        throws(MySQLError) -> [[UInt8]]?
    {
        let filter = try condition.sql(range: range)
        let count = try rowCount(filter, on: connection)
        guard count >= 2,
            let key = try row(sql(where: [filter], offset: count / 2 - 1), on: connection)
        else { return nil }
        let rest = try condition.sql(range: ChunkRange(lower: key, upper: range.upper))
        if try row(sql(where: [rest], offset: 0), on: connection) != nil { return key }
        // All of the second half have the same key: then the one before it.
        let before = try condition.sql(below: key)
        return try row(sql(where: [filter, before], offset: 0, isDescending: true), on: connection)
    }

    /// Rows of a part of the entity, counted up to the limit.
    private func rowCount(_ filter: String?, on connection: MySQLConnection)
        throws(MySQLError) -> Int
    {
        let filter = filter.map { " WHERE \($0)" } ?? ""
        let sql = """
            SELECT COUNT(*) FROM (SELECT 1 FROM \(from)\(filter) \
            LIMIT \(SourceLimits.middleRowsMax)) AS counted
            """
        let row = try row(sql, on: connection)
        return row?.first.flatMap { Int(digits: $0) } ?? 0
    }

    private func sql(where terms: [String?], offset: Int, isDescending: Bool = false) -> String {
        let terms = terms.compactMap { $0 }
        let filter = terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND ")
        let values = zip(entity.chunkKey, columns).map { Self.value($0.0, $0.1) }
        let order = columns.map { isDescending ? "\($0) DESC" : $0 }
        return """
            SELECT \(values.joined(separator: ", ")) FROM \(from)\(filter) \
            ORDER BY \(order.joined(separator: ", ")) LIMIT 1 OFFSET \(offset)
            """
    }

    private var condition: ChunkCondition {
        ChunkCondition(key: entity.chunkKey, columns: columns, entity: entity.name)
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
