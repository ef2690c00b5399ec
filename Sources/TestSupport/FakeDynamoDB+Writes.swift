import Contract
import Synchronization

/// A put or delete in a request.
struct ItemWrite {
    var table: String
    /// The item of a put; nil for a delete.
    var put: JSONValue?
    /// The key of a delete.
    var key: JSONValue?

    static func all(of call: Call) -> [ItemWrite] {
        let body = call.body
        switch call.operation {
        case "BatchWriteItem":
            return (body["RequestItems"]?.members ?? []).flatMap { table in
                (table.value.array ?? []).map { request in
                    ItemWrite(
                        table: table.name,
                        put: request["PutRequest"]?["Item"],
                        key: request["DeleteRequest"]?["Key"]
                    )
                }
            }
        case "PutItem", "DeleteItem":
            guard let table = body["TableName"]?.string else { return [] }
            return [ItemWrite(table: table, put: body["Item"], key: body["Key"])]
        default: return []
        }
    }
}

/// A write that keeps the rules.
private struct CheckedWrite {
    var table: String
    var key: String
    /// nil for a delete.
    var item: CheckedItem?
    var request: JSONValue

    /// The member of `UnprocessedItems` that gives it back: the same item, spelt anew.
    func unprocessed() -> [UInt8] {
        guard let item else {
            return JSONValue.members([
                "DeleteRequest": .members(["Key": request["Key"] ?? .null])
            ]).serializedBytes()
        }
        return Array(#"{"PutRequest":{"Item":"#.utf8) + item.bytes + Array("}}".utf8)
    }
}

extension FakeDynamoDB {
    func batchWrite(_ call: Call, _ selection: Selection) throws(FakeFailure) -> Outcome {
        let writes = ItemWrite.all(of: call)
        guard !writes.isEmpty else {
            throw .validation("The requestItems parameter is required for BatchWriteItem")
        }
        guard writes.count <= 25 else {
            throw .validation(
                "1 validation error detected: Value at 'requestItems' failed to satisfy "
                    + "constraint: Member must have length less than or equal to 25"
            )
        }
        var checked: [CheckedWrite] = []
        var seen: Set<String> = []
        var schemas: [String: FakeTable.Schema] = [:]
        for write in writes {
            if schemas[write.table] == nil { schemas[write.table] = schema(of: write.table) }
            let write = try check(write, schemas[write.table])
            guard seen.insert(write.table + "/" + write.key).inserted else {
                throw .validation("Provided list of item keys contains duplicates")
            }
            checked.append(write)
        }
        // Nothing is stored before everything was found valid.
        return try state.withLock { [checked] state throws(FakeFailure) in
            try state.apply(checked, call, selection, now: now)
        }
    }

    func putItem(_ call: Call) throws(FakeFailure) -> Outcome {
        guard call.body["TableName"]?.string != nil, call.body["Item"] != nil else {
            throw .validation("TableName and Item are required")
        }
        return try single(call)
    }

    func deleteItem(_ call: Call) throws(FakeFailure) -> Outcome {
        guard call.body["TableName"]?.string != nil, call.body["Key"] != nil else {
            throw .validation("TableName and Key are required")
        }
        return try single(call)
    }

    private func single(_ call: Call) throws(FakeFailure) -> Outcome {
        let write = ItemWrite.all(of: call)[0]
        let checked = try check(write, schema(of: write.table))
        let condition = try Self.condition(of: call)
        return try state.withLock { state throws(FakeFailure) in
            try state.apply(checked, if: condition, call, now: now)
        }
    }

    private static func condition(of call: Call) throws(FakeFailure) -> ConditionExpression? {
        do throws(ItemRules.Violation) {
            return try ConditionExpression(request: call.body)
        } catch {
            throw .validation(error.message)
        }
    }

    /// `schema`: nil where there is no such table.
    private func check(
        _ write: ItemWrite,
        _ schema: FakeTable.Schema?
    ) throws(FakeFailure) -> CheckedWrite {
        guard let schema else { throw .notFound }
        do throws(ItemRules.Violation) {
            switch (write.put, write.key) {
            case (let item?, nil):
                let item = try schema.check(item)
                return CheckedWrite(table: write.table, key: item.key, item: item, request: .null)
            case (nil, let key?):
                return CheckedWrite(
                    table: write.table,
                    key: try schema.key(named: key),
                    item: nil,
                    request: .members(["Key": key])
                )
            default:
                throw ItemRules.Violation(
                    message: "Supplied AttributeValue has more than one datatypes set, or none"
                )
            }
        } catch {
            throw .validation(error.message)
        }
    }

    /// The schema of a table that can be written and read.
    func schema(of table: String) -> FakeTable.Schema? {
        state.withLock { state in
            guard let table = state.tables[table], table.isThere else { return nil }
            return table.schema
        }
    }
}

extension FakeDynamoDB.State {
    fileprivate mutating func apply(
        _ writes: [CheckedWrite],
        _ call: Call,
        _ selection: FakeDynamoDB.Selection,
        now: Duration
    ) throws(FakeFailure) -> FakeDynamoDB.Outcome {
        let first = journal.count
        var left: [CheckedWrite] = []
        var costs: [String: WriteCost] = [:]
        var throttle: FakeDynamoDB.Limit?
        for (index, write) in writes.enumerated() {
            guard tables[write.table]?.isThere == true else { throw .notFound }
            var isApplied = selection.isIncluded(index)
            if isApplied {
                switch take(write, now: now) {
                case .success(let cost): costs.add(cost, to: write.table)
                case .failure(let limit):
                    throttle = limit.limit
                    isApplied = false
                }
            }
            note(write, call, isApplied: isApplied, now: now)
            if !isApplied { left.append(write) }
        }
        // Where nothing could be written, the service has an error and no answer.
        if let throttle, left.count == writes.count { throw throttle.failure("TableWrite") }
        if selection.isReversed { left.reverse() }
        return FakeDynamoDB.Outcome(
            body: batchAnswer(left.map { ($0.table, $0.unprocessed()) }, costs, call),
            entries: first..<journal.count
        )
    }

    fileprivate mutating func apply(
        _ write: CheckedWrite,
        if condition: ConditionExpression?,
        _ call: Call,
        now: Duration
    ) throws(FakeFailure) -> FakeDynamoDB.Outcome {
        guard tables[write.table]?.isThere == true else { throw .notFound }
        let first = journal.count
        if let condition {
            let old = tables[write.table]?.items[write.key]
            let found = old.flatMap { try? JSONParser.parse($0.bytes) }
            if !condition.holds(for: found) {
                try refuse(write, found, call, now: now)
            }
        }
        switch take(write, now: now) {
        case .failure(let limit):
            note(write, call, isApplied: false, now: now)
            throw limit.limit.failure("TableWrite")
        case .success(let cost):
            note(write, call, isApplied: true, now: now)
            var members: [JSONMember] = []
            if let capacity = capacity(of: write.table, cost, call) {
                members.append(JSONMember(name: "ConsumedCapacity", value: capacity))
            }
            return FakeDynamoDB.Outcome(
                body: JSONValue.object(members).serializedBytes(),
                entries: first..<journal.count
            )
        }
    }

    /// The answer to a condition that does not hold: it costs as much as the item that it looked at.
    private mutating func refuse(
        _ write: CheckedWrite,
        _ found: JSONValue?,
        _ call: Call,
        now: Duration
    ) throws(FakeFailure) {
        let size = max(tables[write.table]?.items[write.key]?.size ?? 0, write.item?.size ?? 0)
        let units = Double(max(1, (size + 1023) / 1024))
        let limit = tables[write.table]?.writes.take(units, key: write.key, now: now)
        note(write, call, isApplied: false, now: now)
        if let limit { throw limit.failure("TableWrite") }
        var failure = FakeFailure(
            type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            message: "The conditional request failed"
        )
        if call.body["ReturnValuesOnConditionCheckFailure"]?.string == "ALL_OLD", let found {
            failure.extra = [JSONMember(name: "Item", value: found)]
        }
        throw failure
    }

    private struct Refused: Error {
        var limit: FakeDynamoDB.Limit
    }

    /// Carries out the write, where the limits allow what it costs.
    private mutating func take(
        _ write: CheckedWrite,
        now: Duration
    ) -> Result<WriteCost, Refused> {
        // In a closure: a copy of the table that lives on would make the put below copy it all.
        let cost = tables[write.table].map { table in
            WriteCost(table.schema, old: table.items[write.key], new: write.item)
        }
        guard let cost else { preconditionFailure("the caller looks for the table") }
        if let limit = tables[write.table]?.writes.take(cost.total, key: write.key, now: now) {
            return .failure(Refused(limit: limit))
        }
        if let item = write.item {
            tables[write.table]?.items.put(item)
        } else {
            tables[write.table]?.items.remove(write.key)
        }
        return .success(cost)
    }

    private mutating func note(
        _ write: CheckedWrite,
        _ call: Call,
        isApplied: Bool,
        now: Duration
    ) {
        journal.append(
            FakeDynamoDB.JournalEntry(
                request: call.number,
                table: write.table,
                key: write.key,
                isApplied: isApplied,
                isAcknowledged: false,
                digest: write.item?.digest,
                connection: call.connection,
                time: now
            )
        )
    }
}

extension Dictionary where Key == String, Value == WriteCost {
    fileprivate mutating func add(_ cost: WriteCost, to table: String) {
        guard var sum = self[table] else {
            self[table] = cost
            return
        }
        sum.table += cost.table
        for index in sum.indexes.indices { sum.indexes[index] += cost.indexes[index] }
        self[table] = sum
    }
}
