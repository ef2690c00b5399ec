internal import Contract

/// Builds the view of one entity.
///
/// It goes through the attributes once, collects every problem, and gives a view only if there was
/// no error.
struct EntityViewBuilder {
    /// The most tables that both servers join in one SELECT.
    /// https://dev.mysql.com/doc/refman/8.4/en/join.html
    static let joinedTablesMax = 61

    /// A value of the view: an SQL expression and what is known of it.
    struct Value {
        var sql: String
        /// The column that the value is, where it is one column and nothing else.
        var column: CatalogColumn?
        var json: JSONMembers?
        var isFloat = false
        /// Of an array: how its child rows are read by themselves; nil where they cannot be.
        var parted: PartedArray?

        init(_ sql: String) {
            self.sql = sql
        }

        init(_ written: WrittenFragment, isOptional: Bool) {
            sql = written.sql
            column = written.column?.column
            if isOptional { column?.isNullable = true }
            isFloat = column?.columnClass == .float
        }
    }

    let catalog: Catalog
    let contractTables: Set<String>
    let entity: Entity
    let source: ScopeRow
    let viewName: String

    var from: FromClause
    var problems: [ContractProblem] = []
    /// By attribute name.
    var values: [String: Value] = [:]
    private var names = ViewColumnNames()
    /// The SQL of each of `columns`.
    private var selectList: [String] = []
    private var columns: [ViewColumn] = []
    private var attributeColumns: [String: String] = [:]
    private var templates: [String: [TemplateInput]] = [:]

    init(
        catalog: Catalog,
        contractTables: Set<String>,
        entity: Entity,
        sourceTable: CatalogTable,
        viewName: String
    ) {
        self.catalog = catalog
        self.contractTables = contractTables
        self.entity = entity
        self.viewName = viewName
        source = ScopeRow(alias: "s", table: sourceTable, name: entity.sourceTable)
        from = FromClause(source: source)
    }

    mutating func build() -> EntityView? {
        for attribute in entity.attributes {
            values[attribute.name] = value(of: attribute)
        }
        let resolver = TemplateResolver(entity: entity, table: source.table)
        problems += resolver.circles()
        for attribute in entity.attributes {
            if values[attribute.name] == nil {
                addDisplay(of: attribute, with: resolver)
            } else {
                addColumn(of: attribute)
            }
        }
        for attribute in entity.attributes {
            resolveTemplate(of: attribute, with: resolver)
        }
        let (chunkKey, rowKey) = addKeys()
        if from.tableCount > Self.joinedTablesMax {
            report(
                .error,
                "",
                "the view joins \(from.tableCount) tables; the server joins at most 61",
                hint: "divide the entity, or read it from a view of your own through \"view\""
            )
        }
        guard !problems.contains(where: { $0.severity == .error }) else { return nil }
        return EntityView(
            name: viewName,
            selectSQL: Self.select(zip(selectList, columns), from),
            columns: columns,
            chunkKey: chunkKey,
            rowKey: rowKey,
            sourceTable: source.table.name,
            templates: templates,
            attributeColumns: attributeColumns.filter { $0.key != $0.value },
            childReading: childReading(chunkKey)
        )
    }

    private static func select(
        _ list: some Sequence<(String, ViewColumn)>,
        _ from: FromClause
    ) -> String {
        let terms = list.map { "\($0) AS \(SQLText.identifier($1.name))" }
        return "SELECT\n    " + terms.joined(separator: ",\n    ") + "\n" + from.sql
    }

    /// How the entity is read with the child rows of its arrays by themselves; nil where it has no
    /// such array.
    private func childReading(_ chunkKey: [ChunkKeyColumn]) -> ChildReading? {
        guard chunkKey.count == 1, case .integer = chunkKey[0].kind, !chunkKey[0].isNullable else {
            return nil
        }
        var candidates: [String: PartedArray] = [:]
        for (name, value) in values {
            guard let parted = value.parted, let column = attributeColumns[name],
                parted.sourceColumn == chunkKey[0].sourceColumn
            else { continue }
            candidates[column] = parted
        }
        let rest = from.without(
            Set(
                zip(selectList, columns).compactMap { sql, column in
                    candidates[column.name] == nil ? nil : sql
                }
            )
        )
        var arrays: [ChildArray] = []
        var list: [(String, ViewColumn)] = []
        for (sql, column) in zip(selectList, columns) where column.role != .display {
            // What an aggregate is made of in the same pass costs nothing more.
            guard var array = candidates[column.name]?.array, !rest.gives(sql) else {
                list.append((sql, column))
                continue
            }
            array.column = column.name
            arrays.append(array)
            list.append(("''", column))
        }
        guard !arrays.isEmpty else { return nil }
        return ChildReading(selectSQL: Self.select(list, rest), key: chunkKey[0], arrays: arrays)
    }

    // MARK: Columns of the view

    private mutating func addColumn(of attribute: Attribute) {
        guard let value = values[attribute.name] else { return }
        let name = names.take(attribute.name)
        attributeColumns[attribute.name] = name
        add(
            ViewColumn(
                name: name,
                role: .attribute,
                source: value.column,
                json: value.json,
                isFloat: value.isFloat
            ),
            value.sql
        )
    }

    private mutating func add(_ column: ViewColumn, _ sql: String) {
        columns.append(column)
        selectList.append(sql)
    }

    /// The view column with the untouched value of a source column: an attribute's, if there is one.
    private mutating func inputColumn(_ column: CatalogColumn) -> String {
        let plain = entity.attributes.first { attribute in
            guard case .column(let name) = attribute.source, values[attribute.name] != nil else {
                return false
            }
            return source.table.column(name)?.name == column.name
        }
        if let plain, let name = attributeColumns[plain.name] { return name }
        let role = ViewColumn.Role.input(sourceColumn: column.name)
        if let existing = columns.first(where: { $0.role == role }) { return existing.name }
        let name = names.take("_src_" + column.name)
        add(
            ViewColumn(
                name: name,
                role: role,
                source: column,
                isFloat: column.columnClass == .float
            ),
            SQLText.column(column.name, of: source.alias)
        )
        return name
    }

    private mutating func resolveTemplate(of attribute: Attribute, with resolver: TemplateResolver)
    {
        guard case .template(let template)? = attribute.transformation else { return }
        var inputs: [TemplateInput] = []
        for case .placeholder(let placeholder) in template.parts {
            do {
                switch try resolver.resolve(placeholder, lookup: template.lookup, of: attribute) {
                case .own:
                    inputs.append(.column(attributeColumns[attribute.name] ?? attribute.name))
                case .column(let column): inputs.append(.column(inputColumn(column)))
                case .attribute(let other): inputs.append(.attribute(other.name))
                }
            } catch {
                report(.error, attribute.path, error)
            }
        }
        templates[attribute.name] = inputs
    }

    /// Shows people what the mapper will make, as far as SQL can say it.
    private mutating func addDisplay(of attribute: Attribute, with resolver: TemplateResolver) {
        guard let sql = resolver.displaySQL(of: attribute, alias: source.alias, values: values)
        else {
            return
        }
        add(ViewColumn(name: names.take(attribute.name), role: .display), sql)
    }

    /// Adds the bare key columns, and says by which of them the entity can be cut into chunks, and
    /// by which a row is found again.
    private mutating func addKeys() -> (chunk: [ChunkKeyColumn], row: [ChunkKeyColumn]) {
        var key: [CatalogColumn] = []
        for (index, name) in entity.chunkKey.enumerated() {
            guard let column = source.table.column(name) else {
                report(
                    .error,
                    "chunk_key[\(index)]",
                    "\(source.table.name) has no column \(name)",
                    hint: NameHint.nearest(name, among: source.table.columns.map(\.name))
                )
                continue
            }
            key.append(column)
        }
        let primaryKey = source.table.primaryKey.compactMap { source.table.column($0) }
        if key.isEmpty { key = primaryKey }
        var viewNames: [String: String] = [:]
        for column in key + primaryKey where viewNames[column.name] == nil {
            let name = names.take("_key_" + column.name)
            viewNames[column.name] = name
            add(
                ViewColumn(
                    name: name,
                    role: .key,
                    source: column,
                    isFloat: column.columnClass == .float
                ),
                SQLText.column(column.name, of: source.alias)
            )
        }
        let chunkKey = Self.keyColumns(key, viewNames) { $0.chunkKind }
        let rowKey = Self.keyColumns(primaryKey, viewNames) { $0.rowKeyKind }
        // A part of the primary key alone may be that of many rows.
        let isWhole = !rowKey.isEmpty && rowKey.count == primaryKey.count
        return (chunkKey, isWhole ? rowKey : chunkKey)
    }

    /// The columns up to the first by which the server cannot be asked.
    private static func keyColumns(
        _ key: [CatalogColumn],
        _ viewNames: [String: String],
        _ kind: (CatalogColumn) -> ChunkKeyColumn.Kind?
    ) -> [ChunkKeyColumn] {
        var columns: [ChunkKeyColumn] = []
        for column in key {
            guard let kind = kind(column), let name = viewNames[column.name] else { break }
            columns.append(ChunkKeyColumn(column, as: name, kind: kind))
        }
        return columns
    }

    // MARK: Problems

    /// Reports at a place within the entity; an empty place is the entity itself.
    mutating func report(
        _ severity: ContractProblem.Severity,
        _ place: String,
        _ message: String,
        hint: String? = nil
    ) {
        let path = place.isEmpty ? entity.path : "\(entity.path).\(place)"
        problems.append(
            ContractProblem(severity: severity, path: path, message: message, hint: hint)
        )
    }

    /// Reports at a path of the contract.
    mutating func report(
        _ severity: ContractProblem.Severity,
        _ path: String,
        _ problem: FragmentProblem
    ) {
        problems.append(
            ContractProblem(
                severity: severity,
                path: path,
                message: problem.message,
                hint: problem.hint
            )
        )
    }

    /// The table of this name; nil, with a report, if the database has none.
    mutating func table(_ name: String, path: String) -> CatalogTable? {
        if let table = catalog.table(name) { return table }
        report(
            .error,
            path,
            FragmentProblem(
                "the database \(catalog.database) has no table \(name)",
                hint: NameHint.nearest(name, among: catalog.knownTableNames)
            )
        )
        return nil
    }

    /// The fragment in a scope; nil, with a report, if it cannot be used.
    mutating func write(
        _ fragment: SQLFragment,
        in scope: FragmentScope,
        path: String
    ) -> WrittenFragment? {
        do {
            return try FragmentWriter.write(fragment, in: scope, server: catalog.server)
        } catch {
            report(.error, path, error)
            return nil
        }
    }

    func scope(
        _ home: FragmentScope.Home,
        joined: ScopeRow? = nil,
        hops: [ScopeRow] = []
    ) -> FragmentScope {
        FragmentScope(
            source: source,
            hops: hops,
            joined: joined,
            home: home,
            contractTables: contractTables
        )
    }
}
