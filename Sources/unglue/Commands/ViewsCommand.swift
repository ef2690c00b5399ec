import Contract
import MySQLSource

/// `unglue views`: the SQL of the views, made or dropped.
enum ViewsCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        let contract = try context.loadContract()
        let settings = context.settings
        switch settings.views {
        case .show:
            let connection = try MySQLConnection(settings.mysql)
            let reading = try SourceReading(contract, on: connection)
            try reading.confirm(context.log)
            try context.output.write(text(of: reading.statements, settings.output))
        case .apply:
            let connection = try MySQLConnection(settings.mysql, purpose: .definition)
            let reading = try SourceReading(contract, on: connection)
            try reading.confirm(context.log)
            let statements = reading.statements
            try connection.createViews(statements)
            try tell(statements.map(\.name), did: "created", context)
        case .drop:
            let names = contract.tables.flatMap { $0.ownViewNames.reversed() }
            let connection = try MySQLConnection(settings.mysql, purpose: .definition)
            try connection.dropViews(names)
            try tell(names, did: "dropped", context)
        }
        return .done
    }

    private static func text(of statements: [ViewStatement], _ format: OutputFormat) -> String {
        switch format {
        case .text:
            return statements.map { "\($0.sql);\n" }.joined(separator: "\n")
        case .json:
            let views = statements.map { statement in
                JSONValue.object([
                    JSONMember(name: "view", value: .string(statement.name)),
                    JSONMember(name: "sql", value: .string(statement.sql)),
                ])
            }
            return JSONReporter.document([JSONMember(name: "views", value: .array(views))])
        }
    }

    private static func tell(
        _ names: [String],
        did: String,
        _ context: CommandContext
    ) throws(OutputError) {
        let outcomes = names.map { NamedOutcome(name: $0, outcome: did) }
        try context.output.write(context.reporter.text(of: outcomes, kind: "view"))
    }
}
