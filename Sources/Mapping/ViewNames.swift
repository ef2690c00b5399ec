public import Contract

/// The names of the views that Unglue makes.
public enum ViewNames {
    /// `ddb_Products_view`: the table's one entity, or the union of all of them.
    public static func view(of table: Table) -> String {
        SQLName.valid("ddb_\(table.name)_view")
    }

    /// `ddb_Users_ORDER_view` in a multi-entity table, else `ddb_Products_view`.
    public static func view(of entity: Entity, table: Table) -> String {
        guard table.isMultiEntity, let type = entity.entityType else { return view(of: table) }
        return SQLName.valid("ddb_\(table.name)_\(type)_view")
    }

    /// An error for each view whose name another view has already, so that one would replace the
    /// other; and for each that would replace a view that the contract reads.
    static func collisions(in contract: Contract, ignoringCase: Bool) -> [ContractProblem] {
        func key(_ name: String) -> String { ignoringCase ? name.lowercased() : name }
        var owners: [String: String] = [:]
        for entity in contract.tables.flatMap(\.entities) {
            if let view = entity.view { owners[key(view)] = entity.path + ".view" }
        }
        var problems: [ContractProblem] = []
        func claim(_ name: String, _ path: String) {
            guard let owner = owners[key(name)] else {
                owners[key(name)] = path
                return
            }
            problems.append(
                ContractProblem(
                    severity: .error,
                    path: path,
                    message: "its view would be named \(name), as that of \(owner) is already",
                    hint: "rename the table or the entity type"
                )
            )
        }
        for table in contract.tables {
            if table.isMultiEntity { claim(view(of: table), table.path) }
            for entity in table.entities where entity.view == nil {
                claim(view(of: entity, table: table), entity.path)
            }
        }
        return problems
    }
}
