public import Mapping
public import Pipeline

/// Reads chunks over one connection, on one thread.
public final class MySQLRowReader: KeyedRowReader {
    private let entities: [EntityRead]
    private let snapshot: Snapshot?
    /// nil in a snapshot after an error: the connection was given back, and is taken again when the
    /// reader is used again.
    private var held: MySQLConnection?
    /// When each entity's definitions were last looked at on this connection.
    private var lastLooks: [Int: ContinuousClock.Instant] = [:]
    /// By entity, where its child rows are read apart.
    private var joins: [Int: ChildJoin] = [:]
    /// For how long a look at the definitions holds.
    var lookHolds = Duration.seconds(SourceLimits.lookHoldsSeconds)
    /// Keeps the arrays of the chunk that is read, of one entity after another.
    private let pool = ChildTextPool()
    /// Bytes of a chunk's arrays that are kept at most.
    var childTextBytesMax = SourceLimits.childTextBytesMax

    public init(connection: MySQLConnection, entities: [EntityRead]) {
        self.entities = entities
        snapshot = nil
        held = connection
    }

    init(snapshot: Snapshot, entities: [EntityRead]) throws(MySQLError) {
        self.entities = entities
        self.snapshot = snapshot
        held = try snapshot.take()
    }

    deinit { giveBack() }

    /// Runs `body`, which asks for something of `entity`, with the connection of a reader, which must
    /// be one of this module's.
    static func using<Result>(
        _ reader: any RowReader,
        for entity: EntityRead,
        _ body: (MySQLConnection) throws -> Result
    ) throws -> Result {
        guard let reader = reader as? MySQLRowReader else {
            preconditionFailure("a MySQL planner needs a reader of the same source")
        }
        return try reader.using(for: entity, body)
    }

    private func using<Result>(
        for entity: EntityRead,
        _ body: (MySQLConnection) throws -> Result
    ) throws -> Result {
        let connection = try held ?? snapshot?.take()
        held = connection
        guard let connection else { preconditionFailure("only a snapshot takes a connection back") }
        do {
            return try body(connection)
        } catch {
            defer { giveBack() }
            // What is gone or no longer fits is better told as what has changed.
            if let refusal = error as? MySQLError,
                MySQLError.definitionCodes.contains(refusal.code)
            {
                try connection.confirm(entity.definitions, on: entity.name)
            }
            throw error
        }
    }

    /// In a snapshot lets go of the connection, so that whoever reads on can have it.
    private func giveBack() {
        guard let snapshot, let connection = held else { return }
        held = nil
        snapshot.giveBack(connection)
    }

    /// Streams a chunk; see the port.
    ///
    /// Looks first whether the entity is still defined as it was, unless that was done less than
    /// `SourceLimits.lookHoldsSeconds` ago: a change within that time is found by the next look, or
    /// by `MySQLSource.confirmUnchanged`, so that the run fails in any case.
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
        var slab = slab
        let rowCount = try using(for: read) { connection in
            try snapshot?.confirmAge()
            try snapshot?.watch(connection)
            try look(entity, on: connection)
            guard let join = join(entity), !range.isNullKeys else {
                let cursor = try stream(read, range, isOrdered, connection)
                return try copy(cursor, chunk: chunk, into: &slab, deliver: deliver)
            }
            return try atOneMoment(connection) {
                guard try join.load(range, on: connection) else {
                    let cursor = try stream(read, range, isOrdered, connection)
                    return try copy(cursor, chunk: chunk, into: &slab, deliver: deliver)
                }
                let cursor = try connection.stream(
                    try join.sql(range: range, isOrdered: isOrdered),
                    operation: "read a chunk",
                    on: read.name
                )
                try read.confirm(cursor, on: connection, besides: join)
                return try copy(cursor, chunk: chunk, into: &slab, deliver: deliver) {
                    slab throws(MySQLError) in
                    try join.copyRow(of: cursor, into: slab, on: connection)
                }
            }
        }
        // Only now, since it may have to wait, and nothing of the server shall wait for it.
        if slab.rowCount > 0 { _ = deliver(slab) }
        return rowCount
    }

    private func stream(
        _ read: EntityRead,
        _ range: ChunkRange,
        _ isOrdered: Bool,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> StreamingCursor {
        let cursor = try connection.stream(
            try read.sql(range: range, isOrdered: isOrdered),
            operation: "read a chunk",
            on: read.name
        )
        try read.confirm(cursor, on: connection)
        return cursor
    }

    private func join(_ entity: Int) -> ChildJoin? {
        if let join = joins[entity] { return join }
        let join = ChildJoin(
            entities[entity],
            pool: pool,
            textBytesMax: childTextBytesMax
        )
        joins[entity] = join
        return join
    }

    /// Runs several statements that all see the data of one moment.
    ///
    /// After an error the transaction is left open: the connection is gone, or its reader is not used
    /// again.
    func atOneMoment<Result>(
        _ connection: MySQLConnection,
        _ body: () throws -> Result
    ) throws -> Result {
        guard snapshot == nil else { return try body() }
        let operation = "read a chunk"
        try connection.execute(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            operation: operation
        )
        // The server only warns where the isolation level gives no snapshot.
        guard connection.warningCount == 0 else {
            throw MySQLError(
                code: 0,
                operation: operation,
                subject: connection.subject(nil),
                message: "the server gives no snapshot, although REPEATABLE READ was asked for",
                hint: "Connect to the server itself, not to a proxy that drops session settings."
            )
        }
        do {
            let result = try body()
            try connection.execute("COMMIT", operation: operation)
            return result
        } catch var error as MySQLError where error.code == MySQLError.tableRebuilt {
            // Made anew between two statements: another moment has all of its rows.
            error.becomeRetryable()
            throw error
        }
    }

    /// Reads single rows by their keys, an index lookup each; see the port.
    public func read(
        entity: Int,
        keys: [[[UInt8]]],
        chunk: ChunkID,
        first slab: RowSlab,
        deliver: (RowSlab) -> RowSlab?
    ) throws -> Int {
        let read = entities[entity]
        var slab = slab
        let rowCount = try using(for: read) { connection in
            try look(entity, on: connection)
            let cursor = try connection.stream(
                try read.sql(keys: keys),
                operation: "read single rows",
                on: read.name
            )
            try read.confirm(cursor, on: connection)
            return try copy(cursor, chunk: chunk, into: &slab, deliver: deliver)
        }
        if slab.rowCount > 0 { _ = deliver(slab) }
        return rowCount
    }

    /// Copies all rows into slabs and delivers them but for the last, which may be empty.
    private func copy(
        _ cursor: StreamingCursor,
        chunk: ChunkID,
        into slab: inout RowSlab,
        deliver: (RowSlab) -> RowSlab?,
        copyRow: ((RowSlab) throws(MySQLError) -> Int)? = nil
    ) throws -> Int {
        let columnCount = cursor.columns.count
        var rowCount = 0
        var slabBytes = 0
        slab.reset(columnCount: columnCount, chunk: chunk, firstRow: 0)
        while try cursor.advance() {
            if slab.rowCount >= SourceLimits.slabRowsMax
                || slabBytes >= SourceLimits.slabBytesMax
            {
                try snapshot?.confirmAge()
                guard let empty = deliver(slab) else {
                    cursor.abandon()
                    throw ReadingStopped()
                }
                slab = empty
                slab.reset(columnCount: columnCount, chunk: chunk, firstRow: rowCount)
                slabBytes = 0
            }
            slabBytes += try copyRow?(slab) ?? cursor.copyRow(into: slab)
            rowCount += 1
        }
        return rowCount
    }

    private func look(_ entity: Int, on connection: MySQLConnection) throws {
        let read = entities[entity]
        guard !read.definitions.isEmpty else { return }
        let now = ContinuousClock.now
        if let last = lastLooks[entity], now - last < lookHolds {
            return
        }
        try connection.confirm(read.definitions, on: read.name)
        lastLooks[entity] = now
    }

    /// The columns that every chunk of the entity has.
    public func describe(entity: Int) throws -> [ResultColumn] {
        try using(for: entities[entity]) { connection in
            try connection.describe(entities[entity].selectSQL, on: entities[entity].name)
        }
    }
}

extension EntityRead {
    /// Refuses a result whose columns are not those that the rows are mapped by.
    ///
    /// Lengths are not compared: they depend on how the server runs the query. Of the columns that
    /// `join` fills there is nothing but the name.
    fileprivate func confirm(
        _ cursor: StreamingCursor,
        on connection: MySQLConnection,
        besides join: ChildJoin? = nil
    ) throws(MySQLError) {
        guard let columns else { return }
        let signatures = { (columns: [ResultColumn]) in
            columns.enumerated().map { join?.fills($0) == true ? $1.name : $1.signature }
        }
        let (expected, found) = (signatures(columns), signatures(cursor.columns))
        guard expected != found else { return }
        cursor.abandon()
        throw MySQLError(
            code: 0,
            operation: "read a chunk",
            subject: connection.subject(name),
            message: "the columns have changed since the run began:\n"
                + DefinitionText.difference(
                    from: expected.joined(separator: "\n"),
                    to: found.joined(separator: "\n")
                ) + "\n",
            hint: "Undo the change and resume, or start anew with --fresh."
        )
    }
}

extension ResultColumn {
    fileprivate var signature: String { "\(name) \(kind)\(isUnsigned ? " unsigned" : "")" }
}
