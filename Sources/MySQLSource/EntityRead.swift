public import Mapping
internal import Pipeline

/// How the rows of one entity are read from the server.
public struct EntityRead: Sendable, Equatable {
    /// The view or table that is read, as messages name it.
    public var name: String
    /// The query without its WHERE clause, which is put behind it: `SELECT … FROM …`.
    ///
    /// The chunk key's `viewColumn`s must be columns of what it reads from.
    public var selectSQL: String
    /// The key by which the rows are cut into chunks, in key order; empty: one stream reads all.
    public var chunkKey: [ChunkKeyColumn]
    /// The key by which single rows are found again; empty: they are not.
    public var rowKey: [ChunkKeyColumn]
    /// Unquoted name of the base table whose columns the chunk key is.
    ///
    /// nil: the bounds are looked for in `selectSQL` itself, whose result must then have the key's
    /// columns.
    public var baseTable: String?
    /// The server's estimate of the base table's rows; nil where there is none.
    public var estimatedRows: Int?
    /// About how many rows a chunk has; at least 1.
    public var rowsPerChunk: Int
    /// false: one stream reads the whole entity, whatever its key.
    public var isChunked: Bool
    /// Whether the server makes the whole view before a chunk's first row.
    public var isMaterialised: Bool
    /// What the rows are mapped by: each chunk must have these columns; nil: not compared.
    public var columns: [ResultColumn]?
    /// What must stay as it is while the entity is read; see `MySQLConnection.definitions(of:)`.
    public var definitions: [DefinitionFacet]
    /// How the child rows of its arrays are read apart from its own rows; nil: `selectSQL` reads all.
    ///
    /// Only chunks are read so, and only if `columns` is set; `selectSQL` must give the same.
    public var children: ChildReadPlan?

    public init(
        name: String,
        selectSQL: String,
        chunkKey: [ChunkKeyColumn],
        rowKey: [ChunkKeyColumn]? = nil,
        baseTable: String?,
        estimatedRows: Int? = nil,
        rowsPerChunk: Int = SourceLimits.chunkRows,
        isChunked: Bool = true,
        isMaterialised: Bool = false,
        columns: [ResultColumn]? = nil,
        definitions: [DefinitionFacet] = [],
        children: ChildReadPlan? = nil
    ) {
        self.name = name
        self.selectSQL = selectSQL
        self.chunkKey = chunkKey
        self.rowKey = rowKey ?? chunkKey
        self.baseTable = baseTable
        self.estimatedRows = estimatedRows
        self.rowsPerChunk = max(1, rowsPerChunk)
        self.isChunked = isChunked
        self.isMaterialised = isMaterialised
        self.columns = columns
        self.definitions = definitions
        self.children = children
    }

    /// The query that reads a range of the entity, in the order of the chunk key if so told.
    func sql(range: ChunkRange, isOrdered: Bool = false) throws(MySQLError) -> String {
        let columns = chunkKey.map { SQLText.identifier($0.viewColumn) }
        guard isOrdered, !columns.isEmpty else { return try sql(range: range, columns: columns) }
        return try sql(range: range, columns: columns)
            + " ORDER BY \(columns.joined(separator: ", "))"
    }

    /// The query that reads the rows with these keys, one value a column of `rowKey` each.
    func sql(keys: [[[UInt8]]]) throws(MySQLError) -> String {
        let columns = rowKey.map { SQLText.identifier($0.viewColumn) }
        let condition = try ChunkCondition(key: rowKey, columns: columns, entity: name)
            .sql(equalTo: keys)
        return "\(selectSQL) WHERE \(condition)"
    }

    private func sql(range: ChunkRange, columns: [String]) throws(MySQLError) -> String {
        guard
            let condition = try ChunkCondition(key: chunkKey, columns: columns, entity: name)
                .sql(range: range)
        else { return selectSQL }
        return "\(selectSQL) WHERE \(condition)"
    }
}
