import Contract

/// What the fake does with each operation.
extension FakeDynamoDB.State {
    mutating func batchWrite(
        _ body: JSONValue,
        request: Int,
        unprocessed: Set<Int>,
        isReversed: Bool,
        isAcknowledged: Bool
    ) throws(FakeFailure) -> JSONValue {
        let puts = FakeDynamoDB.puts(of: body)
        guard !puts.isEmpty else {
            throw .validation("The requestItems parameter is required for BatchWriteItem")
        }
        guard puts.count <= 25 else {
            throw .validation(
                "1 validation error detected: Value at 'requestItems' failed to satisfy "
                    + "constraint: Member must have length less than or equal to 25"
            )
        }
        var checked: [(table: String, key: String, item: JSONValue, size: Int)] = []
        var seen: Set<String> = []
        for (table, item) in puts {
            let (key, item, size) = try check(item, table: table)
            guard seen.insert(table + "/" + key).inserted else {
                throw .validation("Provided list of item keys contains duplicates")
            }
            checked.append((table, key, item, size))
        }
        // Nothing is stored before everything was found valid.
        var left: [(table: String, request: JSONValue)] = []
        var units: [String: Double] = [:]
        for (index, put) in checked.enumerated() {
            let isApplied = !unprocessed.contains(index)
            journal.append(
                FakeDynamoDB.JournalEntry(
                    request: request,
                    table: put.table,
                    key: put.key,
                    isApplied: isApplied,
                    isAcknowledged: isApplied && isAcknowledged
                )
            )
            if isApplied {
                units[put.table, default: 0] += store(put.item, put.size, put.key, put.table)
            } else {
                let request = JSONValue.object([
                    JSONMember(
                        name: "PutRequest",
                        value: .object([JSONMember(name: "Item", value: put.item)])
                    )
                ])
                left.append((put.table, request))
            }
        }
        if isReversed { left.reverse() }
        return Self.batchAnswer(left: left, units: units)
    }

    private static func batchAnswer(
        left: [(table: String, request: JSONValue)],
        units: [String: Double]
    ) -> JSONValue {
        var tables: [JSONMember] = []
        for name in Set(left.map(\.table)).sorted() {
            let requests = left.filter { $0.table == name }.map(\.request)
            tables.append(JSONMember(name: name, value: .array(requests)))
        }
        let capacity = units.sorted { $0.key < $1.key }.map { table, units in
            JSONValue.object([
                JSONMember(name: "TableName", value: .string(table)),
                JSONMember(name: "CapacityUnits", value: .number("\(units)")),
            ])
        }
        return .object([
            JSONMember(name: "UnprocessedItems", value: .object(tables)),
            JSONMember(name: "ConsumedCapacity", value: .array(capacity)),
        ])
    }

    /// Stores an item; says the write units that it cost, indexes included.
    private mutating func store(
        _ item: JSONValue,
        _ size: Int,
        _ key: String,
        _ table: String
    ) -> Double {
        let unitBytes = 1024
        let units = Double(max(1, (size + unitBytes - 1) / unitBytes))
        tables[table]?.items[key] = item
        let indexes = (tables[table]?.indexes ?? []).filter { index in
            index.keys.allSatisfy { item[$0.name] != nil }
        }
        return units * Double(1 + indexes.count)
    }

    private func check(
        _ item: JSONValue,
        table: String
    ) throws(FakeFailure) -> (key: String, item: JSONValue, size: Int) {
        guard let fake = tables[table], fake.creatingAnswers == 0 else { throw .notFound }
        do {
            let (checked, size) = try ItemRules.check(item)
            let key = try fake.key(of: checked)
            try fake.checkIndexKeys(of: checked)
            return (key, checked, size)
        } catch {
            throw .validation(error.message)
        }
    }

    mutating func putItem(_ body: JSONValue, request: Int) throws(FakeFailure) -> JSONValue {
        guard let table = body["TableName"]?.string, let item = body["Item"] else {
            throw .validation("TableName and Item are required")
        }
        let (key, checked, size) = try check(item, table: table)
        journal.append(
            FakeDynamoDB.JournalEntry(
                request: request,
                table: table,
                key: key,
                isApplied: true,
                isAcknowledged: true
            )
        )
        _ = store(checked, size, key, table)
        return .object([])
    }

    func getItem(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["TableName"]?.string, let table = tables[name],
            let wanted = body["Key"]
        else { throw .notFound }
        do {
            guard let item = table.items[try table.key(of: wanted)] else { return .object([]) }
            return .object([JSONMember(name: "Item", value: item)])
        } catch {
            throw .validation(error.message)
        }
    }

    /// Scans in key order, in segments by the key's first byte sum.
    func scan(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["TableName"]?.string, let table = tables[name] else {
            throw .notFound
        }
        let segment = body["Segment"]?.int ?? 0
        let segments = body["TotalSegments"]?.int ?? 1
        let limit = body["Limit"]?.int ?? 1000
        let start: String?
        do {
            start = try body["ExclusiveStartKey"].map { key throws(ItemRules.Violation) in
                try table.key(of: key)
            }
        } catch {
            throw .validation(error.message)
        }
        let page = table.items.keys.sorted().filter { key in
            let sum = key.utf8.reduce(0) { $0 &+ Int($1) }
            return sum % segments == segment && start.map { key > $0 } ?? true
        }.prefix(limit)
        let items = page.compactMap { table.items[$0] }
        var members = [
            JSONMember(name: "Items", value: .array(items)),
            JSONMember(name: "Count", value: .number("\(items.count)")),
            JSONMember(name: "ScannedCount", value: .number("\(items.count)")),
        ]
        if page.count == limit, let last = items.last {
            let key = table.keys.compactMap { key in
                last[key.name].map { JSONMember(name: key.name, value: $0) }
            }
            members.append(JSONMember(name: "LastEvaluatedKey", value: .object(key)))
        }
        return .object(members)
    }

    mutating func createTable(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        tablesMade += 1
        let table: FakeTable
        do {
            table = try FakeTable(
                request: body,
                id: "00000000-0000-4000-8000-\(100_000_000_000 + tablesMade)",
                creatingAnswers: creatingAnswers
            )
        } catch {
            throw .validation(error.message)
        }
        guard tables[table.name] == nil else {
            throw FakeFailure(
                type: "com.amazonaws.dynamodb.v20120810#ResourceInUseException",
                message: "Cannot create preexisting table"
            )
        }
        tables[table.name] = table
        return .object([JSONMember(name: "TableDescription", value: table.description())])
    }

    mutating func describeTable(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["TableName"]?.string, let table = tables[name] else {
            throw .notFound
        }
        let answer = JSONValue.object([JSONMember(name: "Table", value: table.description())])
        if table.creatingAnswers > 0 { tables[name]?.creatingAnswers -= 1 }
        return answer
    }

    mutating func deleteTable(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["TableName"]?.string, let table = tables[name] else {
            throw .notFound
        }
        tables[name] = nil
        return .object([JSONMember(name: "TableDescription", value: table.description())])
    }

    func listTables() -> JSONValue {
        .object([
            JSONMember(
                name: "TableNames",
                value: .array(tables.keys.sorted().map { .string($0) })
            )
        ])
    }

    func listTags(_ body: JSONValue) throws(FakeFailure) -> JSONValue {
        guard let name = body["ResourceArn"]?.string?.split(separator: "/").last,
            let table = tables[String(name)]
        else { throw .notFound }
        return .object([
            JSONMember(name: "Tags", value: table.request["Tags"] ?? .array([]))
        ])
    }
}
