/// An entity as far as it could be read; what the keys are made of is added later.
struct EntityDraft {
    var entityType: String?
    var sourceTable: String?
    var view: String?
    var chunkKey: [String]
    var attributes: [AttributeDraft]
    var partitionTemplate: KeyTemplate?
    var sortTemplate: KeyTemplate?
    var context: EntityContext
    /// Whether all of it could be read; only then is it known what is missing in it.
    var isComplete: Bool
    var place: Place
    var entityTypePlace: Place

    /// What the entity is called in messages.
    var label: String { entityType.map { "entity \(Quoted.text($0))" } ?? "the table" }

    func attribute(_ name: String) -> AttributeDraft? { attributes.first { $0.name == name } }
}

/// `pk_template` or `sk_template`.
struct KeyTemplate {
    /// nil if it is wrong.
    var template: Template?
    var place: Place
}

/// The policies and counts that go down from a table to its entities.
struct InheritedPolicies {
    var nullPolicy = NullPolicy.absent
    var emptyPolicy = EmptyPolicy.keep

    /// Those of an object, where it has its own; wrong ones are reported and do not count.
    init(_ reader: ObjectReader, inherited: InheritedPolicies? = nil) {
        if let inherited { self = inherited }
        if let policy: NullPolicy = reader.choice("null", "a policy for null") {
            nullPolicy = policy
        }
        if let policy: EmptyPolicy = reader.choice("empty", "a policy for empty values") {
            emptyPolicy = policy
        }
    }
}

/// Reads one entity, or the part of a single-entity table that is one.
struct EntityDecoder {
    static let keys = [
        "entity_type", "source_table", "pk_template", "sk_template", "attributes", "null", "empty",
        "view", "chunk_key", "satisfies", "estimated_item_size_bytes", "denormalized",
        "justification",
    ]

    static let owners: [String: String] = [
        "pk": "the table, since all its entities share the keys",
        "sk": "the table, since all its entities share the keys",
        "gsis": "the table, since all its entities share the indexes",
        "capacity": "the table", "tags": "the table", "version_attribute": "the table",
    ]

    let reader: ObjectReader
    let policies: InheritedPolicies

    /// - Parameters:
    ///   - isSingle: whether this is a single-entity table, which has no `entity_type`.
    ///   - attributesLeft: how many attributes the contract may still have; counted down.
    /// - Returns: the entity as far as it could be read.
    func decode(isSingle: Bool, attributesLeft: inout Int) -> EntityDraft {
        let view = reader.identifier("view")
        let sourceTable = sourceTable(view)
        let context = EntityContext(
            sourceTable: sourceTable,
            hasView: reader["view"] != nil,
            nullPolicy: policies.nullPolicy,
            emptyPolicy: policies.emptyPolicy
        )
        var draft = EntityDraft(
            entityType: isSingle ? nil : entityType(),
            sourceTable: sourceTable,
            view: view,
            chunkKey: reader.identifiers("chunk_key") ?? [],
            attributes: [],
            partitionTemplate: template("pk_template"),
            sortTemplate: template("sk_template"),
            context: context,
            isComplete: true,
            place: reader.place,
            entityTypePlace: reader.place("entity_type")
        )
        decodeAttributes(into: &draft, &attributesLeft)
        return draft
    }

    private func entityType() -> String? {
        guard
            let name = reader.requiredString(
                "entity_type",
                "name the kind of item, as in \"ORDER\""
            )
        else { return nil }
        if let refusal = Identifier.refusal(name) {
            reader.findings.error(reader.place("entity_type"), refusal)
            return nil
        }
        return name
    }

    /// With a view the table behind it need not be named.
    private func sourceTable(_ view: String?) -> String? {
        if reader["source_table"] == nil, let view { return view }
        return reader.requiredIdentifier("source_table", "name the MySQL table whose rows are read")
    }

    private func template(_ key: String) -> KeyTemplate? {
        guard reader[key] != nil else { return nil }
        let place = reader.place(key)
        guard let text = reader.string(key) else { return KeyTemplate(template: nil, place: place) }
        do {
            let template = try Template.parse(text, lookup: .attributeFirst)
            return KeyTemplate(template: template, place: place)
        } catch {
            reader.findings.error(place, error)
            return KeyTemplate(template: nil, place: place)
        }
    }

    private func decodeAttributes(into draft: inout EntityDraft, _ attributesLeft: inout Int) {
        let findings = reader.findings
        guard reader["attributes"] != nil else {
            reader.reportMissing("attributes", "an array of the attributes")
            draft.isComplete = false
            return
        }
        let countMax = ContractLimits.entityAttributesMax
        guard let elements = reader.elements("attributes", countMax: countMax) else {
            draft.isComplete = false
            return
        }
        if elements.isEmpty {
            findings.error(
                reader.place("attributes"),
                "must not be empty",
                hint: "write at least the keys"
            )
            draft.isComplete = false
        }
        if elements.count > attributesLeft {
            findings.error(
                reader.place("attributes"),
                "the contract has more than \(ContractLimits.attributesMax) attributes in all",
                hint: "divide it into several contracts"
            )
            draft.isComplete = false
        }
        var names: [String: Int] = [:]
        for (index, element) in elements.prefix(attributesLeft).enumerated() {
            let decoder = AttributeDecoder(
                element.value,
                at: element.place,
                draft.context,
                findings
            )
            guard let attribute = decoder?.decode() else {
                draft.isComplete = false
                continue
            }
            if let first = names[attribute.name] {
                findings.error(
                    attribute.place,
                    "the attribute \(Quoted.text(attribute.name)) is defined twice, first at index"
                        + " \(first)",
                    hint: "keep one of the two, or rename one"
                )
                continue
            }
            names[attribute.name] = index
            draft.attributes.append(attribute)
        }
        attributesLeft = max(0, attributesLeft - elements.count)
        warnOfSameCalculations(draft)
    }

    /// Two attributes with one calculation are mostly a slip of whoever copied the first.
    private func warnOfSameCalculations(_ draft: EntityDraft) {
        var seen: [(calculation: Calculation, name: String)] = []
        for attribute in draft.attributes {
            guard case .calculation(let calculation)? = attribute.attribute?.source else {
                continue
            }
            if let same = seen.first(where: { $0.calculation == calculation }) {
                reader.findings.warning(
                    attribute.calculationPlace,
                    "\(Quoted.text(attribute.name)) has the same calculation as"
                        + " \(Quoted.text(same.name))",
                    hint: "correct one of them unless both are meant"
                )
            } else {
                seen.append((calculation, attribute.name))
            }
        }
    }
}
