/// Finds the attributes that are the keys of a table and its indexes, makes those that only a
/// template or a composite name gives, and types them.
struct KeyResolver {
    struct Keys {
        var partitionKey: KeyAttribute
        var sortKey: KeyAttribute?
        var indexes: [SecondaryIndex]
    }

    private let reader: ObjectReader
    private let indexes: [IndexDraft]
    private(set) var entities: [EntityDraft]
    private var findings: Findings { reader.findings }

    init(reader: ObjectReader, entities: [EntityDraft], indexes: [IndexDraft]) {
        self.reader = reader
        self.entities = entities
        self.indexes = indexes
    }

    /// The typed keys; nil if one is wrong or cannot be found.
    mutating func resolve() -> Keys? {
        let partition = tableKey(
            "pk",
            template: \.partitionTemplate,
            fallback: "PK",
            missing: "name the attribute that is the partition key, or give every entity a"
                + " \"pk_template\""
        )
        let sort = sortKey()
        if let partition, partition == sort {
            findings.error(
                reader.place("sk"),
                "the sort key is the partition key",
                hint: "name another attribute, or leave \"sk\" out"
            )
        }
        if let partition { addTableKey(partition, "pk", \.partitionTemplate, "pk_template") }
        if let sort { addTableKey(sort, "sk", \.sortTemplate, "sk_template") }
        for index in indexes {
            addIndexKey(index.partitionKey, index.partitionKeyPlace)
            if let sortKey = index.sortKey { addIndexKey(sortKey, index.sortKeyPlace) }
        }
        checkProjectedNames()
        let partitionKey = partition.flatMap { typed($0, of: "the table", isTable: true) }
        let sortKey = sort.flatMap { typed($0, of: "the table", isTable: true) }
        let typedIndexes = indexes.compactMap(typed)
        guard let partitionKey, (sort == nil) == (sortKey == nil),
            typedIndexes.count == indexes.count
        else { return nil }
        return Keys(
            partitionKey: partitionKey,
            sortKey: sortKey,
            indexes: typedIndexes.map { without(keys: [partitionKey, sortKey], $0) }
        )
    }

    // MARK: Names

    private func sortKey() -> String? {
        if reader.has("sk"), reader["sk"] == nil {
            for entity in entities {
                guard let template = entity.sortTemplate else { continue }
                findings.warning(
                    template.place,
                    "has no effect, since \"sk\" of the table is null",
                    hint: "leave \"sk\" out to have the sort key SK made from the template"
                )
            }
            return nil
        }
        if reader["sk"] == nil, !entities.contains(where: { $0.sortTemplate != nil }) { return nil }
        return tableKey("sk", template: \.sortTemplate, fallback: "SK", missing: "")
    }

    /// The name of a table's key: the given one, else the fallback if an entity has a template.
    private func tableKey(
        _ key: String,
        template: KeyPath<EntityDraft, KeyTemplate?>,
        fallback: String,
        missing hint: String
    ) -> String? {
        if reader[key] != nil { return KeyName.optional(key, reader) }
        if entities.contains(where: { $0[keyPath: template] != nil }) { return fallback }
        reader.reportMissing(key, hint)
        return nil
    }

    // MARK: Making attributes

    /// Sees that every entity has the key's attribute.
    private mutating func addTableKey(
        _ name: String,
        _ key: String,
        _ template: KeyPath<EntityDraft, KeyTemplate?>,
        _ templateKey: String
    ) {
        for index in entities.indices where entities[index].attribute(name) == nil {
            let entity = entities[index]
            if let given = entity[keyPath: template] {
                entities[index].attributes.append(made(name, given.template, given.place, entity))
            } else if let composite = Template.composite(name) {
                entities[index].attributes.append(
                    made(name, composite, reader.place(key), entity)
                )
            } else if entity.isComplete {
                let near = NearestName.find(name, among: entity.attributes.map(\.name))
                let nearHint = near.map { "; its \(Quoted.text($0)) is near" } ?? ""
                findings.error(
                    entity.place,
                    "\(entity.label) has no attribute \(Quoted.text(name)), though it is a key of the"
                        + " table\(nearHint)",
                    hint: "add the attribute, or a \"\(templateKey)\""
                )
            }
        }
    }

    /// Makes an index's composite key where the entity has its parts.
    ///
    /// In a single-entity table they may be columns too; of several entities it would be a guess
    /// which of them has the columns.
    private mutating func addIndexKey(_ name: String, _ place: Place) {
        guard let composite = Template.composite(name) else { return }
        for index in entities.indices where entities[index].attribute(name) == nil {
            let entity = entities[index]
            let hasParts = composite.placeholders.allSatisfy { entity.attribute($0) != nil }
            if hasParts || entity.entityType == nil {
                entities[index].attributes.append(made(name, composite, place, entity))
            }
        }
    }

    private func made(
        _ name: String,
        _ template: Template?,
        _ place: Place,
        _ entity: EntityDraft
    ) -> AttributeDraft {
        let attribute = template.map { template in
            Attribute(
                name: name,
                type: .string,
                source: .none,
                transformation: .template(template),
                nullPolicy: entity.context.nullPolicy,
                emptyPolicy: entity.context.emptyPolicy,
                path: place.path
            )
        }
        return AttributeDraft(
            name: name,
            type: .string,
            attribute: attribute,
            place: place,
            typePlace: place,
            calculationPlace: place
        )
    }

    // MARK: Types

    /// The key with its type; nil if it has none, or several.
    private func typed(_ name: String, of owner: String, isTable: Bool) -> KeyAttribute? {
        var found: (type: AttributeType, entity: EntityDraft)?
        for entity in entities {
            guard let attribute = entity.attribute(name), let type = attribute.type else {
                continue
            }
            guard [.string, .number, .binary].contains(type) else {
                findings.error(
                    attribute.typePlace,
                    "\(Quoted.text(name)) is a key of \(owner) and of type \(type.rawValue)",
                    hint: "a key is of type S, N or B"
                )
                return nil
            }
            if isTable, let refusal = emptyRefusal(attribute) {
                findings.error(attribute.place, refusal)
            }
            guard let first = found else {
                found = (type, entity)
                continue
            }
            if first.type != type {
                findings.error(
                    attribute.typePlace,
                    "\(Quoted.text(name)) is a key of \(owner) and of type \(type.rawValue) here, but"
                        + " of type \(first.type.rawValue) in \(first.entity.label)",
                    hint: "give it one type in all entities"
                )
                return nil
            }
        }
        return found.map { KeyAttribute(name: name, type: $0.type) }
    }

    /// A constant that is empty cannot be a table's key.
    private func emptyRefusal(_ attribute: AttributeDraft) -> SyntaxRefusal? {
        guard case .constant("")? = attribute.attribute?.transformation else { return nil }
        return SyntaxRefusal(
            "\(Quoted.text(attribute.name)) is a key of the table and always empty",
            hint: "give it a value"
        )
    }

    private func typed(_ index: IndexDraft) -> SecondaryIndex? {
        let owner = "the index \(Quoted.text(index.name))"
        checkExists(index.partitionKey, index.partitionKeyPlace)
        let partitionKey = typed(index.partitionKey, of: owner, isTable: false)
        var sortKey: KeyAttribute?
        if let name = index.sortKey {
            checkExists(name, index.sortKeyPlace)
            sortKey = typed(name, of: owner, isTable: false)
        }
        guard let partitionKey, (index.sortKey == nil) == (sortKey == nil) else { return nil }
        return SecondaryIndex(
            name: index.name,
            partitionKey: partitionKey,
            sortKey: sortKey,
            projection: index.projection,
            capacity: index.capacity.provisioned,
            path: index.place.path
        )
    }

    /// An index's key may be absent in some entities, but not in all.
    private func checkExists(_ name: String, _ place: Place) {
        guard !entities.contains(where: { $0.attribute(name) != nil || !$0.isComplete }) else {
            return
        }
        let names = entities.flatMap { $0.attributes.map(\.name) }
        let near = NearestName.find(name, among: names)
        let message =
            entities.first?.entityType == nil
            ? "the table has no attribute \(Quoted.text(name))"
            : "no entity has an attribute \(Quoted.text(name))"
        findings.error(
            place,
            message,
            hint: near.map { "did you mean \(Quoted.text($0))?" } ?? "add the attribute"
        )
    }

    // MARK: Projections

    private func checkProjectedNames() {
        guard entities.allSatisfy(\.isComplete) else { return }
        let names = Set(entities.flatMap { $0.attributes.map(\.name) })
        for index in indexes {
            guard case .include(let projected) = index.projection else { continue }
            for name in projected where !names.contains(name) {
                findings.warning(
                    index.projectedPlace,
                    "\(Quoted.text(name)) is no attribute of the table",
                    hint: NearestName.find(name, among: names.sorted()).map {
                        "did you mean \(Quoted.text($0))?"
                    }
                )
            }
        }
    }

    /// Keys are in every projection; DynamoDB wants only other attributes listed.
    private func without(keys: [KeyAttribute?], _ index: SecondaryIndex) -> SecondaryIndex {
        guard case .include(let names) = index.projection else { return index }
        let keyNames = (keys + [index.partitionKey, index.sortKey]).compactMap { $0?.name }
        let others = names.filter { !keyNames.contains($0) }
        var index = index
        index.projection = others.isEmpty ? .keysOnly : .include(others)
        return index
    }
}
