import Contract
import DynamoDBSink
import TestSupport
import Testing

/// One suite over the fake and the real endpoint alike: what the engine relies on must hold on
/// both, or stand in `KnownDeviation.all`.
@Suite("DynamoDB endpoint", .serialized)
struct EndpointConformanceTests {
    static let cases: [(TestEndpoint, Rule)] = TestEndpoint.all.flatMap { endpoint in
        Rule.allCases.filter { !KnownDeviation.allows(endpoint, toBreak: $0) }
            .map { (endpoint, $0) }
    }

    @Test("a real endpoint is there when one is required")
    func isThere() {
        if TestEnvironment.requiresServers { #expect(TestEndpoint.real != nil) }
        #expect(TestEndpoint.all.contains { $0.kind == .fake })
    }

    @Test("keeps the service's rules", arguments: cases)
    func rules(endpoint: TestEndpoint, rule: Rule) throws {
        let table = try ConformanceTable(endpoint, name: "conformance-\(rule.rawValue)")
        defer { table.drop() }
        switch rule {
        case .duplicateKeysAreRefused:
            #expect(table.refuses([item("a"), item("b"), item("a")]))
        case .moreThan25AreRefused:
            #expect(table.refuses((0..<26).map { item("\($0)") }))
        case .batchIsAllOrNothing:
            #expect(table.refuses([item("a"), item(""), item("b")]))
            #expect(try table.scan().isEmpty)
        case .itemSizeLimitIsExact:
            // pk (2 + 1), sk (2 + 1), and a name of 1 byte with its value.
            let room = ItemRules.itemBytesMax - 7
            #expect(!table.refuses([item("a", "x", .text(room))]))
            #expect(table.refuses([item("a", "x", .text(room + 1))]))
        case .numbersAreNormalised:
            try numbersAreNormalised(table)
        case .numberLimits:
            try numberLimits(table)
        case .nestingLimit:
            #expect(!table.refuses([item("a", "x", .nested(31))]))
            #expect(table.refuses([item("a", "x", .nested(32))]))
        case .tableKeysAreChecked:
            #expect(table.refuses([item("")]))
            #expect(table.refuses([item(String(repeating: "k", count: 2049))]))
            #expect(!table.refuses([item(String(repeating: "k", count: 2048))]))
        case .indexKeysAreChecked:
            #expect(table.refuses([item("a", "g", JSONValue.typed("S", ""))]))
            #expect(table.refuses([item("a", "g", JSONValue.typed("N", "1"))]))
            #expect(table.refuses([item("a", "g", .typedNull)]))
        case .indexKeyLengthLimit:
            #expect(!table.refuses([item("a", "g", .text(2048))]))
            #expect(table.refuses([item("a", "g", .text(2049))]))
        case .emptyMemberNames:
            let inner = JSONValue.object([JSONMember(name: "", value: .typed("S", "v"))])
            #expect(
                table.refuses([item("a", "x", .object([JSONMember(name: "M", value: inner)]))])
            )
        case .absentIndexKeysAreFine:
            #expect(!table.refuses([item("a")]))
        case .emptyTextIsKept:
            #expect(!table.refuses([item("a", "x", .typed("S", ""))]))
            #expect(try table.scan() == [item("a", "x", .typed("S", ""))])
        case .missingTableIsNotFound:
            #expect(
                table.refusal([item("a")], table: "no-such-table") == "ResourceNotFoundException"
            )
        case .capacityCountsIndexes:
            #expect(try table.writeUnits([item("a"), item("b", "g", .typed("S", "i"))]) == 3)
        case .tablesHaveIdentities:
            #expect(try table.describe()?.tableID?.isEmpty == false)
        case .segmentsAreDisjointAndComplete:
            try segments(table)
        case .binaryKeysCanBeScanned:
            try binaryKeys(endpoint)
        }
    }

    private func item(_ key: String) -> JSONValue {
        .object([
            JSONMember(name: "pk", value: .typed("S", key)),
            JSONMember(name: "sk", value: .typed("S", "s")),
        ])
    }

    private func item(_ key: String, _ name: String, _ value: JSONValue) -> JSONValue {
        .object((item(key).members ?? []) + [JSONMember(name: name, value: value)])
    }

    private func numbersAreNormalised(_ table: ConformanceTable) throws {
        let spellings = [
            "00042": "42", "-0": "0", "1.50": "1.5", "0.000": "0", "+7": "7", "120": "120",
            "-0.0100": "-0.01", "1e3": "1000",
        ]
        for (spelling, expected) in spellings {
            #expect(!table.refuses([item("a", "x", .typed("N", spelling))]), "\(spelling)")
            #expect(
                try table.scan() == [item("a", "x", .typed("N", expected))],
                "\(spelling)"
            )
        }
    }

    private func numberLimits(_ table: ConformanceTable) throws {
        let digits = String(repeating: "9", count: 38)
        for accepted in [digits, "0." + digits, "9.9e125", "1e-130", "-" + digits] {
            #expect(!table.refuses([item("a", "x", .typed("N", accepted))]), "\(accepted)")
        }
        for refused in [digits + "9", "1e126", "1e-131", "abc", "NaN", "Infinity", ""] {
            #expect(table.refuses([item("a", "x", .typed("N", refused))]), "\(refused)")
        }
    }

    private func binaryKeys(_ endpoint: TestEndpoint) throws {
        let table = try ConformanceTable(endpoint, name: "conformance-binary", keyType: .binary)
        defer { table.drop() }
        let item = JSONValue.object([
            JSONMember(name: "pk", value: .typed("B", "AAEC/w==")),
            JSONMember(name: "sk", value: .typed("S", "s")),
        ])
        #expect(!table.refuses([item]))
        let found = try (0..<4).flatMap { try table.scan(segment: $0, of: 4) }
        #expect(found == [item])
    }

    private func segments(_ table: ConformanceTable) throws {
        for start in stride(from: 0, to: 100, by: 25) {
            #expect(!table.refuses((start..<start + 25).map { item("\($0)") }))
        }
        let keys = try (0..<4).flatMap { segment in
            try table.scan(segment: segment, of: 4).compactMap { $0["pk"]?["S"]?.string }
        }
        #expect(keys.sorted() == (0..<100).map { "\($0)" }.sorted())
    }
}

/// A table of its own on one endpoint.
struct ConformanceTable {
    private let client: DynamoDBClient
    private let name: String

    init(
        _ endpoint: TestEndpoint,
        name: String,
        keyType: AttributeType = .string
    ) throws {
        self.name = name
        client = try DynamoDBClient(settings: endpoint.settings())
        let table = Table(
            name: name,
            isMultiEntity: false,
            partitionKey: KeyAttribute(name: "pk", type: keyType),
            sortKey: KeyAttribute(name: "sk", type: .string),
            indexes: [
                SecondaryIndex(
                    name: "byG",
                    partitionKey: KeyAttribute(name: "g", type: .string),
                    sortKey: nil,
                    projection: .all,
                    path: ""
                )
            ],
            entities: [],
            path: ""
        )
        let admin = TableAdmin(client: client)
        try admin.delete(name)
        try admin.waitUntilGone(name)
        try admin.create(table, prefix: "")
        try admin.waitUntilActive(name)
    }

    func drop() {
        do {
            try TableAdmin(client: client).delete(name)
        } catch {
            Issue.record(error)
        }
    }

    func describe() throws -> TableDescription? {
        try TableAdmin(client: client).describe(name)
    }

    private func write(_ items: [JSONValue], table: String) throws -> JSONValue {
        let puts = items.map { item in
            JSONValue.object([
                JSONMember(
                    name: "PutRequest",
                    value: .object([JSONMember(name: "Item", value: item)])
                )
            ])
        }
        return try client.call(
            "BatchWriteItem",
            .object([
                JSONMember(
                    name: "RequestItems",
                    value: .object([JSONMember(name: table, value: .array(puts))])
                ),
                JSONMember(name: "ReturnConsumedCapacity", value: .string("INDEXES")),
            ]),
            table: table
        )
    }

    /// The refusal's code; nil if the batch was accepted.
    func refusal(_ items: [JSONValue], table: String? = nil) -> String? {
        do {
            _ = try write(items, table: table ?? name)
            return nil
        } catch let error as DynamoDBError {
            return error.code
        } catch {
            return "\(error)"
        }
    }

    /// Whether the batch is refused as invalid, rather than for any other reason.
    func refuses(_ items: [JSONValue]) -> Bool {
        let code = refusal(items)
        return code == "ValidationException" || code == "SerializationException"
    }

    func writeUnits(_ items: [JSONValue]) throws -> Double {
        let answer = try write(items, table: name)
        return (answer["ConsumedCapacity"]?.array ?? []).reduce(0) {
            $0 + ($1["CapacityUnits"]?.double ?? 0)
        }
    }

    func scan(segment: Int = 0, of segments: Int = 1) throws -> [JSONValue] {
        var items: [JSONValue] = []
        var start: JSONValue?
        repeat {
            var request = [
                JSONMember(name: "TableName", value: .string(name)),
                JSONMember(name: "ConsistentRead", value: .bool(true)),
                JSONMember(name: "Limit", value: .number("30")),
                JSONMember(name: "Segment", value: .number("\(segment)")),
                JSONMember(name: "TotalSegments", value: .number("\(segments)")),
            ]
            if let start { request.append(JSONMember(name: "ExclusiveStartKey", value: start)) }
            let page = try client.call("Scan", .object(request), table: name)
            items += (page["Items"]?.array ?? []).map(\.inKeyOrder)
            start = page["LastEvaluatedKey"]
        } while start != nil
        return items
    }
}

extension JSONValue {
    static func typed(_ type: String, _ text: String) -> JSONValue {
        .object([JSONMember(name: type, value: .string(text))])
    }

    static let typedNull = JSONValue.object([JSONMember(name: "NULL", value: .bool(true))])

    /// Text of so many bytes.
    static func text(_ count: Int) -> JSONValue {
        typed("S", String(repeating: "t", count: count))
    }

    /// Lists within lists, a text inside the last.
    static func nested(_ containers: Int) -> JSONValue {
        (0..<containers).reduce(typed("S", "leaf")) { inner, _ in
            .object([JSONMember(name: "L", value: .array([inner]))])
        }
    }

    /// With the members in one order: DynamoDB does not keep them in any.
    var inKeyOrder: JSONValue {
        guard case .object(let members) = self else { return self }
        let order = ["pk", "sk", "g", "x"]
        return .object(
            members.sorted {
                (order.firstIndex(of: $0.name) ?? 9) < (order.firstIndex(of: $1.name) ?? 9)
            }
        )
    }
}
