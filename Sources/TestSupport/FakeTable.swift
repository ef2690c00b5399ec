import Contract

/// A table of the fake: its description as it was asked for, and its items.
struct FakeTable: Sendable {
    struct Key: Sendable {
        var name: String
        var type: String
        var isPartition: Bool
    }

    var name: String
    var id: String
    var keys: [Key]
    /// Keys of the indexes, an index each.
    var indexes: [(name: String, keys: [Key])]
    /// The members of the CreateTable request.
    var request: JSONValue
    /// DescribeTable answers CREATING, and writes find no table, so many more times.
    var creatingAnswers: Int
    var items: [String: JSONValue] = [:]

    init(
        request: JSONValue,
        id: String,
        creatingAnswers: Int
    ) throws(ItemRules.Violation) {
        guard let name = request["TableName"]?.string,
            let keys = Self.keys(of: request, types: request), !keys.isEmpty
        else { throw ItemRules.Violation(message: "Invalid KeySchema or AttributeDefinitions") }
        self.name = name
        self.id = id
        self.keys = keys
        self.request = request
        self.creatingAnswers = creatingAnswers
        indexes = []
        var used = Set(keys.map(\.name))
        for index in request["GlobalSecondaryIndexes"]?.array ?? [] {
            guard let indexName = index["IndexName"]?.string,
                let indexKeys = Self.keys(of: index, types: request)
            else { throw ItemRules.Violation(message: "Invalid index \(index.serialized())") }
            indexes.append((indexName, indexKeys))
            used.formUnion(indexKeys.map(\.name))
        }
        let defined = (request["AttributeDefinitions"]?.array ?? []).compactMap {
            $0["AttributeName"]?.string
        }
        guard Set(defined) == used, defined.count == used.count else {
            throw ItemRules.Violation(
                message: "One or more parameter values were invalid: Some AttributeDefinitions "
                    + "are not used. AttributeDefinitions: \(defined), keys used: \(used.sorted())"
            )
        }
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

    /// The canonical text of an item's key.
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

    /// Index keys may be absent, but not of another type, empty or too long.
    func checkIndexKeys(of item: JSONValue) throws(ItemRules.Violation) {
        for (indexName, keys) in indexes {
            for key in keys {
                guard let value = item[key.name] else { continue }
                guard let text = value[key.type]?.string else {
                    let actual = value.members?.first?.name ?? "?"
                    throw ItemRules.Violation(
                        message: "One or more parameter values were invalid: Type mismatch for "
                            + "Index Key \(key.name) Expected: \(key.type) Actual: \(actual) "
                            + "IndexName: \(indexName)"
                    )
                }
                guard !text.isEmpty else {
                    throw ItemRules.Violation(
                        message: "One or more parameter values are not valid. A value specified "
                            + "for a secondary index key is not supported. The AttributeValue for "
                            + "a key attribute cannot contain an empty string value. IndexName: "
                            + "\(indexName), IndexKey: \(key.name)"
                    )
                }
                try checkLength(text, of: key, index: indexName)
            }
        }
    }

    private func checkLength(
        _ text: String,
        of key: Key,
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

    /// The table as DescribeTable has it.
    func description() -> JSONValue {
        var members: [JSONMember] = (request.members ?? []).filter {
            ["TableName", "KeySchema", "AttributeDefinitions", "ProvisionedThroughput"]
                .contains($0.name)
        }
        let status = JSONValue.string(creatingAnswers > 0 ? "CREATING" : "ACTIVE")
        members.append(JSONMember(name: "TableStatus", value: status))
        members.append(JSONMember(name: "TableId", value: .string(id)))
        members.append(
            JSONMember(
                name: "TableArn",
                value: .string("arn:aws:dynamodb:local:000000000000:table/\(name)")
            )
        )
        members.append(JSONMember(name: "ItemCount", value: .number("\(items.count)")))
        if let mode = request["BillingMode"] {
            members.append(
                JSONMember(
                    name: "BillingModeSummary",
                    value: .object([JSONMember(name: "BillingMode", value: mode)])
                )
            )
        }
        if let indexes = request["GlobalSecondaryIndexes"]?.array {
            let described = indexes.map { index in
                JSONValue.object(
                    (index.members ?? []) + [JSONMember(name: "IndexStatus", value: status)]
                )
            }
            members.append(
                JSONMember(name: "GlobalSecondaryIndexes", value: .array(described))
            )
        }
        return .object(members)
    }
}
