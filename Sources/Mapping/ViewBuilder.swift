public import Contract

/// Turns a contract into views: for each entity the SELECT that reads it, and the statements that
/// make and drop the views.
///
/// Pure: it knows the source only through the catalog, which must hold `tablesToRead`.
public struct ViewBuilder: Sendable {
    public let catalog: Catalog
    private let contractTables: Set<String>

    public init(catalog: Catalog, contract: Contract) {
        self.catalog = catalog
        contractTables = Self.tableNames(of: contract)
    }

    /// The tables and views that the catalog must have for this contract, as far as they exist.
    ///
    /// With the catalog of these in hand, ask again: a self-join that names no table may lead through a
    /// foreign key to one that the contract does not name. Two rounds are enough.
    public static func tablesToRead(
        _ contract: Contract,
        knowing catalog: Catalog? = nil
    ) -> [String] {
        var names = tableNames(of: contract)
        for entity in contract.tables.flatMap(\.entities) {
            if let view = entity.view {
                names.insert(view)
                continue
            }
            let leadsElsewhere = entity.attributes.contains { attribute in
                guard case .join(.toOne(let join)) = attribute.source else { return false }
                return join.targetTable == nil
            }
            if leadsElsewhere, let source = catalog?.table(entity.sourceTable) {
                names.formUnion(source.foreignKeys.map(\.referencedTable))
            }
        }
        return names.sorted()
    }

    /// Everything for the whole contract, with every problem in one list.
    public func views(of contract: Contract) -> ContractViews {
        var views = ContractViews(
            tables: [],
            problems: ViewNames.collisions(
                in: contract,
                ignoringCase: catalog.tableNamesIgnoreCase
            )
        )
        for table in contract.tables {
            var entities: [EntityView] = []
            for entity in table.entities {
                let result = entityView(entity, of: table)
                views.problems += result.problems
                if let view = result.view { entities.append(view) }
            }
            views.tables.append(
                TableViews(
                    table: table.name,
                    entities: entities,
                    isComplete: entities.count == table.entities.count
                )
            )
        }
        return views
    }

    /// The view of one entity of a table, and what is wrong with it; no view if there is an error.
    public func entityView(
        _ entity: Entity,
        of table: Table
    ) -> (view: EntityView?, problems: [ContractProblem]) {
        if let view = entity.view {
            var builder = ForeignViewBuilder(catalog: catalog, entity: entity, viewName: view)
            let result = builder.build()
            return finish(result, builder.problems, entity, table)
        }
        guard let source = catalog.table(entity.sourceTable) else {
            let problem = ContractProblem(
                severity: .error,
                path: entity.path + ".source_table",
                message: "the database \(catalog.database) has no table \(entity.sourceTable)",
                hint: NameHint.nearest(entity.sourceTable, among: catalog.knownTableNames)
            )
            return (nil, [problem])
        }
        var builder = EntityViewBuilder(
            catalog: catalog,
            contractTables: contractTables,
            entity: entity,
            sourceTable: source,
            viewName: ViewNames.view(of: entity, table: table)
        )
        let result = builder.build()
        return finish(result, builder.problems, entity, table)
    }

    /// Adds what the fit check finds.
    private func finish(
        _ view: EntityView?,
        _ problems: [ContractProblem],
        _ entity: Entity,
        _ table: Table
    ) -> (view: EntityView?, problems: [ContractProblem]) {
        guard let view else { return (nil, problems) }
        let problems = problems + FitCheck(entity: entity, table: table, view: view).problems()
        guard !problems.contains(where: { $0.severity == .error }) else { return (nil, problems) }
        return (view, problems)
    }

    /// `CREATE OR REPLACE VIEW` for every view that Unglue owns, in an order that works: each entity's
    /// view, then the union over them.
    public func createStatements(_ table: Table, entities: [EntityView]) -> [String] {
        var statements = entities.compactMap { view in
            view.selectSQL.map { Self.create(view.name, algorithm: "MERGE", select: $0) }
        }
        if table.isMultiEntity, !entities.isEmpty {
            statements.append(
                Self.create(
                    ViewNames.view(of: table),
                    algorithm: "UNDEFINED",
                    select: UnionView(table: table, entities: entities).selectSQL
                )
            )
        }
        return statements
    }

    /// `DROP VIEW IF EXISTS` for every view that Unglue owns; the union first.
    ///
    /// A foreign `view` is never dropped.
    public func dropStatements(_ table: Table) -> [String] {
        var names = table.isMultiEntity ? [ViewNames.view(of: table)] : []
        for entity in table.entities where entity.view == nil {
            names.append(ViewNames.view(of: entity, table: table))
        }
        return names.map { "DROP VIEW IF EXISTS \(SQLText.identifier($0))" }
    }

    private static func create(_ name: String, algorithm: String, select: String) -> String {
        "CREATE OR REPLACE ALGORITHM=\(algorithm) SQL SECURITY INVOKER VIEW"
            + " \(SQLText.identifier(name)) AS\n\(select)"
    }

    /// Every table that the contract names: a qualifier that is none of them names the joined row.
    private static func tableNames(of contract: Contract) -> Set<String> {
        var names: Set<String> = []
        for entity in contract.tables.flatMap(\.entities) where entity.view == nil {
            names.insert(entity.sourceTable)
            for attribute in entity.attributes { names.formUnion(tableNames(of: attribute.source)) }
        }
        return names
    }

    private static func tableNames(of source: AttributeSource) -> [String] {
        switch source {
        case .join(.toOne(let join)): join.targetTable.map { [$0] } ?? []
        case .join(.conditional(let join)): [join.targetTable]
        case .join(.chain(let join)): join.hops.map(\.targetTable)
        case .join(.jsonConstruction(let join)): [join.targetTable]
        case .calculation(.aggregate(let aggregate)): [aggregate.targetTable]
        case .calculation, .column, .none: []
        }
    }
}

/// What `ViewBuilder` makes of a contract.
public struct ContractViews: Sendable {
    /// In the contract's order.
    public var tables: [TableViews]
    /// Every problem, in the contract's order.
    public var problems: [ContractProblem]

    public var hasErrors: Bool { problems.contains { $0.severity == .error } }
}

/// The views of one table of the contract.
public struct TableViews: Sendable {
    public var table: String
    /// In the contract's order; those with an error are missing.
    public var entities: [EntityView]
    /// Whether every entity has its view.
    public var isComplete: Bool
}
