internal import Contract

/// Reads a view (or table) that is there already: its columns are named like the attributes and hold
/// their final values.
struct ForeignViewBuilder {
    let catalog: Catalog
    let entity: Entity
    let viewName: String
    var problems: [ContractProblem] = []

    init(catalog: Catalog, entity: Entity, viewName: String) {
        self.catalog = catalog
        self.entity = entity
        self.viewName = viewName
    }

    mutating func build() -> EntityView? {
        guard let table = catalog.table(viewName) else {
            report(
                ".view",
                "the database \(catalog.database) has no view or table \(viewName)",
                NameHint.nearest(viewName, among: catalog.knownTableNames)
            )
            return nil
        }
        var columns: [ViewColumn] = []
        var attributeColumns: [String: String] = [:]
        var missing: [Attribute] = []
        for attribute in entity.attributes {
            guard let column = table.column(attribute.name) else {
                missing.append(attribute)
                continue
            }
            attributeColumns[attribute.name] = column.name
            if !columns.contains(where: { $0.name == column.name }) {
                columns.append(viewColumn(column, .attribute))
            }
        }
        var templates: [String: [TemplateInput]] = [:]
        let resolver = TemplateResolver(entity: templatesOnly(missing), table: table)
        problems += resolver.circles()
        for attribute in missing {
            switch attribute.transformation {
            case .constant?: continue
            case .template(let template)?:
                templates[attribute.name] = inputs(
                    of: template,
                    attribute,
                    resolver,
                    attributeColumns,
                    &columns
                )
            default:
                problems.append(
                    ContractProblem(
                        severity: .error,
                        path: attribute.path,
                        message: "\(viewName) has no column \(attribute.name)",
                        hint: NameHint.nearest(
                            attribute.name,
                            among: table.columns.map(\.name)
                        )
                    )
                )
            }
        }
        let chunkKey = chunkKey(table, &columns)
        guard !problems.contains(where: { $0.severity == .error }) else { return nil }
        return EntityView(
            name: table.name,
            selectSQL: nil,
            columns: columns,
            chunkKey: chunkKey,
            sourceTable: table.isView ? nil : table.name,
            templates: templates,
            attributeColumns: attributeColumns.filter { $0.key != $0.value }
        )
    }

    /// The entity as the templates of a foreign view see it: nothing is joined or calculated.
    private func templatesOnly(_ missing: [Attribute]) -> Entity {
        var entity = entity
        let names = Set(missing.map(\.name))
        entity.attributes = entity.attributes.map { attribute in
            var attribute = attribute
            attribute.source = .none
            if !names.contains(attribute.name) { attribute.transformation = nil }
            return attribute
        }
        entity.sourceTable = viewName
        return entity
    }

    private mutating func inputs(
        of template: Template,
        _ attribute: Attribute,
        _ resolver: TemplateResolver,
        _ attributeColumns: [String: String],
        _ columns: inout [ViewColumn]
    ) -> [TemplateInput] {
        var inputs: [TemplateInput] = []
        for case .placeholder(let placeholder) in template.parts {
            do {
                var plain = attribute
                plain.source = .none
                switch try resolver.resolve(placeholder, lookup: template.lookup, of: plain) {
                case .attribute(let other): inputs.append(.attribute(other.name))
                case .column(let column):
                    inputs.append(.column(column.name))
                    if !columns.contains(where: { $0.name == column.name }) {
                        columns.append(viewColumn(column, .input(sourceColumn: column.name)))
                    }
                case .own: continue
                }
            } catch {
                problems.append(
                    ContractProblem(
                        severity: .error,
                        path: attribute.path,
                        message: error.message,
                        hint: error.hint
                    )
                )
            }
        }
        return inputs
    }

    /// By `chunk_key`, or the primary key if `view` names a table.
    private mutating func chunkKey(
        _ table: CatalogTable,
        _ columns: inout [ViewColumn]
    ) -> [ChunkKeyColumn] {
        var key: [CatalogColumn] = []
        for (index, name) in entity.chunkKey.enumerated() {
            guard let column = table.column(name) else {
                report(
                    ".chunk_key[\(index)]",
                    "\(viewName) has no column \(name)",
                    NameHint.nearest(name, among: table.columns.map(\.name))
                )
                continue
            }
            key.append(column)
        }
        if entity.chunkKey.isEmpty { key = table.primaryKey.compactMap { table.column($0) } }
        var chunkKey: [ChunkKeyColumn] = []
        for column in key {
            guard let kind = column.chunkKind else { break }
            chunkKey.append(ChunkKeyColumn(column, kind: kind))
            if !columns.contains(where: { $0.name == column.name }) {
                columns.append(viewColumn(column, .key))
            }
        }
        return chunkKey
    }

    private func viewColumn(_ column: CatalogColumn, _ role: ViewColumn.Role) -> ViewColumn {
        ViewColumn(
            name: column.name,
            role: role,
            source: column,
            isFloat: column.columnClass == .float
        )
    }

    private mutating func report(_ place: String, _ message: String, _ hint: String?) {
        problems.append(
            ContractProblem(
                severity: .error,
                path: entity.path + place,
                message: message,
                hint: hint
            )
        )
    }
}
