import Contract

/// A table of the fake: its description as it was asked for, its items, its limits.
struct FakeTable: Sendable {
    struct Key: Sendable {
        var name: String
        var type: String
        var isPartition: Bool
    }

    struct Index: Sendable {
        var name: String
        var keys: [Key]
        /// Attributes beside the keys; nil for all.
        var projected: Set<String>?
        var isLocal: Bool
    }

    var schema: Schema
    var id: String
    /// DescribeTable answers CREATING, and writes find no table, so many more times.
    var creatingAnswers: Int
    /// What DescribeTable answers otherwise.
    var status = "ACTIVE"
    var items = ItemStore()
    var writes = Throughput()
    var reads = Throughput()

    init(
        request: JSONValue,
        id: String,
        creatingAnswers: Int
    ) throws(ItemRules.Violation) {
        schema = try Schema(request: request)
        self.id = id
        self.creatingAnswers = creatingAnswers
    }

    /// Whether items can be written and read.
    var isThere: Bool { creatingAnswers == 0 && status != "CREATING" }

    /// The table as DescribeTable has it.
    func description() -> JSONValue {
        var members: [JSONMember] = (schema.request.members ?? []).filter {
            ["TableName", "KeySchema", "AttributeDefinitions", "ProvisionedThroughput"]
                .contains($0.name)
        }
        let status = JSONValue.string(creatingAnswers > 0 ? "CREATING" : status)
        members.append(JSONMember(name: "TableStatus", value: status))
        members.append(JSONMember(name: "TableId", value: .string(id)))
        members.append(
            JSONMember(
                name: "TableArn",
                value: .string("arn:aws:dynamodb:local:000000000000:table/\(schema.name)")
            )
        )
        members.append(JSONMember(name: "ItemCount", value: .number("\(items.count)")))
        if let mode = schema.request["BillingMode"] {
            members.append(
                JSONMember(
                    name: "BillingModeSummary",
                    value: .object([JSONMember(name: "BillingMode", value: mode)])
                )
            )
        }
        for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            guard let indexes = schema.request[kind]?.array else { continue }
            let described = indexes.map { index in
                JSONValue.object(
                    (index.members ?? []) + [JSONMember(name: "IndexStatus", value: status)]
                )
            }
            members.append(JSONMember(name: kind, value: .array(described)))
        }
        return .object(members)
    }
}

/// Write units of one put or delete.
struct WriteCost: Sendable {
    var table: Double
    /// An index each.
    var indexes: [Double]

    var total: Double { indexes.reduce(table, +) }

    /// The service's rules: the larger of the old and the new item in whole kilobytes; in an index
    /// one write where the entry comes, goes or changes, two where its key changes, none where it
    /// stays.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
    init(_ schema: FakeTable.Schema, old: CheckedItem?, new: CheckedItem?) {
        table = Self.units(max(old?.size ?? 0, new?.size ?? 0))
        indexes = schema.indexes.indices.map { index in
            switch (old?.indexEntries[index], new?.indexEntries[index]) {
            case (nil, nil): 0
            case (let old?, nil): Self.units(old.size)
            case (nil, let new?): Self.units(new.size)
            case (let old?, let new?):
                if old == new {
                    0
                } else if old.key == new.key {
                    Self.units(max(old.size, new.size))
                } else {
                    Self.units(old.size) + Self.units(new.size)
                }
            }
        }
    }

    private static func units(_ bytes: Int) -> Double {
        Double(max(1, (bytes + 1023) / 1024))
    }
}
