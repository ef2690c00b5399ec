internal import Contract

/// The union of a table's entities, for people to look at; the engine reads the entity views.
struct UnionView {
    let table: Table
    let entities: [EntityView]

    /// One column an attribute, in the order in which they first occur; NULL where an entity has
    /// none of the name.
    ///
    /// `_entity` says of which entity a row is.
    var selectSQL: String {
        let shown = entities.map { view in view.columns.filter(isShown) }
        var names: [String] = []
        var seen: Set<String> = []
        for column in shown.joined() where seen.insert(column.name.lowercased()).inserted {
            names.append(column.name)
        }
        let mixed = Set(names.filter { isMixed($0, shown) })
        let selects = zip(entities, shown).enumerated().map { index, entity in
            let (view, columns) = entity
            var list = ["\(SQLText.literal(entityType(index))) AS `_entity`"]
            for name in names {
                let column = columns.first { $0.name.lowercased() == name.lowercased() }
                var sql = "NULL"
                if let column {
                    sql = SQLText.identifier(column.name)
                    if mixed.contains(name) { sql = "CONVERT(\(sql) USING utf8mb4)" }
                }
                list.append("\(sql) AS \(SQLText.identifier(name))")
            }
            return "SELECT\n    " + list.joined(separator: ",\n    ")
                + "\nFROM \(SQLText.identifier(view.name))"
        }
        return selects.joined(separator: "\nUNION ALL\n")
    }

    private func entityType(_ index: Int) -> String {
        let view = entities[index].name
        let entity = table.entities.first {
            $0.view == view || ($0.view == nil && ViewNames.view(of: $0, table: table) == view)
        }
        return entity?.entityType ?? ""
    }

    private func isShown(_ column: ViewColumn) -> Bool {
        switch column.role {
        case .attribute, .display: true
        case .input, .key: false
        }
    }

    /// Whether the entities' columns of this name are of different types: then the union needs one
    /// type and one collation, which is text.
    private func isMixed(_ name: String, _ shown: [[ViewColumn]]) -> Bool {
        let columns = shown.joined().filter { $0.name.lowercased() == name.lowercased() }
        guard let first = columns.first?.source else { return true }
        return columns.contains { column in
            guard let source = column.source else { return true }
            return source.columnType != first.columnType || source.collation != first.collation
        }
    }
}
