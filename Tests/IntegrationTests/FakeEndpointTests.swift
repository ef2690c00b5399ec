import Contract
import DynamoDBSink
import Synchronization
import TestSupport
import Testing

/// The fake by itself: what the other tests rely on.
@Suite("The fake endpoint")
struct FakeEndpointTests {
    /// A fake with a table `T` (key `id`, index `byG` of `g`) and a client of it.
    private struct Bench {
        let fake: FakeDynamoDB
        let client: DynamoDBClient

        init(
            sortKey: KeyAttribute? = nil,
            faults: @escaping @Sendable (FakeDynamoDB.Request) -> FakeDynamoDB.Fault? = { _ in nil }
        ) throws {
            fake = try FakeDynamoDB(faults: faults)
            var settings = try TestEndpoint(kind: .fake, url: fake.url).settings()
            settings.requestTimeout = .seconds(1)
            client = try DynamoDBClient(settings: settings)
            client.callFor = .zero
            let index = SecondaryIndex(
                name: "byG",
                partitionKey: KeyAttribute(name: "g", type: .string),
                sortKey: nil,
                projection: .keysOnly,
                path: ""
            )
            let table = Table(
                name: "T",
                isMultiEntity: false,
                partitionKey: KeyAttribute(name: "id", type: .string),
                sortKey: sortKey,
                indexes: [index],
                entities: [],
                path: ""
            )
            try TableAdmin(client: client).create(table, prefix: "")
        }

        /// The answer as text, or the error's code.
        func call(_ operation: String, _ json: String) -> String {
            do {
                let body = try JSONParser.parse(Array(json.utf8))
                return try client.call(operation, body, table: "T").serialized()
            } catch let error as DynamoDBError {
                return error.code
            } catch {
                return "\(error)"
            }
        }

        func put(_ item: String, _ condition: String = "") -> String {
            call("PutItem", #"{"TableName":"T","Item":\#(item)\#(condition)}"#)
        }

        /// Units that a put of the item takes: the table's and the index's.
        func cost(_ item: String) throws -> [String] {
            let answer = try client.call(
                "PutItem",
                JSONParser.parse(
                    Array(
                        #"{"TableName":"T","Item":\#(item),"ReturnConsumedCapacity":"INDEXES"}"#
                            .utf8
                    )
                ),
                table: "T"
            )["ConsumedCapacity"]
            return [
                answer?["Table"]?["CapacityUnits"]?.serialized() ?? "-",
                answer?["GlobalSecondaryIndexes"]?["byG"]?["CapacityUnits"]?.serialized() ?? "-",
            ]
        }
    }

    private static func item(_ id: String, _ version: String? = nil) -> String {
        let rest = version.map { #","v":{"N":"\#($0)"}"# } ?? ""
        return #"{"id":{"S":"\#(id)"}\#(rest)}"#
    }

    @Test(
        "evaluates conditions as the service does",
        arguments: [
            ("attribute_not_exists(#k)", ##"{"#k":"id"}"##, "", false),
            ("attribute_exists(#k)", ##"{"#k":"id"}"##, "", true),
            (
                "attribute_not_exists(#k) OR #v < :n", ##"{"#k":"id","#v":"v"}"##,
                #"{":n":{"N":"1e1"}}"#, true
            ),
            ("#v < :n", ##"{"#v":"v"}"##, #"{":n":{"N":"9.00"}}"#, false),
            ("#v <= :n", ##"{"#v":"v"}"##, #"{":n":{"N":"9.00"}}"#, true),
            ("#v = :n", ##"{"#v":"v"}"##, #"{":n":{"N":"9.00"}}"#, true),
            ("#v > :n", ##"{"#v":"v"}"##, #"{":n":{"N":"-100"}}"#, true),
            ("v <> :n AND NOT (v >= :n)", "", #"{":n":{"N":"9.1"}}"#, true),
            ("#v < :n", ##"{"#v":"v"}"##, #"{":n":{"S":"10"}}"#, false),
            ("#missing < :n", ##"{"#missing":"missing"}"##, #"{":n":{"N":"1"}}"#, false),
        ]
    )
    func conditions(text: String, names: String, values: String, holds: Bool) throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        #expect(bench.put(Self.item("a", "9")) == "{}")
        var condition = #","ConditionExpression":"\#(text)""#
        if !names.isEmpty { condition += #","ExpressionAttributeNames":\#(names)"# }
        if !values.isEmpty { condition += #","ExpressionAttributeValues":\#(values)"# }
        let expected = holds ? "{}" : "ConditionalCheckFailedException"
        #expect(bench.put(Self.item("a", "11"), condition) == expected)
        let kept = try #require(bench.fake.items(of: "T")["1:a"])
        #expect(kept["v"]?["N"]?.string == (holds ? "11" : "9"))
        #expect(bench.fake.journal.map(\.isApplied) == [true, holds])
        #expect(bench.fake.journal.map(\.isAcknowledged) == [true, holds])
    }

    @Test(
        "refuses conditions that the service refuses",
        arguments: [
            ##","ConditionExpression":"#k = :v""##,
            ##","ConditionExpression":"a = :v","ExpressionAttributeNames":{"#k":"id"}"##,
            ##","ExpressionAttributeNames":{"#k":"id"}"##,
            #","ConditionExpression":"attribute_exists(name)""#,
            #","ConditionExpression":"attribute_exists(a) OR""#,
            #","ConditionExpression":"a =""#,
            #","ConditionExpression":"attribute_exists(a)","ExpressionAttributeValues":{":v":{"S":"x"}}"#,
        ]
    )
    func invalidConditions(condition: String) throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        #expect(bench.put(Self.item("a"), condition) == "ValidationException")
    }

    @Test("counts write units of the table and of an index by the service's rules")
    func writeUnits() throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        func item(_ g: String?, _ bytes: Int) -> String {
            let text = String(repeating: "x", count: bytes)
            let index = g.map { #""g":{"S":"\#($0)"},"# } ?? ""
            return #"{"id":{"S":"a"},\#(index)"t":{"S":"\#(text)"}}"#
        }
        #expect(try bench.cost(item(nil, 10)) == ["1.0", "-"])
        #expect(try bench.cost(item("one", 2000)) == ["2.0", "1.0"])
        // Nothing that the index holds has changed.
        #expect(try bench.cost(item("one", 10)) == ["2.0", "-"])
        #expect(try bench.cost(item("two", 1)) == ["1.0", "2.0"])
        #expect(try bench.cost(item(nil, 1)) == ["1.0", "1.0"])
    }

    @Test("throttles what goes beyond a limit, and keeps within it in every second")
    func limits() throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        bench.fake.setWriteLimits(
            [
                .init(unitsPerSecond: 50, burst: 10),
                .init(.keyRange, unitsPerSecond: 1, keyPrefix: "hot"),
            ],
            of: "T"
        )
        var answers: [String: Int] = [:]
        for number in 0..<200 { answers[bench.put(Self.item("k\(number)")), default: 0] += 1 }
        #expect(answers["ProvisionedThroughputExceededException", default: 0] > 50)
        #expect(bench.fake.peakWriteUnits(of: "T", within: .seconds(1)) <= 61)
        #expect(bench.fake.throttledWrites(of: "T") == 200 - answers["{}", default: 0])
        #expect(bench.fake.itemCount(of: "T") == answers["{}"])
        bench.fake.setWriteLimits(
            [.init(.keyRange, unitsPerSecond: 0.001, burst: 1, keyPrefix: "hot")],
            of: "T"
        )
        #expect(bench.put(Self.item("hot1")) == "{}")
        #expect(bench.put(Self.item("hot2")) == "ThrottlingException")
        #expect(bench.put(Self.item("cold")) == "{}")
    }

    @Test("scans in pages, in an order that is not the keys'")
    func scan() throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        let keys = (100..<300).map { "k\($0)" }
        for key in keys { #expect(bench.put(Self.item(key)) == "{}") }
        bench.fake.setScanPageBytes(50)
        var found: [String] = []
        for segment in 0..<3 {
            var start = ""
            repeat {
                let answer = try JSONParser.parse(
                    Array(
                        bench.call(
                            "Scan",
                            #"{"TableName":"T","Segment":\#(segment),"TotalSegments":3\#(start)}"#
                        ).utf8
                    )
                )
                let items = answer["Items"]?.array ?? []
                #expect(items.count <= 9)
                found += items.compactMap { $0["id"]?["S"]?.string }
                let last = answer["LastEvaluatedKey"]
                start = last.map { #","ExclusiveStartKey":\#($0.serialized())"# } ?? ""
            } while !start.isEmpty
        }
        #expect(found != keys)
        #expect(found.sorted() == keys)
    }

    @Test("gets and deletes items, alone and in batches")
    func getAndDelete() throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        for key in ["a", "b", "c"] { #expect(bench.put(Self.item(key, "1.0")) == "{}") }
        #expect(
            bench.call("GetItem", #"{"TableName":"T","Key":{"id":{"S":"a"}}}"#)
                == #"{"Item":{"id":{"S":"a"},"v":{"N":"1"}}}"#
        )
        #expect(
            bench.call(
                "BatchGetItem",
                #"{"RequestItems":{"T":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"x"}}],"#
                    + ##""ProjectionExpression":"#v","ExpressionAttributeNames":{"#v":"v"}}}}"##
            ) == #"{"Responses":{"T":[{"v":{"N":"1"}}]},"UnprocessedKeys":{}}"#
        )
        #expect(bench.call("DeleteItem", #"{"TableName":"T","Key":{"id":{"S":"a"}}}"#) == "{}")
        #expect(
            bench.call(
                "BatchWriteItem",
                #"{"RequestItems":{"T":[{"DeleteRequest":{"Key":{"id":{"S":"b"}}}}]}}"#
            ) == #"{"UnprocessedItems":{}}"#
        )
        #expect(bench.fake.items(of: "T").keys.sorted() == ["1:c"])
    }

    @Test("applies a request after its client has given up on it")
    func late() async throws {
        let bench = try Bench { request in
            request.operation == "PutItem" ? .late(.milliseconds(1200)) : nil
        }
        defer { bench.fake.stop() }
        #expect(bench.put(Self.item("a")) == "ConnectionFailed")
        #expect(bench.fake.itemCount(of: "T") == 0)
        for _ in 0..<100 where bench.fake.itemCount(of: "T") == 0 {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(bench.fake.lastApplied(in: "T").count == 1)
        #expect(bench.fake.acknowledged(in: "T").isEmpty)
    }

    @Test("tells what it would of expired credentials, a wrong clock and a table made anew")
    func identities() throws {
        let bench = try Bench()
        defer { bench.fake.stop() }
        let admin = TableAdmin(client: bench.client)
        let before = try admin.describe("T")?.tableID
        bench.fake.recreate(table: "T")
        let after = try admin.describe("T")?.tableID
        #expect(before != nil && after != nil && before != after)
        bench.fake.setStatus("DELETING", of: "T")
        #expect(try admin.describe("T")?.status == "DELETING")
        bench.fake.expire(accessKeyID: "unglue")
        #expect(bench.put(Self.item("a")) == "ExpiredTokenException")
    }
}
