import Contract
import DynamoDBSink
import Mapping
import MySQLSource

/// `unglue check`: everything that would keep a run from succeeding, in one report.
///
/// Nothing is changed: the MySQL session is read-only, and DynamoDB is only asked to describe its
/// tables and to refuse an item without a key, which it does after it has looked at permissions.
struct CheckCommand {
    private let context: CommandContext
    private var report = CheckReport()

    private init(_ context: CommandContext) {
        self.context = context
    }

    static func run(_ context: CommandContext) throws -> ExitStatus {
        var check = CheckCommand(context)
        let contract = try check.contract()
        check.source(contract)
        check.target(contract)
        try context.output.write(context.reporter.text(of: check.report))
        return check.report.status
    }

    // MARK: - Contract

    /// The contract; nil where it has errors, which then are findings.
    private mutating func contract() throws -> Contract? {
        do {
            let decoded = try context.decodeContract()
            report.findings += decoded.warnings.map(Finding.init)
            let tables = decoded.contract.tables.count
            report.notes.append(
                "Contract: \(context.settings.contractPath), \(tables) "
                    + "\(tables == 1 ? "table" : "tables")"
            )
            return decoded.contract
        } catch let error as ContractError {
            report.findings += error.problems.map(Finding.init)
            return nil
        }
    }

    // MARK: - MySQL

    private mutating func source(_ contract: Contract?) {
        do throws(MySQLError) {
            let connection = try MySQLConnection(context.settings.mysql)
            let server = connection.server
            report.notes.append(
                "MySQL: \(server.version.flavour.rawValue) \(server.versionText) at "
                    + "\(context.settings.mysql.serverName), database "
                    + context.settings.mysql.database
            )
            if let contract { try source(contract, connection) }
        } catch {
            report.findings.append(Finding(.error, .source, "", error.description))
        }
    }

    private mutating func source(
        _ contract: Contract,
        _ connection: MySQLConnection
    ) throws(MySQLError) {
        let reading = try SourceReading(contract, on: connection)
        report.findings += reading.views.problems.map(Finding.init)
        let tables = reading.catalog.tables.map(\.name)
        for refusal in try connection.readRefusals(of: tables) {
            report.findings.append(Finding(.error, .source, "", refusal.description))
        }
        for entity in reading.entities { try check(entity, reading, connection) }
        if !context.settings.inline { try checkViews(reading, connection) }
    }

    /// Whether the entity's rows can become items, and whether it can be read in chunks.
    private mutating func check(
        _ entity: SourceReading.EntityReading,
        _ reading: SourceReading,
        _ connection: MySQLConnection
    ) throws(MySQLError) {
        let select = EntityQuery.selectSQL(view: entity.view, inline: true)
        do throws(MySQLError) {
            let columns = try connection.describe(select, on: entity.view.name)
            do throws(ContractError) {
                _ = try ItemPlan.compile(
                    table: entity.table,
                    entity: entity.entity,
                    view: entity.view,
                    columns: columns
                )
            } catch {
                report.findings += error.problems.map(Finding.init)
                return
            }
            // A table of less than a chunk is read in one piece anyway, and planned so.
            let rows = reading.catalog.table(entity.entity.sourceTable)?.estimatedRows ?? 0
            guard rows > SourceLimits.chunkRows else { return }
            let read = EntityRead(
                name: entity.view.name,
                selectSQL: select,
                chunkKey: entity.view.chunkKey,
                baseTable: entity.view.sourceTable
            )
            let explanation = try connection.explain(read)
            let details = explanation.details.joined(separator: "\n")
            if explanation.isMaterialised {
                report.findings.append(
                    Finding(
                        .warning,
                        .source,
                        entity.view.name,
                        "the server makes the whole result before its first row, for every chunk",
                        hint: details
                    )
                )
            } else if !explanation.isIndexRange {
                report.findings.append(
                    Finding(
                        .warning,
                        .source,
                        entity.view.name,
                        "it cannot be read in chunks, so one connection reads all of it",
                        hint: details.isEmpty ? nil : details
                    )
                )
            }
        } catch {
            if error.isRetryable { throw error }
            report.findings.append(Finding(.error, .source, entity.view.name, error.description))
        }
    }

    /// Whether the views are there and are this contract's, and whether they can be made.
    private mutating func checkViews(
        _ reading: SourceReading,
        _ connection: MySQLConnection
    ) throws(MySQLError) {
        let names = reading.contract.tables.flatMap(\.ownViewNames)
        let existing = try CatalogReader(connection).read(tables: names)
        var toCreate: Set<String> = []
        for entity in reading.entities where entity.view.selectSQL != nil {
            guard let found = existing.table(entity.view.name) else {
                toCreate.insert(entity.view.name)
                report.findings.append(
                    Finding(
                        .warning,
                        .source,
                        entity.view.name,
                        "the view does not exist",
                        hint: "create it with unglue views --apply or unglue run --setup"
                    )
                )
                continue
            }
            let wanted = Set(entity.view.columns.map(\.name))
            let difference = wanted.symmetricDifference(found.columns.map(\.name))
            if !found.isView {
                report.findings.append(
                    Finding(
                        .error,
                        .source,
                        found.name,
                        "a table has the name of the view",
                        hint: "rename the table or read inline with --inline"
                    )
                )
            } else if try isStale(entity, connection) || !difference.isEmpty {
                toCreate.insert(entity.view.name)
                let columns = difference.sorted().joined(separator: ", ")
                report.findings.append(
                    Finding(
                        .error,
                        .source,
                        found.name,
                        "the view was made from another contract"
                            + (columns.isEmpty ? "" : ": it differs in \(columns)"),
                        hint: "replace it with unglue views --apply or unglue run --setup"
                    )
                )
            }
        }
        let statements = reading.statements.filter { toCreate.contains($0.name) }
        for refusal in try connection.refusals(of: statements) {
            report.findings.append(
                Finding(
                    .error,
                    .source,
                    "",
                    refusal.description,
                    hint: "or read without views: --inline"
                )
            )
        }
    }

    /// A view that the account may not look into cannot be read in chunks either.
    private mutating func isStale(
        _ entity: SourceReading.EntityReading,
        _ connection: MySQLConnection
    ) throws(MySQLError) -> Bool {
        do throws(MySQLError) {
            return try entity.isCurrent(on: connection) == false
        } catch {
            if error.isRetryable { throw error }
            report.findings.append(
                Finding(
                    .error,
                    .source,
                    entity.view.name,
                    error.description,
                    hint: "or read without views: --inline"
                )
            )
            return false
        }
    }

    // MARK: - DynamoDB

    private mutating func target(_ contract: Contract?) {
        do throws(DynamoDBError) {
            let settings = try context.targetSettings()
            let client = try DynamoDBClient(settings: settings)
            // Somebody waits for the answer.
            client.callFor = .seconds(5)
            report.notes.append("DynamoDB: \(settings.endpoint.url), region \(settings.region)")
            for table in contract?.tables ?? [] {
                try check(table, TableAdmin(client: client), client)
            }
        } catch {
            report.findings.append(Finding(.error, .target, "", error.description))
        }
    }

    private mutating func check(
        _ table: Table,
        _ admin: TableAdmin,
        _ client: DynamoDBClient
    ) throws(DynamoDBError) {
        let name = context.targetName(of: table)
        guard let description = try admin.describe(name) else {
            report.findings.append(
                Finding(
                    .warning,
                    .target,
                    name,
                    "the table does not exist",
                    hint: "create it with unglue tables --create or unglue run --setup"
                )
            )
            return
        }
        for difference in description.differences(from: table) {
            report.findings.append(Finding(.error, .target, name, difference))
        }
        guard description.isActive else {
            report.findings.append(
                Finding(
                    .warning,
                    .target,
                    name,
                    "the table or an index is not active yet",
                    hint: "wait until it is"
                )
            )
            return
        }
        try checkWriting(to: name, client)
    }

    /// Asks to write an item without a key, which no table takes: the answer is a refusal in any
    /// case, and says whether it is for lack of permission.
    private mutating func checkWriting(
        to name: String,
        _ client: DynamoDBClient
    ) throws(DynamoDBError) {
        let put = JSONValue.object([
            JSONMember(
                name: "PutRequest",
                value: .object([JSONMember(name: "Item", value: .object([]))])
            )
        ])
        let request = JSONValue.object([
            JSONMember(
                name: "RequestItems",
                value: .object([JSONMember(name: name, value: .array([put]))])
            )
        ])
        do throws(DynamoDBError) {
            _ = try client.call("BatchWriteItem", request, table: name)
        } catch {
            guard error.code == "AccessDeniedException" else { return }
            report.findings.append(Finding(.error, .target, name, error.description))
        }
    }
}
