import Contract
import Synchronization

/// Gets and scans.
extension FakeDynamoDB {
    func getItem(_ call: Call) throws(FakeFailure) -> Outcome {
        guard let name = call.body["TableName"]?.string, let schema = schema(of: name),
            let wanted = call.body["Key"]
        else { throw .notFound }
        let key = try key(wanted, schema)
        let projection = try Projection(call.body)
        return try state.withLock { state throws(FakeFailure) in
            let item = state.tables[name]?.items[key]
            try state.takeReads(item?.size ?? 0, call.body, table: name, now: now)
            guard let item else { return Outcome(body: Array("{}".utf8), entries: 0..<0) }
            let body = Array(#"{"Item":"#.utf8) + projection.apply(item.bytes) + Array("}".utf8)
            return Outcome(body: body, entries: 0..<0)
        }
    }

    func batchGet(_ call: Call, _ selection: Selection) throws(FakeFailure) -> Outcome {
        let requests = call.body["RequestItems"]?.members ?? []
        let count = requests.reduce(0) { $0 + ($1.value["Keys"]?.array?.count ?? 0) }
        guard count > 0, count <= 100 else {
            throw .validation(
                "1 validation error detected: Value at 'requestItems' failed to satisfy "
                    + "constraint: Member must have length between 1 and 100 keys"
            )
        }
        var found: [(table: String, items: [[UInt8]])] = []
        var left: [JSONMember] = []
        var index = 0
        for request in requests {
            guard let schema = schema(of: request.name) else { throw .notFound }
            let projection = try Projection(request.value)
            var items: [[UInt8]] = []
            var unprocessed: [JSONValue] = []
            var seen: Set<String> = []
            for wanted in request.value["Keys"]?.array ?? [] {
                let key = try key(wanted, schema)
                guard seen.insert(key).inserted else {
                    throw .validation("Provided list of item keys contains duplicates")
                }
                let isRead = selection.isIncluded(index)
                index += 1
                if !isRead {
                    unprocessed.append(wanted)
                } else if let item = state.withLock({ $0.tables[request.name]?.items[key] }) {
                    items.append(projection.apply(item.bytes))
                }
            }
            // The answer's order is not the request's.
            found.append((request.name, items.reversed()))
            if !unprocessed.isEmpty {
                let others = (request.value.members ?? []).filter { $0.name != "Keys" }
                let keys = JSONMember(name: "Keys", value: .array(unprocessed))
                left.append(JSONMember(name: request.name, value: .object([keys] + others)))
            }
        }
        let tables = found.map { table, items in
            Array("\(JSONText.quoted(table)):[".utf8)
                + items.joined(separator: Array(",".utf8)) + Array("]".utf8)
        }
        let body =
            Array(#"{"Responses":{"#.utf8) + tables.joined(separator: Array(",".utf8))
            + Array(#"},"UnprocessedKeys":"#.utf8) + JSONValue.object(left).serializedBytes()
        return Outcome(body: body + Array("}".utf8), entries: 0..<0)
    }

    private func key(
        _ wanted: JSONValue,
        _ schema: FakeTable.Schema
    ) throws(FakeFailure) -> String {
        do {
            return try schema.key(named: wanted)
        } catch {
            throw .validation(error.message)
        }
    }

    func scan(_ call: Call) throws(FakeFailure) -> Outcome {
        let body = call.body
        guard let name = body["TableName"]?.string, let schema = schema(of: name) else {
            throw .notFound
        }
        let segments = body["TotalSegments"]?.int ?? 1
        let segment = body["Segment"]?.int ?? 0
        guard (1...1_000_000).contains(segments), (0..<segments).contains(segment),
            (body["Segment"] == nil) == (body["TotalSegments"] == nil)
        else { throw .validation("The Segment parameter is required and less than TotalSegments") }
        let limit = body["Limit"]?.int ?? .max
        guard limit > 0 else {
            throw .validation("Limit must be greater than or equal to 1")
        }
        let start = try body["ExclusiveStartKey"].map { wanted throws(FakeFailure) in
            try key(wanted, schema)
        }
        let projection = try Projection(body)
        let (page, isCut) = try state.withLock { state throws(FakeFailure) in
            let page = state.tables[name]?.items.page(
                after: start,
                hashes: ItemStore.hashes(segment: segment, of: segments),
                limit: limit,
                bytesMax: state.scanPageBytes
            )
            let bytes = page?.items.reduce(0) { $0 + $1.size } ?? 0
            try state.takeReads(bytes, body, table: name, now: now)
            return page ?? (items: [], isCut: false)
        }
        var answer = Array("{".utf8)
        if body["Select"]?.string != "COUNT" {
            answer += Array(#""Items":["#.utf8)
            answer += page.map { projection.apply($0.bytes) }.joined(separator: Array(",".utf8))
            answer += Array("],".utf8)
        }
        answer += Array(#""Count":\#(page.count),"ScannedCount":\#(page.count)"#.utf8)
        if isCut, let last = page.last {
            let key = schema.keyAttributes(of: last).serializedBytes()
            answer += Array(#","LastEvaluatedKey":"#.utf8) + key
        }
        if (body["ReturnConsumedCapacity"]?.string ?? "NONE") != "NONE" {
            let bytes = page.reduce(0) { $0 + $1.size }
            let capacity = JSONValue.members([
                "TableName": .string(name),
                "CapacityUnits": .number(State.readUnits(bytes, body)),
            ])
            answer += Array(#","ConsumedCapacity":"#.utf8) + capacity.serializedBytes()
        }
        return Outcome(body: answer + Array("}".utf8), entries: 0..<0)
    }
}

extension FakeDynamoDB.State {
    /// Half a unit for each 4 KB, a whole one if the read is consistent.
    static func readUnits(_ bytes: Int, _ request: JSONValue) -> Double {
        let blocks = Double(max(1, (bytes + 4095) / 4096))
        return request["ConsistentRead"]?.bool == true ? blocks : blocks / 2
    }

    fileprivate mutating func takeReads(
        _ bytes: Int,
        _ request: JSONValue,
        table: String,
        now: Duration
    ) throws(FakeFailure) {
        let units = Self.readUnits(bytes, request)
        if let limit = tables[table]?.reads.take(units, key: "", now: now) {
            throw limit.failure("TableRead")
        }
    }
}

/// The attributes that a read asks for: names at the top of the item, and nothing deeper.
private struct Projection {
    private var names: Set<String>?

    init(_ request: JSONValue) throws(FakeFailure) {
        guard let text = request["ProjectionExpression"]?.string else { return }
        let given = request["ExpressionAttributeNames"]
        var names: Set<String> = []
        for part in text.split(separator: ",") {
            let token = String(part.filter { $0 != " " })
            let name = token.hasPrefix("#") ? given?[token]?.string : token
            guard let name, !name.isEmpty, !name.contains(where: { ".[]".contains($0) }) else {
                throw .validation("Invalid ProjectionExpression: \(text)")
            }
            names.insert(name)
        }
        self.names = names
    }

    func apply(_ item: [UInt8]) -> [UInt8] {
        guard let names, let members = (try? JSONParser.parse(item))?.members else { return item }
        return JSONValue.object(members.filter { names.contains($0.name) }).serializedBytes()
    }
}
