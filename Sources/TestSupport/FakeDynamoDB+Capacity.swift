import Contract

/// What answers say of capacity, used or exceeded.
extension FakeDynamoDB.State {
    func batchAnswer(
        _ left: [(table: String, bytes: [UInt8])],
        _ costs: [String: WriteCost],
        _ call: Call
    ) -> [UInt8] {
        var bytes = Array(#"{"UnprocessedItems":{"#.utf8)
        for (index, name) in Set(left.map(\.table)).sorted().enumerated() {
            if index > 0 { bytes += Array(",".utf8) }
            bytes += Array("\(JSONText.quoted(name)):[".utf8)
            let requests = left.filter { $0.table == name }.map(\.bytes)
            bytes += requests.joined(separator: Array(",".utf8))
            bytes += Array("]".utf8)
        }
        bytes += Array("}".utf8)
        let capacity = costs.sorted { $0.key < $1.key }.compactMap { name, cost in
            self.capacity(of: name, cost, call)
        }
        if !capacity.isEmpty {
            bytes +=
                Array(#","ConsumedCapacity":"#.utf8) + JSONValue.array(capacity).serializedBytes()
        }
        return bytes + Array("}".utf8)
    }

    /// What the request asked to be told of its cost.
    func capacity(of table: String, _ cost: WriteCost, _ call: Call) -> JSONValue? {
        let wanted = call.body["ReturnConsumedCapacity"]?.string ?? "NONE"
        guard wanted != "NONE", let schema = tables[table]?.schema else { return nil }
        var members = [
            JSONMember(name: "TableName", value: .string(table)),
            JSONMember(name: "CapacityUnits", value: .number(cost.total)),
        ]
        guard wanted == "INDEXES" else { return .object(members) }
        members.append(
            JSONMember(name: "Table", value: .members(["CapacityUnits": .number(cost.table)]))
        )
        for (name, isLocal) in [
            ("GlobalSecondaryIndexes", false), ("LocalSecondaryIndexes", true),
        ] {
            let parts = zip(schema.indexes, cost.indexes)
                .filter { $0.0.isLocal == isLocal && $0.1 > 0 }
                .map { index, units in
                    JSONMember(
                        name: index.name,
                        value: .members(["CapacityUnits": .number(units)])
                    )
                }
            if !parts.isEmpty { members.append(JSONMember(name: name, value: .object(parts))) }
        }
        return .object(members)
    }
}

extension FakeDynamoDB.Limit {
    /// The service's error where the limit leaves no unit.
    ///
    /// `scope`: `TableWrite` or `TableRead`.
    func failure(_ scope: String) -> FakeFailure {
        let reasons = FakeDynamoDB.reasons([scope + kind.rawValue])
        if kind == .provisioned {
            return FakeFailure(
                type: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                message: "The level of configured provisioned throughput for the table was "
                    + "exceeded. Consider increasing your provisioning level with the "
                    + "UpdateTable API.",
                extra: [JSONMember(name: "ThrottlingReasons", value: reasons)]
            )
        }
        return FakeFailure(
            type: "com.amazon.coral.availability#ThrottlingException",
            message: "Throughput exceeds the current capacity of your table or index. DynamoDB "
                + "is automatically scaling your table or index so please try again shortly.",
            extra: [JSONMember(name: "throttlingReasons", value: reasons)]
        )
    }
}
