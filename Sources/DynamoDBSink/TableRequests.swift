public import Contract

/// The requests that make the contract's tables.
///
/// Pure.
public enum TableRequests {
    /// The `CreateTable` request of `table`: on demand unless the contract gives a capacity, which
    /// the indexes then have too unless they have their own.
    ///
    /// `prefix`: goes before the table's name.
    public static func create(_ table: Table, prefix: String) -> JSONValue {
        var members = [
            JSONMember(name: "TableName", value: .string(prefix + table.name)),
            JSONMember(name: "AttributeDefinitions", value: attributeDefinitions(table)),
            JSONMember(name: "KeySchema", value: keySchema(table.partitionKey, table.sortKey)),
        ]
        if !table.indexes.isEmpty {
            let indexes = table.indexes.map { index($0, tableCapacity: table.capacity) }
            members.append(JSONMember(name: "GlobalSecondaryIndexes", value: .array(indexes)))
        }
        let mode = table.capacity == nil ? "PAY_PER_REQUEST" : "PROVISIONED"
        members.append(JSONMember(name: "BillingMode", value: .string(mode)))
        if let capacity = table.capacity { members.append(throughput(capacity)) }
        if !table.tags.isEmpty {
            let tags = table.tags.map { tag in
                JSONValue.object([
                    JSONMember(name: "Key", value: .string(tag.key)),
                    JSONMember(name: "Value", value: .string(tag.value)),
                ])
            }
            members.append(JSONMember(name: "Tags", value: .array(tags)))
        }
        return .object(members)
    }

    static func named(_ table: String) -> JSONValue {
        .object([JSONMember(name: "TableName", value: .string(table))])
    }

    /// Each attribute that is a key of the table or of an index, once: DynamoDB refuses others.
    private static func attributeDefinitions(_ table: Table) -> JSONValue {
        var keys = [table.partitionKey, table.sortKey].compactMap(\.self)
        for index in table.indexes {
            keys += [index.partitionKey, index.sortKey].compactMap(\.self)
        }
        var seen: Set<String> = []
        let definitions = keys.filter { seen.insert($0.name).inserted }.map { key in
            JSONValue.object([
                JSONMember(name: "AttributeName", value: .string(key.name)),
                JSONMember(name: "AttributeType", value: .string(key.type.rawValue)),
            ])
        }
        return .array(definitions)
    }

    private static func keySchema(_ partition: KeyAttribute, _ sort: KeyAttribute?) -> JSONValue {
        let keys = [(partition, "HASH")] + (sort.map { [($0, "RANGE")] } ?? [])
        return .array(
            keys.map { key, type in
                .object([
                    JSONMember(name: "AttributeName", value: .string(key.name)),
                    JSONMember(name: "KeyType", value: .string(type)),
                ])
            }
        )
    }

    private static func index(_ index: SecondaryIndex, tableCapacity: Capacity?) -> JSONValue {
        var projection: [JSONMember]
        switch index.projection {
        case .all: projection = [JSONMember(name: "ProjectionType", value: .string("ALL"))]
        case .keysOnly:
            projection = [JSONMember(name: "ProjectionType", value: .string("KEYS_ONLY"))]
        case .include(let names):
            projection = [
                JSONMember(name: "ProjectionType", value: .string("INCLUDE")),
                JSONMember(
                    name: "NonKeyAttributes",
                    value: .array(names.map { .string($0) })
                ),
            ]
        }
        var members = [
            JSONMember(name: "IndexName", value: .string(index.name)),
            JSONMember(name: "KeySchema", value: keySchema(index.partitionKey, index.sortKey)),
            JSONMember(name: "Projection", value: .object(projection)),
        ]
        // An index has provisioned capacity if and only if its table has.
        if let tableCapacity { members.append(throughput(index.capacity ?? tableCapacity)) }
        return .object(members)
    }

    private static func throughput(_ capacity: Capacity) -> JSONMember {
        JSONMember(
            name: "ProvisionedThroughput",
            value: .object([
                JSONMember(name: "ReadCapacityUnits", value: .number(String(capacity.readUnits))),
                JSONMember(name: "WriteCapacityUnits", value: .number(String(capacity.writeUnits))),
            ])
        )
    }
}
