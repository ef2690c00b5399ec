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
    let identity: RunIdentity
    /// The target's tables as they were found, in the contract's order.
    private let targets: [TableDescription]

    /// Checks the target's tables, makes them and the views first if `--setup` says so, and
    /// compiles a plan an entity.
    init(
        _ contract: Contract,
        contractText: String,
        target: DynamoDBSettings,
        _ context: CommandContext
    ) throws {
        let settings = context.settings
        var identity = RunIdentity()
        identity.add("the contract", contractText)
        identity.add("the settings", Self.settingsText(target, context))
        let connection = try MySQLConnection(settings.mysql)
        let reading = try SourceReading(contract, on: connection)
        try reading.confirm(context.log)
        if settings.run.setup, !settings.inline {
            let definer = try MySQLConnection(settings.mysql, purpose: .definition)
            try definer.createViews(reading.statements)
        }
        targets = try Self.prepareTables(contract, target: target, context)
        for target in targets { identity.add("the table \(target.name)", target.identity) }

        var plan = MigrationPlan(tables: Self.planTables(contract, context), entities: [])
        var reads: [EntityRead] = []
        var staleViews: [String] = []
        for entity in reading.entities {
            let (read, columns) = try Self.read(
                entity,
                of: reading.catalog,
                on: connection,
                context
            )
            if !settings.inline, !settings.run.setup, try entity.isStale(on: connection) {
                staleViews.append(entity.view.name)
            }
            let itemPlan = try ItemPlan.compile(
                table: entity.table,
                entity: entity.entity,
                view: entity.view,
                columns: columns
            )
            reads.append(read)
            plan.entities.append(
                MigrationPlan.Entity(
                    table: contract.tables.firstIndex { $0.name == entity.table.name } ?? 0,
                    entityType: entity.entity.entityType,
                    plan: itemPlan,
                    columns: columns,
                    rowsEstimated: read.estimatedRows
                )
            )
        }
        guard staleViews.isEmpty else { throw StaleViews(names: staleViews) }
        self.plan = plan
        self.identity = identity
        source = MySQLSource(settings: settings.mysql, entities: reads)
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var options = MigrationOptions(
            readers: settings.run.readers ?? max(4, cores),
            workers: settings.run.workers ?? max(2, cores)
        )
        options.connectFor = Double(settings.run.retryFor.components.seconds)
        self.options = options
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
            baseTable: reading.view.sourceTable,
            estimatedRows: table?.estimatedRows,
            rowsPerChunk: settings.run.chunkRows ?? SourceLimits.chunkRows
        )
        let columns = try describe(read, of: reading, on: connection)
        let explanation = try explain(read, of: reading, on: connection)
        read.isChunked = !read.chunkKey.isEmpty && explanation.isIndexRange
        // A table of less than a chunk is one chunk anyway, and the server plans it so.
        if !read.isChunked, (read.estimatedRows ?? .max) > read.rowsPerChunk {
            context.log.info("\(reading.name): read in one pass, since no index gives its chunks")
        }
        return (read, columns)
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
        for table in contract.tables { try admin.waitUntilActive(context.targetName(of: table)) }
        return found
    }
}

// MARK: What the run is bound to

extension PreparedRun {
    /// What of the settings decides which items there will be, and where.
    private static func settingsText(
        _ target: DynamoDBSettings,
        _ context: CommandContext
    ) -> String {
        [
            "endpoint \(target.endpoint.url)",
            "region \(target.region)",
            "table prefix \(context.settings.tablePrefix)",
            "write mode \(WriteMode.replace.rawValue)",
            "views \(context.settings.inline ? "inline" : "read")",
        ].joined(separator: "\n")
    }

    /// The run as it would begin.
    func newRun(_ contract: Contract, _ context: CommandContext) -> NewRun {
        let settings = context.settings
        let file = settings.contractPath.split(separator: "/").last.map(String.init) ?? ""
        let chosen = settings.tableNames.map { $0.sorted().joined(separator: ",") } ?? "all"
        let text = identity.facets.first?.text ?? ""
        let digest = KeyHash.hash(
            partition: KeyHash.Part(type: .binary, bytes: Array(text.utf8)),
            sort: nil
        )
        return NewRun(
            run: RunName.make(),
            lineage: "\(file)\nprefix \(settings.tablePrefix)\ntables \(chosen)",
            contractPath: settings.contractPath,
            contractName: file,
            contractDigest: String(digest, radix: 16),
            mode: .replace,
            consistency: "chunk",
            options: JSONValue.object([
                JSONMember(name: "readers", value: .integer(options.readers)),
                JSONMember(name: "workers", value: .integer(options.workers)),
            ]).serialized(),
            identity: identity.facets,
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
