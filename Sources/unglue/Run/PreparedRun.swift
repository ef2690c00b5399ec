import Contract
import DynamoDBSink
import Glibc
import Mapping
import MySQLSource
import Pipeline
import RunLedger

/// Everything a run needs, looked up and checked before the first row is read.
struct PreparedRun {
    let plan: MigrationPlan
    let source: MySQLSource
    let options: MigrationOptions
    /// What the rows and the tables are, as they were found; the contract and the settings are not
    /// in it.
    let identity: RunIdentity
    /// The target's tables as they were found, in the contract's order.
    private let targets: [TableDescription]

    /// Checks the target's tables, makes them and the views first if `--setup` says so, and
    /// compiles a plan an entity.
    ///
    /// With `--consistency snapshot` the source's connections stand in one snapshot afterwards.
    init(
        _ contract: Contract,
        target: DynamoDBSettings,
        _ context: CommandContext
    ) throws {
        let settings = context.settings
        // Both servers are asked at once: each takes some round trips. Tables are made only for a
        // contract that fits its source, and once.
        let asked =
            settings.run.setup
            ? nil
            : Background("unglue.tables") {
                try Self.prepareTables(contract, target: target, context)
            }
        defer { asked?.wait(seconds: 1) }
        let connection = try MySQLConnection(settings.mysql)
        let reading = try SourceReading(contract, on: connection)
        try reading.confirm(context.log)
        if settings.run.setup, !settings.inline {
            let definer = try MySQLConnection(settings.mysql, purpose: .definition)
            try definer.createViews(reading.statements)
        }
        let made =
            settings.run.setup
            ? try Self.prepareTables(contract, target: target, context) : []
        var identity = RunIdentity()
        let server = try connection.serverIdentity()
        identity.add(server)
        var plan = MigrationPlan(tables: Self.planTables(contract, context), entities: [])
        var reads: [EntityRead] = []
        var staleViews: [String] = []
        for entity in reading.entities {
            var (read, planned) = try Self.prepare(entity, of: reading, on: connection, context)
            let isCurrent =
                settings.inline || settings.run.setup ? true : try entity.isCurrent(on: connection)
            if isCurrent == false { staleViews.append(entity.view.name) }
            if isCurrent == true {
                read.children = try Self.children(entity, read, on: connection, context)
            }
            identity.add(read.definitions)
            reads.append(read)
            plan.entities.append(planned)
        }
        targets = try asked?.value() ?? made
        guard staleViews.isEmpty else { throw StaleViews(names: staleViews) }
        for target in targets { identity.add("the table \(target.name)", target.identity) }
        self.plan = plan
        self.identity = identity
        var options = Self.options(settings)
        source = try Self.source(reads, server, options, context)
        options.readers = min(options.readers, source.readersMax ?? options.readers)
        self.options = options
    }

    private static func options(_ settings: Settings) -> MigrationOptions {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var options = MigrationOptions(
            readers: settings.run.readers ?? max(4, cores),
            workers: settings.run.workers ?? max(1, cores / 2)
        )
        options.connectFor = Double(settings.run.retryFor.components.seconds)
        options.mode = settings.run.mode
        return options
    }

    /// The source, its connections in one snapshot where that is asked for.
    private static func source(
        _ reads: [EntityRead],
        _ server: [DefinitionFacet],
        _ options: MigrationOptions,
        _ context: CommandContext
    ) throws -> MySQLSource {
        let settings = context.settings
        guard settings.run.consistency == .snapshot else {
            return MySQLSource(settings: settings.mysql, entities: reads, identity: server)
        }
        let source = try MySQLSource(
            settings: settings.mysql,
            entities: reads,
            identity: server,
            snapshot: SnapshotPolicy(
                // One more than readers: it settles duplicates.
                connections: options.readers + 1,
                ageMax: settings.run.snapshotAge
            ) { [log = context.log] in log.warning($0) }
        )
        if let method = source.snapshotMethod { context.log.info("snapshot: \(method)") }
        return source
    }

    /// How an entity is read and mapped.
    private static func prepare(
        _ entity: SourceReading.EntityReading,
        of reading: SourceReading,
        on connection: MySQLConnection,
        _ context: CommandContext
    ) throws -> (EntityRead, MigrationPlan.Entity) {
        var (read, columns) = try read(entity, of: reading.catalog, on: connection, context)
        let itemPlan = try ItemPlan.compile(
            table: entity.table,
            entity: entity.entity,
            view: entity.view,
            columns: columns
        )
        read.columns = columns
        read.definitions = try connection.definitions(of: read)
        let tables = reading.contract.tables
        let planned = MigrationPlan.Entity(
            table: tables.firstIndex { $0.name == entity.table.name } ?? 0,
            entityType: entity.entity.entityType,
            plan: itemPlan,
            columns: columns,
            rowsEstimated: read.estimatedRows
        )
        return (read, planned)
    }

    private static func planTables(
        _ contract: Contract,
        _ context: CommandContext
    ) -> [MigrationPlan.Table] {
        contract.tables.map { table in
            MigrationPlan.Table(
                name: table.name,
                targetName: context.targetName(of: table),
                keyNames: [table.partitionKey, table.sortKey].compactMap { $0?.name }
            )
        }
    }

    /// How an entity is read: in chunks where the server finds each by its index, else in one pass.
    private static func read(
        _ reading: SourceReading.EntityReading,
        of catalog: Catalog,
        on connection: MySQLConnection,
        _ context: CommandContext
    ) throws -> (EntityRead, [ResultColumn]) {
        let settings = context.settings
        let table = reading.view.sourceTable.flatMap { catalog.table($0) }
        var read = EntityRead(
            name: reading.name,
            selectSQL: EntityQuery.selectSQL(view: reading.view, inline: settings.inline),
            chunkKey: reading.view.chunkKey,
            rowKey: reading.view.rowKey,
            baseTable: reading.view.sourceTable,
            estimatedRows: table?.estimatedRows,
            rowsPerChunk: settings.run.chunkRows ?? SourceLimits.chunkRows
        )
        let columns = try describe(read, of: reading, on: connection)
        let explanation = try explain(read, of: reading, on: connection)
        read.isChunked = !read.chunkKey.isEmpty && explanation.isIndexRange
        read.isMaterialised = explanation.isMaterialised
        // A table of less than a chunk is one chunk anyway, and the server plans it so.
        if !read.isChunked, (read.estimatedRows ?? .max) > read.rowsPerChunk {
            context.log.info("\(reading.name): read in one pass, since no index gives its chunks")
        }
        return (read, columns)
    }

    /// How the child rows of the entity's arrays are read apart from its own rows; nil where the view
    /// must put them together.
    ///
    /// It takes a snapshot a chunk, which not every engine has, and an index that gives the child rows
    /// of a chunk.
    private static func children(
        _ reading: SourceReading.EntityReading,
        _ read: EntityRead,
        on connection: MySQLConnection,
        _ context: CommandContext
    ) throws(MySQLError) -> ChildReadPlan? {
        let isOneChunk = (read.estimatedRows ?? .max) <= read.rowsPerChunk
        guard let children = ChildReadPlan(reading.view), read.isChunked || isOneChunk,
            read.definitions.allSatisfy(\.hasSnapshots), try connection.hasSnapshots()
        else { return nil }
        for child in children.childEntities(rowsPerChunk: read.rowsPerChunk) {
            guard try connection.isOrderedByIndex(child),
                try connection.explain(child).isIndexRange
            else { return nil }
        }
        let names = children.columnNames.joined(separator: ", ")
        context.log.info("\(reading.name): the rows of \(names) are read apart and joined here")
        return children
    }

    /// The columns of what is read; a view that is not there is told with what makes it.
    private static func describe(
        _ read: EntityRead,
        of reading: SourceReading.EntityReading,
        on connection: MySQLConnection
    ) throws(MySQLError) -> [ResultColumn] {
        do throws(MySQLError) {
            return try connection.describe(read.selectSQL, on: reading.name)
        } catch  where error.code == MySQLError.tableMissing && reading.view.selectSQL != nil {
            var missing = error
            missing.hint =
                "The view \(reading.view.name) is not made yet: `unglue views CONTRACT --apply` or"
                + " `--setup` makes it, `--inline` reads without it."
            throw missing
        }
    }

    /// Whether the server reads a chunk by its index.
    ///
    /// An account without SHOW VIEW may read a view but not have it explained: then our own SELECT
    /// is, which the server merges just the same; of a view that is not ours nothing is known.
    private static func explain(
        _ read: EntityRead,
        of reading: SourceReading.EntityReading,
        on connection: MySQLConnection
    ) throws(MySQLError) -> ReadExplanation {
        do throws(MySQLError) {
            return try connection.explain(read)
        } catch  where error.code == MySQLError.explainViewRefused {
            guard reading.view.selectSQL != nil else {
                return ReadExplanation(isIndexRange: false, isMaterialised: false, details: [])
            }
            var inline = read
            inline.selectSQL = EntityQuery.selectSQL(view: reading.view, inline: true)
            return try connection.explain(inline)
        }
    }

    private static func prepareTables(
        _ contract: Contract,
        target: DynamoDBSettings,
        _ context: CommandContext
    ) throws -> [TableDescription] {
        let admin = TableAdmin(client: try DynamoDBClient(settings: target))
        if context.settings.run.setup {
            let setup = TableSetup(
                admin: admin,
                prefix: context.settings.tablePrefix,
                log: context.log
            )
            _ = try setup.create(contract.tables, wait: true)
        }
        var problems: [String] = []
        var found: [TableDescription] = []
        for table in contract.tables {
            let name = context.targetName(of: table)
            guard let description = try admin.describe(name) else {
                problems.append("\(name): there is no such table")
                continue
            }
            found.append(description)
            problems += description.differences(from: table).map { "\(name): \($0)" }
        }
        guard problems.isEmpty else { throw TargetNotReady(problems: problems) }
        for table in found where !table.isActive { try admin.waitUntilActive(table.name) }
        return found
    }
}

// MARK: What the run is bound to

extension PreparedRun {
    /// What of the settings decides which items there will be, and where.
    private func settingsText(_ target: DynamoDBSettings, _ context: CommandContext) -> String {
        [
            RunPlace.text(target, context.settings),
            "write mode \(options.mode.rawValue)",
            "views \(context.settings.inline ? "inline" : "read")",
        ].joined(separator: "\n")
    }

    /// The run as it would begin.
    func newRun(
        contractText: String,
        target: DynamoDBSettings,
        _ context: CommandContext
    ) -> NewRun {
        let settings = context.settings
        let file = settings.contractPath.split(separator: "/").last.map(String.init) ?? ""
        let chosen = settings.tableNames.map { $0.sorted().joined(separator: ",") } ?? "all"
        var whole = RunIdentity()
        whole.add("the contract", contractText)
        whole.add(RunPlace.facet, settingsText(target, context))
        whole.add(identity)
        let consistency = source.snapshotMethod.map { "snapshot: \($0)" } ?? "chunk"
        return NewRun(
            run: RunName.make(),
            lineage: "\(file)\nprefix \(settings.tablePrefix)\ntables \(chosen)",
            contractPath: settings.contractPath,
            contractName: file,
            contractDigest: RunIdentity.digest(of: contractText),
            mode: options.mode,
            consistency: consistency,
            options: JSONValue.object([
                JSONMember(name: "readers", value: .integer(options.readers)),
                JSONMember(name: "workers", value: .integer(options.workers)),
            ]).serialized(),
            identity: whole.facets,
            tables: plan.tables.map { NewRun.Table(name: $0.name, targetName: $0.targetName) },
            entities: plan.entities.map { entity in
                let table = plan.tables[entity.table].name
                return NewRun.Entity(
                    table: entity.table,
                    name: entity.entityType.map { "\(table) \($0)" } ?? table
                )
            }
        )
    }

    /// Looks whether the tables are still those that the run began with.
    ///
    /// One that was deleted and made again meanwhile lacks what was written before.
    func confirmTarget(_ target: DynamoDBSettings) throws {
        let admin = TableAdmin(client: try DynamoDBClient(settings: target))
        for table in targets {
            guard let now = try admin.describe(table.name), now.identity == table.identity else {
                throw TargetReplaced(name: table.name)
            }
        }
    }
}

/// A table of the target was deleted, and perhaps made again, while it was written.
struct TargetReplaced: Error, CustomStringConvertible {
    var name: String

    var description: String {
        "the table \(name) is not the one that the run began with: it was deleted meanwhile, and what "
            + "was written before with it. Begin anew with --fresh"
    }
}

/// The target's tables are missing or are not the contract's.
struct TargetNotReady: Error, CustomStringConvertible {
    var problems: [String]

    var description: String {
        "the target's tables do not fit the contract, so nothing was read:\n"
            + problems.map { "- \($0)" }.joined(separator: "\n")
            + "\n`unglue tables CONTRACT --create` or `unglue run CONTRACT --setup` makes missing ones."
    }
}

/// Views that exist, but read something else than the contract says.
struct StaleViews: Error, CustomStringConvertible {
    var names: [String]

    var description: String {
        "these views are not the contract's, so nothing was read: \(names.joined(separator: ", "))\n"
            + "`unglue views CONTRACT --apply` or `unglue run CONTRACT --setup` replaces them; "
            + "--inline reads without views."
    }
}
