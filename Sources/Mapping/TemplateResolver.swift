internal import Contract

/// What the placeholders of an entity's templates mean.
struct TemplateResolver {
    enum Meaning {
        /// The attribute's own joined or calculated value.
        case own
        /// A column of the source table.
        case column(CatalogColumn)
        /// Another attribute's final value.
        case attribute(Attribute)
    }

    let entity: Entity
    let table: CatalogTable

    func resolve(
        _ placeholder: String,
        lookup: Template.Lookup,
        of attribute: Attribute
    ) throws(FragmentProblem) -> Meaning {
        if isOwnValue(placeholder, of: attribute) { return .own }
        let column = column(placeholder)
        let other = entity.attributes.first {
            $0.name == placeholder && $0.name != attribute.name
        }
        switch (lookup, column, other) {
        case (.columnFirst, let column?, _), (.attributeFirst, let column?, nil):
            return .column(column)
        case (_, _, let other?): return .attribute(other)
        case (_, nil, nil):
            let known =
                table.columns.map(\.name)
                + entity.attributes.map(\.name).filter { $0 != attribute.name }
            throw FragmentProblem(
                "{\(placeholder)} is neither a column of \(table.name) nor an attribute",
                hint: NameHint.nearest(placeholder, among: known)
            )
        }
    }

    /// In a template behind a join or a calculation, its own name or the selected column's stands for
    /// the joined value.
    private func isOwnValue(_ placeholder: String, of attribute: Attribute) -> Bool {
        switch attribute.source {
        case .column, .none: return false
        case .calculation: return placeholder == attribute.name
        case .join(let join):
            if placeholder == attribute.name { return true }
            let select: SQLFragment
            switch join {
            case .toOne(let toOne): select = toOne.select
            case .chain(let chain):
                guard let last = chain.hops.last else { return false }
                select = last.select
            case .conditional, .jsonConstruction: return false
            }
            guard select.tokens.count == 1 else { return false }
            switch select.tokens[0] {
            case .word(let word): return placeholder == word
            case .qualified(let qualifier, let name):
                return placeholder == name || placeholder == "\(qualifier).\(name)"
            case .string, .number, .symbol: return false
            }
        }
    }

    /// A column of the source, with or without the table's name before it.
    private func column(_ placeholder: String) -> CatalogColumn? {
        if let column = table.column(placeholder) { return column }
        let prefix = entity.sourceTable + "."
        guard placeholder.hasPrefix(prefix) else { return nil }
        return table.column(String(placeholder.dropFirst(prefix.count)))
    }

    /// An error for each template that in the end needs its own value.
    func circles() -> [ContractProblem] {
        var problems: [ContractProblem] = []
        for attribute in entity.attributes {
            var path = [attribute.name]
            var visited: Set<String> = []
            if reaches(attribute.name, from: attribute, path: &path, visited: &visited) {
                problems.append(
                    ContractProblem(
                        severity: .error,
                        path: attribute.path,
                        message: "the templates go in a circle: "
                            + (path + [attribute.name]).joined(separator: " needs "),
                        hint: "name columns of \(table.name) instead"
                    )
                )
            }
        }
        return problems
    }

    private func reaches(
        _ name: String,
        from attribute: Attribute,
        path: inout [String],
        visited: inout Set<String>
    ) -> Bool {
        for next in attributes(of: attribute) {
            if next.name == name { return true }
            guard visited.insert(next.name).inserted else { continue }
            path.append(next.name)
            if reaches(name, from: next, path: &path, visited: &visited) { return true }
            path.removeLast()
        }
        return false
    }

    /// The attributes that the attribute's template names.
    private func attributes(of attribute: Attribute) -> [Attribute] {
        guard case .template(let template)? = attribute.transformation else { return [] }
        return template.parts.compactMap { part in
            guard case .placeholder(let placeholder) = part,
                case .attribute(let other)? = try? resolve(
                    placeholder,
                    lookup: template.lookup,
                    of: attribute
                )
            else { return nil }
            return other
        }
    }

    /// Templates within templates are shown down to here: their text could grow without bound.
    private static let displayDepthMax = 3

    /// The attribute as SQL, for people who look at the view; nil where only the mapper can make it.
    func displaySQL(
        of attribute: Attribute,
        alias: String,
        values: [String: EntityViewBuilder.Value],
        depth: Int = 0
    ) -> String? {
        switch attribute.transformation {
        case .constant(let text)?: return SQLText.literal(text)
        case .date?, .number?, .jsonParse?: return nil
        case nil: return values[attribute.name]?.sql
        case .template(let template)?:
            guard depth < Self.displayDepthMax else { return nil }
            let parts = template.parts.map { part -> String? in
                switch part {
                case .text(let text): return SQLText.literal(text)
                case .placeholder(let placeholder):
                    let meaning = try? resolve(
                        placeholder,
                        lookup: template.lookup,
                        of: attribute
                    )
                    switch meaning {
                    case .own?: return values[attribute.name]?.sql
                    case .column(let column)?: return SQLText.column(column.name, of: alias)
                    case .attribute(let other)?:
                        return displaySQL(of: other, alias: alias, values: values, depth: depth + 1)
                    case nil: return nil
                    }
                }
            }
            let known = parts.compactMap(\.self)
            guard known.count == parts.count else { return nil }
            switch known.count {
            case 0: return "''"
            case 1: return known[0]
            default: return "CONCAT(\(known.joined(separator: ", ")))"
            }
        }
    }
}
