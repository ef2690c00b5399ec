/// An index as far as it could be read; the types of its keys are found later.
struct IndexDraft {
    var name: String
    var partitionKey: String
    var sortKey: String?
    var projection: SecondaryIndex.Projection
    var capacity: CapacityDraft
    var place: Place
    var partitionKeyPlace: Place
    var sortKeyPlace: Place
    var namePlace: Place
    var projectedPlace: Place
    var capacityPlace: Place
}

/// Reads one global secondary index.
struct IndexDecoder {
    private enum ProjectionName: String, CaseIterable {
        case all = "ALL"
        case keysOnly = "KEYS_ONLY"
        case include = "INCLUDE"
    }

    static let keys = [
        "index_name", "pk", "sk", "projection", "projected_attributes", "capacity", "satisfies",
        "justification",
    ]

    let reader: ObjectReader
    private var findings: Findings { reader.findings }

    init(reader: ObjectReader) {
        self.reader = reader
    }

    func decode() -> IndexDraft? {
        reader.checkKeys(Self.keys)
        let name = reader.requiredString("index_name", "name the index, as in \"GSI1\"")
        if let name, let refusal = Identifier.tableNameRefusal(name) {
            findings.error(reader.place("index_name"), refusal)
        }
        let partitionKey = KeyName.required("pk", reader)
        let sortKey = KeyName.optional("sk", reader)
        if let partitionKey, partitionKey == sortKey {
            findings.error(
                reader.place("sk"),
                "the sort key is the partition key",
                hint: "name another attribute, or leave \"sk\" out"
            )
        }
        let projection = projection()
        let capacity = CapacityDecoder(reader: reader).decode()
        let isSortKeyWrong = reader["sk"] != nil && sortKey == nil
        guard let name, let partitionKey, let projection, !isSortKeyWrong else { return nil }
        return IndexDraft(
            name: name,
            partitionKey: partitionKey,
            sortKey: sortKey,
            projection: projection,
            capacity: capacity,
            place: reader.place,
            partitionKeyPlace: reader.place("pk"),
            sortKeyPlace: reader.place("sk"),
            namePlace: reader.place("index_name"),
            projectedPlace: reader.place("projected_attributes"),
            capacityPlace: reader.place("capacity")
        )
    }

    private func projection() -> SecondaryIndex.Projection? {
        let isGiven = reader["projection"] != nil
        let name: ProjectionName? = isGiven ? reader.choice("projection", "a projection") : .all
        guard let name else { return nil }
        guard name == .include else {
            if reader["projected_attributes"] != nil {
                findings.warning(
                    reader.place("projected_attributes"),
                    "has no effect with the projection \(name.rawValue)",
                    hint: "write \"projection\": \"INCLUDE\", or leave the list out"
                )
            }
            return name == .all ? .all : .keysOnly
        }
        let hint = "name the attributes that the index holds beside its keys"
        guard reader["projected_attributes"] != nil else {
            reader.reportMissing("projected_attributes", hint)
            return nil
        }
        let countMax = ContractLimits.projectedAttributesMax
        guard let elements = reader.elements("projected_attributes", countMax: countMax) else {
            return nil
        }
        guard !elements.isEmpty else {
            findings.error(
                reader.place("projected_attributes"),
                "must not be empty",
                hint: "\(hint), or write \"projection\": \"KEYS_ONLY\""
            )
            return nil
        }
        return projected(elements).map { .include($0) }
    }

    private func projected(_ elements: [(value: JSONValue, place: Place)]) -> [String]? {
        var names: [String] = []
        var isRight = true
        for (value, place) in elements {
            guard case .string(let name) = value else {
                findings.error(place, "must be a string, not \(value.kind)")
                isRight = false
                continue
            }
            if let refusal = KeyName.refusal(name) {
                findings.error(place, refusal)
                isRight = false
            } else if names.contains(name) {
                findings.warning(place, "\(Quoted.text(name)) is named twice")
            } else {
                names.append(name)
            }
        }
        return isRight ? names : nil
    }
}

/// Reads the name of a key's attribute.
enum KeyName {
    static func required(_ key: String, _ reader: ObjectReader) -> String? {
        guard reader[key] != nil else {
            reader.reportMissing(key, "name the attribute that is the partition key")
            return nil
        }
        return optional(key, reader)
    }

    static func optional(_ key: String, _ reader: ObjectReader) -> String? {
        guard let name = reader.string(key) else { return nil }
        if let refusal = refusal(name) {
            reader.findings.error(reader.place(key), refusal)
            return nil
        }
        return name
    }

    static func refusal(_ name: String) -> SyntaxRefusal? {
        if let refusal = Identifier.attributeRefusal(name) { return refusal }
        guard name.utf8.count > ContractLimits.keyNameBytesMax else { return nil }
        return SyntaxRefusal(
            "the name has \(name.utf8.count) bytes; DynamoDB takes at most"
                + " \(ContractLimits.keyNameBytesMax) in a key or a projection"
        )
    }
}
