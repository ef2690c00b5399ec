public import Pipeline

/// The source of a run: entities of a MySQL or MariaDB database, read by as many connections as
/// are asked for.
public struct MySQLSource: RowSource {
    public let settings: MySQLSettings
    /// In the run's order; a port's entity number is an index into it.
    public let entities: [EntityRead]
    /// What `MySQLConnection.serverIdentity` was when the run began; empty: any server will do.
    public let identity: [DefinitionFacet]
    private let snapshot: Snapshot?

    /// Reads each chunk as it is when it is read.
    public init(
        settings: MySQLSettings,
        entities: [EntityRead],
        identity: [DefinitionFacet] = []
    ) {
        self.settings = settings
        self.entities = entities
        self.identity = identity
        snapshot = nil
    }

    /// Reads everything as it is now: opens all connections, in one snapshot.
    ///
    /// - Parameters:
    ///   - settings: the server.
    ///   - entities: what is read, with definitions: they show whether a snapshot holds its tables.
    ///   - identity: who the server must be; empty: any.
    ///   - policy: how the snapshot is taken.
    /// - Throws: what the server says; an error with advice where no snapshot can be had.
    public init(
        settings: MySQLSettings,
        entities: [EntityRead],
        identity: [DefinitionFacet] = [],
        snapshot policy: SnapshotPolicy
    ) throws(MySQLError) {
        for entity in entities { try Self.confirmVersions(of: entity, settings) }
        self.settings = settings
        self.entities = entities
        self.identity = identity
        let control = try MySQLConnection(settings)
        try control.confirm(identity, on: nil)
        var patient = settings
        patient.deadPeerSeconds = SourceLimits.snapshotDeadPeerSeconds
        snapshot = try Snapshot.open(patient, policy)
    }

    /// How the snapshot was taken; nil where there is none.
    public var snapshotMethod: SnapshotMethod? { snapshot?.method }

    /// Readers that the snapshot has connections for; nil where there is none, and so no limit.
    public var readersMax: Int? { snapshot?.readerCount }

    /// A new connection, or in a snapshot one of those that were opened with it.
    public func connect() throws -> any RowReader {
        if let snapshot { return try MySQLRowReader(snapshot: snapshot, entities: entities) }
        let connection = try MySQLConnection(readerSettings)
        try connection.confirm(identity, on: nil)
        return MySQLRowReader(connection: connection, entities: entities)
    }

    /// One silence fits what a connection reads: long where a whole view may be made first.
    var readerSettings: MySQLSettings {
        var settings = settings
        let isReadByRange = entities.allSatisfy {
            $0.isChunked && !$0.chunkKey.isEmpty && !$0.isMaterialised
        }
        settings.readTimeoutSeconds =
            settings.readTimeoutSeconds
            ?? (isReadByRange ? SourceLimits.rangeReadTimeoutSeconds : nil)
        return settings
    }

    /// A planner of the entity that begins behind `last`.
    ///
    /// All readers of one run must share one; each call makes another.
    public func planner(entity: Int, after last: ChunkRange?) throws -> any ChunkPlanner {
        EntityPlanner(entities[entity], after: last)
    }

    /// Looks once more, on a connection of its own, at the definitions of everything that was read.
    ///
    /// - Throws: a final error that says what has changed; one that may be retried where the server
    ///   is not to be reached.
    public func confirmUnchanged() throws {
        guard entities.contains(where: { !$0.definitions.isEmpty }) else { return }
        let connection = try MySQLConnection(settings)
        try connection.confirm(identity, on: nil)
        for entity in entities { try connection.confirm(entity.definitions, on: entity.name) }
    }

    public func readerThreadWillEnd() {
        MySQLLibrary.threadWillEnd()
    }

    /// Refuses tables whose engine keeps no old versions: a snapshot does not hold them.
    private static func confirmVersions(of entity: EntityRead, _ settings: MySQLSettings)
        throws(MySQLError)
    {
        for facet in entity.definitions {
            guard let engine = facet.engine,
                !SourceLimits.snapshotEngines.contains(engine.lowercased())
            else { continue }
            throw MySQLError(
                code: 0,
                operation: "open a snapshot",
                subject: "\(settings.serverName) (\(entity.name))",
                message: "\(facet.name) is kept by \(engine), which has no snapshots",
                hint: "Use --consistency chunk, or convert the table to InnoDB."
            )
        }
    }
}
