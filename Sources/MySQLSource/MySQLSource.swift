public import Mapping
public import Pipeline

/// The source of a run: entities of a MySQL or MariaDB database, read by as many connections as
/// are asked for.
public struct MySQLSource: RowSource {
    public let settings: MySQLSettings
    /// In the run's order; a port's entity number is an index into it.
    public let entities: [EntityRead]

    public init(settings: MySQLSettings, entities: [EntityRead]) {
        self.settings = settings
        self.entities = entities
    }

    public func connect() throws -> any RowReader {
        try MySQLRowReader(connection: MySQLConnection(settings), entities: entities)
    }

    /// A planner of the entity that begins behind `last`.
    ///
    /// All readers of one run must share one; each call makes another.
    public func planner(entity: Int, after last: ChunkRange?) throws -> any ChunkPlanner {
        EntityPlanner(entities[entity], after: last)
    }

    public func readerThreadWillEnd() {
        MySQLLibrary.threadWillEnd()
    }
}

/// Reads chunks over one connection, on one thread.
public final class MySQLRowReader: RowReader {
    let connection: MySQLConnection
    private let entities: [EntityRead]

    public init(connection: MySQLConnection, entities: [EntityRead]) {
        self.connection = connection
        self.entities = entities
    }

    /// The connection of a reader that must be one of this module's.
    static func connection(of reader: any RowReader) -> MySQLConnection {
        guard let reader = reader as? MySQLRowReader else {
            preconditionFailure("a MySQL planner needs a reader of the same source")
        }
        return reader.connection
    }

    /// Streams a chunk; see the port.
    ///
    /// Whether it returns or throws, the slab that was handed out last and not delivered is the
    /// caller's again. After an error, and after a stop, the reader's connection may be gone.
    public func read(
        entity: Int,
        range: ChunkRange,
        isOrdered: Bool,
        chunk: ChunkID,
        first slab: RowSlab,
        deliver: (RowSlab) -> RowSlab?
    ) throws -> Int {
        let read = entities[entity]
        let cursor = try connection.stream(
            try read.sql(range: range, isOrdered: isOrdered),
            operation: "read a chunk",
            on: read.name
        )
        let columnCount = cursor.columns.count
        var slab = slab
        var rowCount = 0
        var slabBytes = 0
        slab.reset(columnCount: columnCount, chunk: chunk, firstRow: 0)
        while try cursor.advance() {
            if slab.rowCount >= SourceLimits.slabRowsMax
                || slabBytes >= SourceLimits.slabBytesMax
            {
                guard let empty = deliver(slab) else {
                    cursor.abandon()
                    throw ReadingStopped()
                }
                slab = empty
                slab.reset(columnCount: columnCount, chunk: chunk, firstRow: rowCount)
                slabBytes = 0
            }
            slabBytes += cursor.copyRow(into: slab)
            rowCount += 1
        }
        if slab.rowCount > 0 { _ = deliver(slab) }
        return rowCount
    }

    /// The columns that every chunk of the entity has.
    public func describe(entity: Int) throws(MySQLError) -> [ResultColumn] {
        try connection.describe(entities[entity].selectSQL, on: entities[entity].name)
    }
}
