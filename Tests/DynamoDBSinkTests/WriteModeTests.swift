import Contract
import Mapping
import Pipeline
import Testing

@testable import DynamoDBSink

@Suite("Write modes as requests")
struct WriteModeTests {
    private static let end =
        #","ReturnConsumedCapacity":"INDEXES","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"#
    private static let ifAbsentTail =
        ##","ConditionExpression":"attribute_not_exists(#k)","##
        + ##""ExpressionAttributeNames":{"#k":"PK"}"## + end

    private func body(_ item: String, _ mode: WriteMode, version: String? = nil) throws -> String {
        let table = Batches.table("t", versionAttribute: version)
        let condition = try PutCondition(mode, table: table)
        let batch = Batches.batch([#"{"PK":{"S":"other"}}"#, item], table: "prefix-t")
        return String(decoding: condition.body(of: batch, item: 1).array(), as: UTF8.self)
    }

    @Test("if-absent puts an item under the condition that none has its key")
    func ifAbsent() throws {
        let item = #"{"PK":{"S":"a"},"v":{"N":"7"}}"#
        #expect(
            try body(item, .ifAbsent, version: "v")
                == #"{"TableName":"prefix-t","Item":\#(item)"# + Self.ifAbsentTail
        )
    }

    @Test(
        "newer compares the version with the item's own bytes, whatever its name",
        arguments: [
            ("v", #""v":{"N":"7.50"}"#, #"{"N":"7.50"}"#, #""v""#),
            (
                "changed at", #""changed at":{"S":"2024-02-29"}"#, #"{"S":"2024-02-29"}"#,
                #""changed at""#
            ),
            (#"a"\b"#, #""a\"\\b":{"N":"1"}"#, #"{"N":"1"}"#, #""a\"\\b""#),
            ("é", #""\u00e9":{"B":"AA=="}"#, #"{"B":"AA=="}"#, #""é""#),
        ]
    )
    func newer(_ name: String, _ member: String, _ value: String, _ quoted: String) throws {
        let item = #"{"PK":{"S":"a"},"m":{"M":{"v":{"N":"1"}}},\#(member),"x":{"S":"y"}}"#
        #expect(
            try body(item, .newer, version: name)
                == #"{"TableName":"prefix-t","Item":\#(item)"#
                + ##","ConditionExpression":"attribute_not_exists(#k) OR #v < :v","##
                + ##""ExpressionAttributeNames":{"#k":"PK","#v":\##(quoted)},"##
                + #""ExpressionAttributeValues":{":v":\#(value)}"# + Self.end
        )
    }

    @Test(
        "newer writes an item without a version that can be compared only where none is",
        arguments: [
            #"{"PK":{"S":"a"}}"#, #"{"PK":{"S":"a"},"v":{"NULL":true}}"#,
            #"{"PK":{"S":"a"},"m":{"M":{"v":{"N":"1"}}}}"#, #"{"PK":{"S":"v"},"w":{"S":"v"}}"#,
        ]
    )
    func newerWithoutVersion(_ item: String) throws {
        #expect(
            try body(item, .newer, version: "v")
                == #"{"TableName":"prefix-t","Item":\#(item)"# + Self.ifAbsentTail
        )
    }

    @Test("newer without a version attribute is refused with the table's name")
    func newerNeedsVersion() throws {
        let server = ScriptedServer { _ in .close }
        defer { server.stop() }
        let error = #expect(throws: DynamoDBError.self) {
            try DynamoDBItemSink(
                settings: server.settings(),
                tables: [Batches.table("Users", versionAttribute: "v"), Batches.table("Orders")],
                mode: .newer
            )
        }
        #expect(
            error?.description
                == "Writing newer items only on table Orders failed: Settings: the contract names "
                + "no version_attribute for it. Give the table a version_attribute, an attribute "
                + "of type N or S that grows with each change of the item, or use another write "
                + "mode"
        )
    }

    @Test(
        "two spellings of one item are equal, two items are not",
        arguments: [
            (#"{"a":{"S":"x"},"b":{"N":"1.0"}}"#, #"{"b":{"N":"1"},"a":{"S":"x"}}"#, true),
            (#"{"a":{"N":"1E2"}}"#, #"{"a":{"N":"100"}}"#, true),
            (#"{"a":{"N":"-0"}}"#, #"{"a":{"N":"0"}}"#, true),
            (#"{"a":{"N":"1"}}"#, #"{"a":{"N":"1.0000000000000000000000000000000000001"}}"#, false),
            (#"{"a":{"N":"1"}}"#, #"{"a":{"S":"1"}}"#, false),
            (#"{"a":{"S":"1.0"}}"#, #"{"a":{"S":"1"}}"#, false),
            (#"{"a":{"SS":["x","y"]}}"#, #"{"a":{"SS":["y","x"]}}"#, true),
            (#"{"a":{"SS":["x","y"]}}"#, #"{"a":{"SS":["x","z"]}}"#, false),
            (#"{"a":{"NS":["1","2.50"]}}"#, #"{"a":{"NS":["2.5","1.0"]}}"#, true),
            (#"{"a":{"NS":["1","2"]}}"#, #"{"a":{"NS":["1","2","3"]}}"#, false),
            (#"{"a":{"BS":["AA==","AQ=="]}}"#, #"{"a":{"BS":["AQ==","AA=="]}}"#, true),
            (#"{"a":{"L":[{"N":"1"},{"N":"2"}]}}"#, #"{"a":{"L":[{"N":"1.0"},{"N":"2"}]}}"#, true),
            (#"{"a":{"L":[{"N":"1"},{"N":"2"}]}}"#, #"{"a":{"L":[{"N":"2"},{"N":"1"}]}}"#, false),
            (
                #"{"a":{"M":{"x":{"N":"1"},"y":{"BOOL":true}}}}"#,
                #"{"a":{"M":{"y":{"BOOL":true},"x":{"N":"1.0"}}}}"#, true
            ),
            (#"{"a":{"BOOL":true}}"#, #"{"a":{"BOOL":false}}"#, false),
            (#"{"a":{"NULL":true}}"#, #"{"a":{"NULL":true}}"#, true),
            (#"{"a":{"NULL":true}}"#, "{}", false),
            (#"{"a":{"S":"x"}}"#, #"{"a":{"S":"x"},"b":{"S":"x"}}"#, false),
        ]
    )
    func comparison(_ left: String, _ right: String, _ areEqual: Bool) throws {
        let left = try JSONParser.parse(Array(left.utf8))
        let right = try JSONParser.parse(Array(right.utf8))
        #expect(ItemComparison.areEqual(left, right) == areEqual)
        #expect(ItemComparison.areEqual(right, left) == areEqual)
    }

    @Test("the size of an item that stands there is what DynamoDB counts, or a little more")
    func sizes() throws {
        let item = """
            {"PK":{"S":"é"},"n":{"N":"-1234"},"b":{"B":"AAEC"},"t":{"BOOL":true},
            "l":{"L":[{"S":"ab"}]},"m":{"M":{"x":{"NULL":true}}},"s":{"SS":["a","bc"]}}
            """
        // 2 + 2, 1 + 5, 1 + 3, 1 + 1, 1 + 3 + 1 + 2, 1 + 3 + 1 + 1 + 1, 1 + 3
        #expect(ItemSize.bytes(of: try JSONParser.parse(Array(item.utf8))) == 34)
    }

    @Test("the cap cuts a batch into requests that each are a small part of it")
    func parts() throws {
        let items = (0..<25).map { #"{"PK":{"S":"\#($0)"}}"# }
        let batch = Batches.batch(items, table: "t")
        let table = Batches.table("t", indexes: ["g"])
        let one = try TableTraits(table, mode: .replace, unitsMax: 10)
        #expect(one.parts(of: batch) == (0..<25).map { [$0] })
        let some = try TableTraits(table, mode: .replace, unitsMax: 1_000)
        #expect(some.parts(of: batch) == [Array(0..<10), Array(10..<20), Array(20..<25)])
        let all = try TableTraits(table, mode: .replace, unitsMax: nil)
        #expect(all.parts(of: batch) == [Array(0..<25)])
        #expect(all.units(of: Array(0..<25), in: batch) == 50)
        #expect(all.units(size: 0) == 2)
        #expect(all.units(size: 1_025) == 4)
    }
}
