public import Mapping
internal import Pipeline

/// How an entity is read where its own rows and the child rows of its arrays are read apart; see
/// `ChildReading`.
public struct ChildReadPlan: Sendable, Equatable {
    /// An array, and the result's column that it fills.
    struct Column: Sendable, Equatable {
        var index: Int
        var array: ChildArray
    }

    /// The statement of the entity's own rows, without its WHERE.
    public let rowsSQL: String
    /// Index of the result's column by which child rows find their row.
    let keyIndex: Int
    let columns: [Column]

    /// How the view is read so; nil where it cannot be.
    public init?(_ view: EntityView) {
        guard let reading = view.childReading, let rowsSQL = EntityQuery.rowsSQL(view: view) else {
            return nil
        }
        let names = EntityQuery.columns(of: view).map(\.name)
        let columns = reading.arrays.compactMap { array in
            names.firstIndex(of: array.column).map { Column(index: $0, array: array) }
        }
        guard let keyIndex = names.firstIndex(of: reading.key.viewColumn),
            columns.count == reading.arrays.count
        else { return nil }
        self.rowsSQL = rowsSQL
        self.keyIndex = keyIndex
        self.columns = columns
    }

    /// The arrays' columns of the view, for people.
    public var columnNames: [String] { columns.map(\.array.column) }

    /// The child rows of each array as an entity of their own, to be explained: whether the server
    /// finds a chunk of them by an index.
    public func childEntities(rowsPerChunk: Int) -> [EntityRead] {
        columns.map { column in
            let statement = ChildStatement(array: column.array, entity: column.array.table)
            return EntityRead(
                name: column.array.table,
                selectSQL: "SELECT \(statement.key) \(statement.from)",
                chunkKey: [column.array.key],
                baseTable: column.array.table,
                rowsPerChunk: rowsPerChunk
            )
        }
    }
}

/// The statements that read the child rows of one array; pure.
struct ChildStatement {
    let array: ChildArray
    /// The entity's name, for errors.
    let entity: String

    /// The child's key.
    var key: String { column(array.key) }

    var from: String {
        "FROM \(SQLText.identifier(array.table)) AS \(SQLText.identifier(ChildArray.alias))"
    }

    /// The keys and the elements of a range's child rows.
    ///
    /// - Parameters:
    ///   - range: of the entity's rows.
    ///   - places: the least and the greatest primary key of these child rows, where the server shall
    ///     read them in the order of that key; nil: in the order of the child's key.
    /// - Returns: the statement.
    /// - Throws: where a bound of the range is no integer.
    func rows(_ range: ChunkRange, at places: ClosedRange<Int128>?)
        throws(MySQLError) -> String
    {
        var terms = [try condition(range), array.filterSQL.map { "(\($0))" }]
        var index = ""
        var order = "\(key), \(array.orderSQL)"
        if let places, let rowKey = array.rowKey {
            terms.append(between(rowKey, places))
            index = " FORCE INDEX (PRIMARY)"
            order = array.orderSQL
        }
        return "SELECT \(key), \(array.elementSQL) \(from)\(index)\(Self.filter(terms))"
            + " ORDER BY \(order)"
    }

    /// How many child rows a range has, counted up to a limit, and between which primary keys; an index
    /// has it all.
    func extent(_ range: ChunkRange, _ rowKey: ChunkKeyColumn, rowsMax: Int) throws(MySQLError)
        -> String
    {
        let rows =
            "SELECT \(column(rowKey)) AS `k` \(from)\(Self.filter([try condition(range)]))"
            + " LIMIT \(rowsMax)"
        return "SELECT COUNT(*), MIN(`k`), MAX(`k`) FROM (\(rows)) AS `d`"
    }

    /// A row if there are more than `count` between these primary keys.
    func more(
        than count: Int,
        at places: ClosedRange<Int128>,
        _ rowKey: ChunkKeyColumn
    ) -> String {
        let name = column(rowKey)
        return "SELECT \(name) \(from) FORCE INDEX (PRIMARY)"
            + " WHERE \(between(rowKey, places))"
            + " ORDER BY \(name) LIMIT 1 OFFSET \(count)"
    }

    /// A row if a range has more than `count` child rows.
    func more(than count: Int, _ range: ChunkRange) throws(MySQLError) -> String {
        "SELECT \(key) \(from)\(Self.filter([try condition(range)]))"
            + " ORDER BY \(key) LIMIT 1 OFFSET \(count)"
    }

    private func condition(_ range: ChunkRange) throws(MySQLError) -> String? {
        try ChunkCondition(key: [array.key], columns: [key], entity: entity).sql(range: range)
    }

    private func between(_ rowKey: ChunkKeyColumn, _ places: ClosedRange<Int128>) -> String {
        "\(column(rowKey)) BETWEEN \(places.lowerBound) AND \(places.upperBound)"
    }

    private func column(_ column: ChunkKeyColumn) -> String {
        "\(SQLText.identifier(ChildArray.alias)).\(SQLText.identifier(column.sourceColumn))"
    }

    private static func filter(_ terms: [String?]) -> String {
        let terms = terms.compactMap(\.self)
        return terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND ")
    }
}
