import Contract
import Mapping
import MySQLSource

/// The contract seen together with the database that it reads.
struct SourceReading {
    let contract: Contract
    let catalog: Catalog
    let builder: ViewBuilder
    let views: ContractViews

    /// Reads of the catalog what the contract needs, and makes the views' SQL.
    init(_ contract: Contract, on connection: MySQLConnection) throws(MySQLError) {
        let reader = CatalogReader(connection)
        var catalog = try reader.read(tables: ViewBuilder.tablesToRead(contract))
        // A self-join may lead through a foreign key to a table that the contract does not name.
        let more = ViewBuilder.tablesToRead(contract, knowing: catalog)
        if more.contains(where: { catalog.table($0) == nil }) {
            catalog = try reader.read(tables: more)
        }
        self.contract = contract
        self.catalog = catalog
        builder = ViewBuilder(catalog: catalog, contract: contract)
        views = builder.views(of: contract)
    }

    /// Tells the warnings; throws where there is an error.
    func confirm(_ log: Log) throws(ContractError) {
        guard !views.hasErrors else { throw ContractError(problems: views.problems) }
        for problem in views.problems { log.report(problem) }
    }

    /// An entity of a table with the view that reads it.
    struct EntityReading {
        var table: Table
        var entity: Entity
        var view: EntityView
    }

    /// Every entity that has a view, in the contract's order.
    var entities: [EntityReading] {
        zip(contract.tables, views.tables).flatMap { table, tableViews in
            guard tableViews.isComplete else { return [EntityReading]() }
            return zip(table.entities, tableViews.entities).map {
                EntityReading(table: table, entity: $0, view: $1)
            }
        }
    }

    /// The statements that create a table's views, in an order that works.
    func statements(_ table: Table, _ tableViews: TableViews) -> [ViewStatement] {
        zip(
            table.ownViewNames,
            builder.createStatements(table, entities: tableViews.entities)
        ).map { ViewStatement(name: $0, sql: $1) }
    }

    var statements: [ViewStatement] {
        zip(contract.tables, views.tables).flatMap { statements($0, $1) }
    }
}

extension SourceReading.EntityReading {
    /// How the entity is called in messages: `Users`, or `Users ORDER`.
    var name: String { entity.entityType.map { "\(table.name) \($0)" } ?? table.name }

    /// Whether its view reads just what the contract says, unlike one that was made from an earlier
    /// contract.
    ///
    /// The view must exist; nil where nobody can tell, as of a view that the contract itself names.
    func isCurrent(on connection: MySQLConnection) throws(MySQLError) -> Bool? {
        guard view.selectSQL != nil else { return nil }
        do throws(MySQLError) {
            return try connection.isSame(
                EntityQuery.selectSQL(view: view, inline: false),
                EntityQuery.selectSQL(view: view, inline: true),
                on: view.name
            )
        } catch  where error.code == MySQLError.explainViewRefused {
            // It takes SHOW VIEW.
            return nil
        }
    }
}

extension Table {
    /// The views that belong to this table, in the order in which they are created: one an entity,
    /// save where it reads a view that is not ours, then the union of all.
    var ownViewNames: [String] {
        let entities = entities.filter { $0.view == nil }
            .map { ViewNames.view(of: $0, table: self) }
        return isMultiEntity ? entities + [ViewNames.view(of: self)] : entities
    }
}
