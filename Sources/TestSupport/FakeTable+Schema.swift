import Contract

extension FakeTable {
    /// What CreateTable was asked for.
    struct Schema: Sendable {
        var name: String
        var keys: [Key]
        var indexes: [Index]
        /// The members of the CreateTable request.
        var request: JSONValue

        init(request: JSONValue) throws(ItemRules.Violation) {
            guard let name = request["TableName"]?.string,
                let keys = Self.keys(of: request, types: request), !keys.isEmpty
            else { throw ItemRules.Violation(message: "Invalid KeySchema or AttributeDefinitions") }
            self.name = name
            self.keys = keys
            self.request = request
            indexes = []
            var used = Set(keys.map(\.name))
            for (kind, isLocal) in [
                ("GlobalSecondaryIndexes", false), ("LocalSecondaryIndexes", true),
            ] {
                for index in request[kind]?.array ?? [] {
                    let made = try Self.index(index, types: request, isLocal: isLocal)
                    indexes.append(made)
                    used.formUnion(made.keys.map(\.name))
                }
            }
            let defined = (request["AttributeDefinitions"]?.array ?? []).compactMap {
                $0["AttributeName"]?.string
            }
            guard Set(defined) == used, defined.count == used.count else {
                throw ItemRules.Violation(
                    message: "One or more parameter values were invalid: Some "
                        + "AttributeDefinitions are not used. AttributeDefinitions: "
                        + "\(defined), keys used: \(used.sorted())"
                )
            }
        }

        private static func index(
            _ index: JSONValue,
            types: JSONValue,
            isLocal: Bool
        ) throws(ItemRules.Violation) -> Index {
            guard let name = index["IndexName"]?.string, let keys = keys(of: index, types: types)
            else { throw ItemRules.Violation(message: "Invalid index \(index.serialized())") }
            let projection = index["Projection"]
            let projected: Set<String>? =
                switch projection?["ProjectionType"]?.string {
                case "KEYS_ONLY": []
                case "INCLUDE":
                    Set((projection?["NonKeyAttributes"]?.array ?? []).compactMap(\.string))
                default: nil
                }
            return Index(name: name, keys: keys, projected: projected, isLocal: isLocal)
        }

        private static func keys(of owner: JSONValue, types: JSONValue) -> [Key]? {
            var keys: [Key] = []
            for element in owner["KeySchema"]?.array ?? [] {
                guard let name = element["AttributeName"]?.string,
                    let definition = types["AttributeDefinitions"]?.array?.first(where: {
                        $0["AttributeName"]?.string == name
                    }), let type = definition["AttributeType"]?.string
                else { return nil }
                keys.append(
                    Key(name: name, type: type, isPartition: element["KeyType"]?.string == "HASH")
                )
            }
            return keys
        }
    }
}

extension FakeTable.Schema {
    /// An item as the service would take it.
    func check(_ item: JSONValue) throws(ItemRules.Violation) -> CheckedItem {
        let (checked, size) = try ItemRules.check(item)
        let key = try key(of: checked)
        try checkIndexKeys(of: checked)
        let bytes = CanonicalItem.bytes(checked)
        var item = CheckedItem(
            key: key,
            bytes: bytes,
            size: size,
            digest: Digest64.of(bytes),
            indexEntries: []
        )
        item.indexEntries = indexes.map { entry(of: item, checked, in: $0) }
        return item
    }

    /// The key in a request that names an item: nothing but the key's attributes.
    func key(named wanted: JSONValue) throws(ItemRules.Violation) -> String {
        let (checked, _) = try ItemRules.check(wanted)
        guard checked.members?.count == keys.count else {
            throw ItemRules.Violation(
                message: "The provided key element does not match the schema"
            )
        }
        return try key(of: checked)
    }

    /// The canonical text of an item's key: each part with its length before it.
    func key(of item: JSONValue) throws(ItemRules.Violation) -> String {
        var parts: [String] = []
        for key in keys {
            guard let value = item[key.name]?[key.type]?.string else {
                throw ItemRules.Violation(
                    message: "The provided key element does not match the schema"
                )
            }
            guard !value.isEmpty else {
                throw ItemRules.Violation(
                    message: "One or more parameter values are not valid. The AttributeValue for "
                        + "a key attribute cannot contain an empty string value. Key: \(key.name)"
                )
            }
            try checkLength(value, of: key, index: nil)
            parts.append("\(value.utf8.count):\(value)")
        }
        return parts.joined(separator: "|")
    }

    /// The key's attributes of a stored item.
    func keyAttributes(of item: CheckedItem) -> JSONValue {
        let parsed = (try? JSONParser.parse(item.bytes)) ?? .object([])
        return .object(
            keys.compactMap { key in
                parsed[key.name].map { JSONMember(name: key.name, value: $0) }
            }
        )
    }

    private func entry(
        of item: CheckedItem,
        _ attributes: JSONValue,
        in index: FakeTable.Index
    ) -> IndexEntry? {
        var parts: [String] = []
        for key in index.keys {
            guard let value = attributes[key.name]?[key.type]?.string else { return nil }
            parts.append(value)
        }
        let key = parts.joined(separator: "\0")
        guard let projected = index.projected else {
            return IndexEntry(key: key, size: item.size, digest: item.digest)
        }
        let names = projected.union(index.keys.map(\.name)).union(keys.map(\.name))
        let part = JSONValue.object((attributes.members ?? []).filter { names.contains($0.name) })
        return IndexEntry(
            key: key,
            size: (try? ItemRules.check(part))?.size ?? item.size,
            digest: Digest64.of(CanonicalItem.bytes(part))
        )
    }

    /// Index keys may be absent, but not of another type, empty or too long.
    private func checkIndexKeys(of item: JSONValue) throws(ItemRules.Violation) {
        for index in indexes {
            for key in index.keys {
                guard let value = item[key.name] else { continue }
                guard let text = value[key.type]?.string else {
                    let actual = value.members?.first?.name ?? "?"
                    throw ItemRules.Violation(
                        message: "One or more parameter values were invalid: Type mismatch for "
                            + "Index Key \(key.name) Expected: \(key.type) Actual: \(actual) "
                            + "IndexName: \(index.name)"
                    )
                }
                guard !text.isEmpty else {
                    throw ItemRules.Violation(
                        message: "One or more parameter values are not valid. A value specified "
                            + "for a secondary index key is not supported. The AttributeValue for "
                            + "a key attribute cannot contain an empty string value. IndexName: "
                            + "\(index.name), IndexKey: \(key.name)"
                    )
                }
                try checkLength(text, of: key, index: index.name)
            }
        }
    }

    private func checkLength(
        _ text: String,
        of key: FakeTable.Key,
        index: String?
    ) throws(ItemRules.Violation) {
        let length =
            key.type == "B" ? try ItemRules.decodedBytes(base64: text) : text.utf8.count
        let max =
            key.isPartition ? ItemRules.partitionKeyBytesMax : ItemRules.sortKeyBytesMax
        guard length > max else { return }
        if let index {
            throw ItemRules.Violation(
                message: "One or more parameter values were invalid: Size limit exceeded for "
                    + "Index Key \(key.name) IndexName: \(index)"
            )
        }
        throw ItemRules.Violation(
            message: "One or more parameter values were invalid: Size of "
                + "\(key.isPartition ? "hashkey" : "rangekey") has exceeded the maximum size "
                + "limit of\(max) bytes"
        )
    }
}
