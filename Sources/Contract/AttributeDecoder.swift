/// What the attributes of one entity have in common.
struct EntityContext {
    /// nil if it is wrong.
    var sourceTable: String?
    /// Whether the entity reads an existing view, whose columns are named like the attributes.
    var hasView: Bool
    var nullPolicy: NullPolicy
    var emptyPolicy: EmptyPolicy
}

/// An attribute as far as it could be read.
struct AttributeDraft {
    var name: String
    /// nil if it is wrong.
    var type: AttributeType?
    /// nil if anything in it is wrong.
    var attribute: Attribute?
    var place: Place
    var typePlace: Place
    var calculationPlace: Place
}

/// Reads one attribute.
struct AttributeDecoder {
    static let keys = [
        "name", "type", "source_table", "source_column", "join", "calculation", "transformation",
        "null", "empty", "denormalized", "justification", "satisfies",
    ]

    private static let owners: [String: String] = [
        "target_table": "the attribute's \"join\"", "join_condition": "the attribute's \"join\"",
        "select_column": "the attribute's \"join\"", "format": "the attribute's \"transformation\"",
        "value": "a transformation of type \"static\"",
    ]

    private let reader: ObjectReader
    private let context: EntityContext
    private var findings: Findings { reader.findings }

    init?(_ value: JSONValue, at place: Place, _ context: EntityContext, _ findings: Findings) {
        guard let reader = ObjectReader(value, at: place, "an attribute", findings) else {
            return nil
        }
        self.reader = reader
        self.context = context
    }

    /// The attribute; nil where not even its name can be read.
    func decode() -> AttributeDraft? {
        reader.checkKeys(Self.keys, elsewhere: Self.owners)
        let name = name()
        let type: AttributeType? = reader.requiredChoice("type", "a type of DynamoDB")
        let sourceTable = reader.identifier("source_table")
        let columns = reader.identifiers("source_column") ?? []
        let isSourceWrong =
            (reader["source_column"] != nil && columns.isEmpty)
            || (reader["source_table"] != nil && sourceTable == nil)
        let join = join(columns, type, sourceTable)
        let calculation = calculation(columns)
        let transformation = transformation(type)
        let nullPolicy = policy("null", "a policy for null", context.nullPolicy)
        let emptyPolicy = policy("empty", "a policy for empty values", context.emptyPolicy)
        guard let name else { return nil }
        var draft = AttributeDraft(
            name: name,
            type: type,
            attribute: nil,
            place: reader.place,
            typePlace: reader.place("type"),
            calculationPlace: reader.place("calculation")
        )
        guard let type, !isSourceWrong, !(reader["join"] != nil && join == nil),
            !(reader["calculation"] != nil && calculation == nil),
            !(reader["transformation"] != nil && transformation == nil),
            let nullPolicy, let emptyPolicy
        else { return draft }
        let parts = Parts(
            name: name,
            type: type,
            columns: columns,
            join: join,
            calculation: calculation,
            transformation: transformation
        )
        guard let source = source(parts), checkTable(sourceTable, source, transformation),
            checkTypes(parts, source)
        else { return draft }
        draft.attribute = Attribute(
            name: name,
            type: type,
            source: source,
            transformation: resolved(parts, source),
            nullPolicy: nullPolicy,
            emptyPolicy: emptyPolicy,
            path: reader.place.path
        )
        return draft
    }

    private struct Parts {
        var name: String
        var type: AttributeType
        var columns: [String]
        var join: Join?
        var calculation: Calculation?
        var transformation: Transformation?
    }

    // MARK: The members

    private func name() -> String? {
        guard let name = reader.requiredString("name", "name the DynamoDB attribute") else {
            return nil
        }
        if let refusal = Identifier.attributeRefusal(name) {
            findings.error(reader.place("name"), refusal)
            return nil
        }
        return name
    }

    private func join(_ columns: [String], _ type: AttributeType?, _ table: String?) -> Join? {
        guard let value = reader["join"],
            let body = ObjectReader(value, at: reader.place("join"), "a join", findings)
        else { return nil }
        // A column of another table says nothing about the source's foreign keys.
        let isOwn = table == nil || table == context.sourceTable
        return JoinDecoder(
            reader: body,
            sourceColumn: isOwn && columns.count == 1 ? columns[0] : nil,
            type: type
        ).decode()
    }

    private func calculation(_ columns: [String]) -> Calculation? {
        guard let value = reader["calculation"],
            let body = ObjectReader(
                value,
                at: reader.place("calculation"),
                "a calculation",
                findings
            )
        else { return nil }
        return CalculationDecoder(
            reader: body,
            sourceTable: context.sourceTable,
            sourceColumns: columns
        ).decode()
    }

    private func transformation(_ type: AttributeType?) -> Transformation? {
        guard let value = reader["transformation"],
            let body = ObjectReader(
                value,
                at: reader.place("transformation"),
                "a transformation",
                findings
            )
        else { return nil }
        return TransformationDecoder(reader: body, type: type).decode()
    }

    /// The attribute's own policy, else the inherited one; nil if it is wrong.
    private func policy<Policy: RawRepresentable & CaseIterable>(
        _ key: String,
        _ noun: String,
        _ inherited: Policy
    ) -> Policy? where Policy.RawValue == String {
        reader[key] == nil ? inherited : reader.choice(key, noun)
    }

    // MARK: Putting them together

    private func source(_ parts: Parts) -> AttributeSource? {
        if parts.join != nil, parts.calculation != nil {
            findings.error(
                reader.place("calculation"),
                "the attribute has both a join and a calculation",
                hint: "keep the one that gives the value"
            )
            return nil
        }
        if case .constant? = parts.transformation {
            guard parts.join == nil, parts.calculation == nil else {
                findings.error(
                    reader.place("transformation"),
                    "a static value leaves no use for the join or calculation beside it",
                    hint: "keep one of the two"
                )
                return nil
            }
            return AttributeSource.none
        }
        if let join = parts.join { return .join(join) }
        if let calculation = parts.calculation { return .calculation(calculation) }
        if case .template? = parts.transformation { return AttributeSource.none }
        if context.hasView { return .column(parts.name) }
        switch parts.columns.count {
        case 0:
            reader.reportMissing(
                "source_column",
                "name the MySQL column, or add a \"join\", a \"calculation\" or a \"transformation\""
                    + " of type \"string-format\" or \"static\""
            )
            return nil
        case 1: return .column(parts.columns[0])
        default:
            findings.error(
                reader.place("source_column"),
                "names \(parts.columns.count) columns for one value",
                hint: "name one, or join them with \"calculation\": {\"type\": \"concat\"}"
            )
            return nil
        }
    }

    /// Whether the attribute reads the entity's own source table, or has a join to reach another.
    private func checkTable(
        _ table: String?,
        _ source: AttributeSource,
        _ transformation: Transformation?
    ) -> Bool {
        guard let table, let own = context.sourceTable, table != own, !context.hasView else {
            return true
        }
        switch (source, transformation) {
        case (.join, _), (.calculation(.aggregate), _), (_, .constant?): return true
        default: break
        }
        if table.lowercased() == own.lowercased() {
            findings.error(
                reader.place("source_table"),
                "\(Quoted.text(table)) differs in case from the entity's source table",
                hint: "write \(Quoted.text(own))"
            )
        } else {
            findings.error(
                reader.place("source_table"),
                "\(Quoted.text(table)) is not the entity's source table \(Quoted.text(own))",
                hint: "add a \"join\" that says which row of \(Quoted.clipped(table)) is meant, or"
                    + " write \(Quoted.text(own))"
            )
        }
        return false
    }

    private func checkTypes(_ parts: Parts, _ source: AttributeSource) -> Bool {
        let typePlace = reader.place("type")
        if let transformation = parts.transformation {
            if let refusal = TypeRules.refusal(of: transformation, after: source) {
                findings.error(reader.place("transformation"), refusal)
                return false
            }
            if let refusal = TypeRules.refusal(of: parts.type, transformation: transformation) {
                findings.error(typePlace, refusal)
                return false
            }
            guard transformation == .jsonParse else { return true }
        }
        let refusal: SyntaxRefusal?
        switch source {
        case .join(let join): refusal = TypeRules.refusal(of: parts.type, join: join)
        case .calculation(let calculation):
            refusal = TypeRules.refusal(of: parts.type, calculation: calculation)
        case .column, .none: refusal = nil
        }
        if let refusal { findings.error(typePlace, refusal) }
        return refusal == nil
    }

    /// The transformation, with the placeholders of a template that mean the joined or calculated
    /// value written as the attribute's own name; see `Template`.
    private func resolved(_ parts: Parts, _ source: AttributeSource) -> Transformation? {
        guard case .template(var template)? = parts.transformation else {
            return parts.transformation
        }
        let selected: SQLFragment?
        switch source {
        case .join(let join): selected = join.selected
        case .calculation(.aggregate(let aggregate)): selected = aggregate.select
        case .calculation: selected = nil
        case .column, .none: return parts.transformation
        }
        // Columns are compared without case, as the server does.
        var columns: [String] = []
        if let column = selected?.bareColumn { columns.append(column.lowercased()) }
        if case .qualified(let table, let column)? = selected?.tokens.first,
            selected?.tokens.count == 1
        {
            columns.append("\(table).\(column)".lowercased())
        }
        var usesValue = false
        template.parts = template.parts.map { part in
            guard case .placeholder(let name) = part else { return part }
            guard name == parts.name || columns.contains(name.lowercased()) else { return part }
            usesValue = true
            return .placeholder(parts.name)
        }
        if !usesValue {
            findings.warning(
                reader.place("transformation"),
                "the template does not use the value of the attribute's join or calculation",
                hint: "write {\(Quoted.clipped(parts.name))} where the value belongs, or leave the"
                    + " join out"
            )
        }
        return .template(template)
    }
}

extension Join {
    /// What the join selects, where that is one expression.
    var selected: SQLFragment? {
        switch self {
        case .toOne(let join): return join.select
        case .conditional(let join):
            guard case .expression(let fragment) = join.select else { return nil }
            return fragment
        case .chain(let join): return join.separator == nil ? join.hops.last?.select : nil
        case .jsonConstruction: return nil
        }
    }
}
