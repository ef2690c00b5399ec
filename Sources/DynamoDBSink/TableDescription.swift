public import Contract

/// What `DescribeTable` says of a table, as far as a migration cares.
public struct TableDescription: Sendable, Equatable {
    public struct Index: Sendable, Equatable {
        public var name: String
        /// A local index cannot be made or taken away after the table.
        public var isLocal: Bool
        /// `ACTIVE`, `CREATING`, `UPDATING`, `DELETING`; a local index is as its table.
        public var status: String
        public var keys: [TableKey]
        public var projection: SecondaryIndex.Projection
    }

    public var name: String
    /// The status of the table itself, such as `ACTIVE`, `CREATING` or `DELETING`.
    public var status: String
    /// Another table of the same name has another; nil where the endpoint gives none.
    public var tableID: String?
    /// When the table was made, as the endpoint prints it; nil where it does not say.
    public var createdAt: String?
    public var keys: [TableKey]
    public var indexes: [Index]

    /// Whether the table and all of its indexes can be written and read.
    public var isActive: Bool {
        status == "ACTIVE" && indexes.allSatisfy { $0.status == "ACTIVE" }
    }

    /// Reads `{"Table": {…}}`; nil where it is something else.
    init?(_ document: JSONValue) {
        guard let table = document["Table"], let name = table["TableName"]?.string,
            let status = table["TableStatus"]?.string
        else { return nil }
        self.name = name
        self.status = status
        tableID = table["TableId"]?.string
        createdAt = table["CreationDateTime"]?.serialized()
        var types: [String: AttributeType] = [:]
        for definition in table["AttributeDefinitions"]?.array ?? [] {
            guard let name = definition["AttributeName"]?.string else { return nil }
            types[name] = definition["AttributeType"]?.string.flatMap(AttributeType.init)
        }
        keys = Self.keys(table["KeySchema"], types)
        indexes = []
        for (member, isLocal) in [
            ("GlobalSecondaryIndexes", false), ("LocalSecondaryIndexes", true),
        ] {
            for index in table[member]?.array ?? [] {
                guard let name = index["IndexName"]?.string else { return nil }
                indexes.append(
                    Index(
                        name: name,
                        isLocal: isLocal,
                        status: index["IndexStatus"]?.string ?? "ACTIVE",
                        keys: Self.keys(index["KeySchema"], types),
                        projection: Self.projection(index["Projection"])
                    )
                )
            }
        }
    }

    private static func keys(
        _ schema: JSONValue?,
        _ types: [String: AttributeType]
    ) -> [TableKey] {
        (schema?.array ?? []).compactMap { element in
            guard let name = element["AttributeName"]?.string else { return nil }
            return TableKey(
                name: name,
                type: types[name],
                isPartition: element["KeyType"]?.string == "HASH"
            )
        }
    }

    private static func projection(_ value: JSONValue?) -> SecondaryIndex.Projection {
        switch value?["ProjectionType"]?.string {
        case "KEYS_ONLY": .keysOnly
        case "INCLUDE": .include((value?["NonKeyAttributes"]?.array ?? []).compactMap(\.string))
        default: .all
        }
    }
}

/// A key attribute of an existing table or index.
public struct TableKey: Sendable, Equatable {
    public var name: String
    /// nil where the description does not say.
    public var type: AttributeType?
    public var isPartition: Bool

    public init(name: String, type: AttributeType?, isPartition: Bool) {
        self.name = name
        self.type = type
        self.isPartition = isPartition
    }
}

extension TableDescription {
    /// How the table differs from what the contract wants, a sentence without a full stop each;
    /// empty where it fits.
    ///
    /// Capacity, tags and streams are the owner's own affair.
    public func differences(from table: Table) -> [String] {
        var sentences: [String] = []
        let wanted = Self.keys(table.partitionKey, table.sortKey)
        if keys != wanted {
            sentences.append(
                "its key is \(Self.text(keys)), the contract's is \(Self.text(wanted))"
            )
        }
        for index in table.indexes {
            guard let found = indexes.first(where: { $0.name == index.name }) else {
                sentences.append("it has no index \(index.name)")
                continue
            }
            let wanted = Self.keys(index.partitionKey, index.sortKey)
            if found.keys != wanted {
                sentences.append(
                    "the key of its index \(index.name) is \(Self.text(found.keys)), "
                        + "the contract's is \(Self.text(wanted))"
                )
            }
            if !Self.isSame(found.projection, index.projection) {
                sentences.append(
                    "its index \(index.name) projects \(Self.text(found.projection)), "
                        + "the contract's \(Self.text(index.projection))"
                )
            }
        }
        for index in indexes where !table.indexes.contains(where: { $0.name == index.name }) {
            let kind = index.isLocal ? "a local index" : "an index"
            sentences.append("it has \(kind) \(index.name) that the contract has not")
        }
        return sentences
    }

    private static func keys(_ partition: KeyAttribute, _ sort: KeyAttribute?) -> [TableKey] {
        [TableKey(name: partition.name, type: partition.type, isPartition: true)]
            + (sort.map { [TableKey(name: $0.name, type: $0.type, isPartition: false)] } ?? [])
    }

    private static func text(_ keys: [TableKey]) -> String {
        keys.map { key in
            "\(key.name) (\(key.isPartition ? "partition" : "sort"), \(key.type?.rawValue ?? "?"))"
        }.joined(separator: " and ")
    }

    private static func text(_ projection: SecondaryIndex.Projection) -> String {
        switch projection {
        case .all: "ALL"
        case .keysOnly: "KEYS_ONLY"
        case .include(let names): "INCLUDE \(names.sorted().joined(separator: ", "))"
        }
    }

    private static func isSame(
        _ one: SecondaryIndex.Projection,
        _ other: SecondaryIndex.Projection
    ) -> Bool {
        if case .include(let names) = one, case .include(let others) = other {
            return Set(names) == Set(others)
        }
        return one == other
    }
}
