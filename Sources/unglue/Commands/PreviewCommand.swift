import Contract
import Mapping
import MySQLSource

/// `unglue preview`: the first items of each entity.
///
/// It always reads the SELECT inline, so that it shows what the contract says, whether or not the
/// views are made.
enum PreviewCommand {
    static func run(_ context: CommandContext) throws -> ExitStatus {
        let contract = try context.loadContract()
        let connection = try MySQLConnection(context.settings.mysql)
        let reading = try SourceReading(contract, on: connection)
        try reading.confirm(context.log)
        var rejected = 0
        for entity in reading.entities {
            rejected += try show(entity, on: connection, context)
        }
        return rejected == 0 ? .done : .rejected
    }

    /// Prints an entity's items and returns the number of rejected rows.
    private static func show(
        _ reading: SourceReading.EntityReading,
        on connection: MySQLConnection,
        _ context: CommandContext
    ) throws -> Int {
        let select = EntityQuery.selectSQL(view: reading.view, inline: true)
        let cursor = try connection.stream(
            "\(select) LIMIT \(context.settings.previewLimit)",
            operation: "read the first rows",
            on: reading.view.name
        )
        let columns = cursor.columns
        let plan = try ItemPlan.compile(
            table: reading.table,
            entity: reading.entity,
            view: reading.view,
            columns: columns
        )
        let mapper = ItemMapper(plan: plan)
        let slab = RowSlab(columnCount: columns.count)
        let buffer = ByteBuffer()
        var rows = 0
        var rejected = 0
        while try cursor.advance() {
            slab.reset(columnCount: columns.count, chunk: slab.chunk, firstRow: rows)
            cursor.copyRow(into: slab)
            rows += 1
            switch mapper.map(row: 0, of: slab, into: buffer) {
            case .item:
                try context.output.write(
                    json: String(decoding: buffer.array(), as: UTF8.self)
                )
            case .rejected(let rejection):
                rejected += 1
                context.log.error(
                    "\(reading.name): rejected: \(rejection.reason): \(rejection.key)"
                )
            }
            buffer.truncate(to: 0)
        }
        context.log.info(
            "\(reading.name): \(rows) \(rows == 1 ? "row" : "rows") read, \(rejected) rejected"
        )
        return rejected
    }
}
