import Contract
import DynamoDBSink

/// `unglue tables`: the CreateTable requests, the tables made or deleted.
enum TablesCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        let contract = try context.loadContract()
        let settings = context.settings
        let outcomes: [NamedOutcome]
        switch settings.tables {
        case .show:
            let requests = contract.tables.map {
                TableRequests.create($0, prefix: settings.tablePrefix)
            }
            try context.output.write(JSONValue.array(requests))
            return .done
        case .create(let wait):
            outcomes = try setup(context).create(contract.tables, wait: wait)
        case .delete(let wait, let asks):
            let prompt = asks ? try TerminalPrompt() : nil
            let target = try context.targetSettings()
            outcomes = try setup(context).delete(contract.tables, wait: wait) { name in
                guard let prompt else { return true }
                return try prompt.confirms(
                    "Delete the table \(name) at \(target.endpoint.url) with all its items?",
                    by: name
                )
            }
        }
        try context.output.write(context.reporter.text(of: outcomes, kind: "table"))
        return .done
    }

    private static func setup(_ context: CommandContext) throws -> TableSetup {
        TableSetup(
            admin: TableAdmin(client: try DynamoDBClient(settings: context.targetSettings())),
            prefix: context.settings.tablePrefix,
            log: context.log
        )
    }
}
