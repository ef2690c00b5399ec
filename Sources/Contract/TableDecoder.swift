/// Reads one table: its own members, its entities and its indexes.
struct TableDecoder {
    private enum Kind: String, CaseIterable {
        case singleEntity = "single-entity"
        case multiEntity = "multi-entity"
    }

    private static let keys = [
        "table", "type", "source_table", "pk", "sk", "gsis", "entities", "attributes",
        "pk_template", "sk_template", "null", "empty", "version_attribute", "view", "chunk_key",
        "capacity", "tags", "satisfies", "estimated_item_size_bytes", "denormalized",
        "justification",
    ]

    private let reader: ObjectReader
    private var findings: Findings { reader.findings }

    init?(_ value: JSONValue, at place: Place, _ findings: Findings) {
        guard let reader = ObjectReader(value, at: place, "a table", findings) else { return nil }
        self.reader = reader
    }

    /// What is known of a table.
    struct Draft {
        /// nil if it is wrong.
        var name: String?
        var namePlace: Place
        /// nil if anything in it is wrong, all of which is then among the findings.
        var table: Table?
    }

    func decode(attributesLeft: inout Int) -> Draft {
        let name = name()
        var draft = Draft(name: name, namePlace: reader.place("table"), table: nil)
        draft.table = table(name, &attributesLeft)
        return draft
    }

    private func table(_ name: String?, _ attributesLeft: inout Int) -> Table? {
        reader.checkKeys(
            Self.keys,
            elsewhere: ["entity_type": "an entity of a multi-entity table"]
        )
        let kind = kind()
        let size = estimatedItemSize()
        let capacity = CapacityDecoder(reader: reader).decode()
        let tags = TagsDecoder(reader: reader).decode()
        let version = reader.string("version_attribute")
        let policies = InheritedPolicies(reader)
        guard let kind else { return nil }
        let entities =
            kind == .singleEntity
            ? single(policies, &attributesLeft) : several(policies, &attributesLeft)
        let indexes = indexes()
        checkCapacities(capacity, indexes)
        var resolver = KeyResolver(reader: reader, entities: entities, indexes: indexes)
        let keys = resolver.resolve()
        checkVersion(version, resolver.entities)
        guard let name, let keys else { return nil }
        return Table(
            name: name,
            isMultiEntity: kind == .multiEntity,
            partitionKey: keys.partitionKey,
            sortKey: keys.sortKey,
            indexes: keys.indexes,
            entities: resolver.entities.compactMap(finished),
            capacity: capacity.provisioned,
            tags: tags,
            versionAttribute: version,
            estimatedItemSize: size,
            path: reader.place.path
        )
    }

    private func finished(_ draft: EntityDraft) -> Entity? {
        let unread = draft.attributes.first { $0.attribute == nil }
        // What could not be read was reported where it was read; nothing is ever left out silently.
        if !findings.hasErrors, unread != nil || draft.sourceTable == nil {
            findings.error((unread?.place ?? draft.place), "could not be read")
        }
        guard let sourceTable = draft.sourceTable else { return nil }
        return Entity(
            entityType: draft.entityType,
            sourceTable: sourceTable,
            view: draft.view,
            chunkKey: draft.chunkKey,
            attributes: draft.attributes.compactMap(\.attribute),
            path: draft.place.path
        )
    }

    // MARK: The table's own members

    private func name() -> String? {
        guard let name = reader.requiredString("table", "name the DynamoDB table") else {
            return nil
        }
        if let refusal = Identifier.tableNameRefusal(name) {
            findings.error(reader.place("table"), refusal)
            return nil
        }
        return name
    }

    private func kind() -> Kind? {
        if reader["type"] != nil { return reader.choice("type", "a type of table") }
        switch (reader["entities"], reader["attributes"]) {
        case (.some, nil):
            return inferred(.multiEntity, because: "it has \"entities\"")
        case (nil, .some):
            return inferred(.singleEntity, because: "it has \"attributes\"")
        default:
            reader.reportMissing("type", "write \"single-entity\" or \"multi-entity\"")
            return nil
        }
    }

    private func inferred(_ kind: Kind, because reason: String) -> Kind {
        findings.warning(
            reader.place,
            "\"type\" is missing and taken as \"\(kind.rawValue)\", since \(reason)",
            hint: "write \"type\": \"\(kind.rawValue)\""
        )
        return kind
    }

    private func estimatedItemSize() -> Int? {
        guard let value = reader["estimated_item_size_bytes"] else { return nil }
        guard let number = value.double else {
            reader.reportKind("estimated_item_size_bytes", "a number of bytes")
            return nil
        }
        guard number >= 0, number <= 1e9 else {
            findings.error(
                reader.place("estimated_item_size_bytes"),
                "must be a number of bytes from 0 on",
                hint: "DynamoDB's items have at most 409600 bytes"
            )
            return nil
        }
        return Int(number)
    }

    private func checkVersion(_ name: String?, _ entities: [EntityDraft]) {
        guard let name else { return }
        let place = reader.place("version_attribute")
        for entity in entities {
            if let attribute = entity.attribute(name) {
                guard let type = attribute.type, type != .number, type != .string else { continue }
                findings.error(
                    place,
                    "\(Quoted.text(name)) is of type \(type.rawValue) in \(entity.label)",
                    hint: "versions are compared as numbers (N) or text (S)"
                )
            } else if entity.isComplete {
                let near = NearestName.find(name, among: entity.attributes.map(\.name))
                findings.error(
                    place,
                    "\(Quoted.text(name)) is no attribute of \(entity.label)",
                    hint: near.map { "did you mean \(Quoted.text($0))?" }
                        ?? "name an attribute that each entity has"
                )
            }
        }
    }

    // MARK: Entities

    private func single(
        _ policies: InheritedPolicies,
        _ attributesLeft: inout Int
    ) -> [EntityDraft] {
        if let entities = reader["entities"], entities != .array([]) {
            findings.error(
                reader.place("entities"),
                "a single-entity table has no entities",
                hint: "write \"type\": \"multi-entity\", or leave them out"
            )
        }
        let decoder = EntityDecoder(reader: reader, policies: policies)
        return [decoder.decode(isSingle: true, attributesLeft: &attributesLeft)]
    }

    private func several(
        _ policies: InheritedPolicies,
        _ attributesLeft: inout Int
    ) -> [EntityDraft] {
        if let attributes = reader["attributes"], attributes != .array([]) {
            findings.warning(
                reader.place("attributes"),
                "has no effect in a multi-entity table, whose entities have attributes of their own",
                hint: "leave it out, or move them into the entities"
            )
        }
        for key in ["view", "chunk_key", "pk_template", "sk_template"] where reader[key] != nil {
            findings.error(
                reader.place(key),
                "\"\(key)\" belongs to the entities of a multi-entity table",
                hint: "move it into each entity that it is meant for"
            )
        }
        guard reader["entities"] != nil else {
            reader.reportMissing("entities", "an array of the entities")
            return []
        }
        guard let elements = reader.elements("entities", countMax: ContractLimits.entitiesMax)
        else { return [] }
        if elements.isEmpty {
            findings.error(reader.place("entities"), "must not be empty", hint: "write an entity")
        }
        var drafts: [EntityDraft] = []
        for (value, place) in elements {
            guard let entity = ObjectReader(value, at: place, "an entity", findings) else {
                continue
            }
            entity.checkKeys(EntityDecoder.keys, elsewhere: EntityDecoder.owners)
            let own = InheritedPolicies(entity, inherited: policies)
            let decoder = EntityDecoder(reader: entity, policies: own)
            let draft = decoder.decode(isSingle: false, attributesLeft: &attributesLeft)
            if let type = draft.entityType, drafts.contains(where: { $0.entityType == type }) {
                findings.error(
                    draft.entityTypePlace,
                    "another entity is of type \(Quoted.text(type)) too",
                    hint: "give each entity its own \"entity_type\""
                )
            }
            drafts.append(draft)
        }
        return drafts
    }

    // MARK: Indexes

    private func indexes() -> [IndexDraft] {
        guard let elements = reader.elements("gsis", countMax: ContractLimits.indexesMax) else {
            return []
        }
        var drafts: [IndexDraft] = []
        for (value, place) in elements {
            guard let body = ObjectReader(value, at: place, "an index", findings),
                let draft = IndexDecoder(reader: body).decode()
            else { continue }
            if drafts.contains(where: { $0.name == draft.name }) {
                findings.error(
                    draft.namePlace,
                    "another index is named \(Quoted.text(draft.name)) too",
                    hint: "give each index its own name"
                )
            }
            drafts.append(draft)
        }
        checkProjections(drafts)
        return drafts
    }

    private func checkProjections(_ drafts: [IndexDraft]) {
        var total = 0
        for draft in drafts {
            guard case .include(let names) = draft.projection else { continue }
            let isOver = total > ContractLimits.projectedAttributesMax
            total += names.count
            if !isOver, total > ContractLimits.projectedAttributesMax {
                findings.error(
                    draft.projectedPlace,
                    "the indexes of the table project more than"
                        + " \(ContractLimits.projectedAttributesMax) attributes in all",
                    hint: "project fewer, or write \"projection\": \"ALL\""
                )
            } else if names.count > ContractLimits.projectedAttributesOfIndexMax {
                findings.warning(
                    draft.projectedPlace,
                    "projects \(names.count) attributes; DynamoDB's documentation allows"
                        + " \(ContractLimits.projectedAttributesOfIndexMax) for one index",
                    hint: "project fewer, or write \"projection\": \"ALL\""
                )
            }
        }
    }

    /// An index of an on-demand table is on-demand, one of a provisioned table is provisioned.
    private func checkCapacities(_ capacity: CapacityDraft, _ indexes: [IndexDraft]) {
        for index in indexes {
            switch (capacity, index.capacity) {
            case (.absent, .provisioned), (.onDemand, .provisioned):
                findings.error(
                    index.capacityPlace,
                    "the index has a capacity and the table is on-demand",
                    hint: "give the table a capacity too, or leave the index's out"
                )
            case (.provisioned, .onDemand):
                findings.error(
                    index.capacityPlace,
                    "the index is on-demand and the table has a capacity",
                    hint: "give the index a capacity, or leave it out to take the table's"
                )
            default: continue
            }
        }
    }
}
