import Contract
import Mapping
import Pipeline
import Testing

@testable import DynamoDBSink

@Suite("Target reader")
struct TargetReaderTests {
    private func reader(
        _ server: ScriptedServer,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws -> any TargetReader {
        try DynamoDBTargetStore(settings: server.settings()).connect(isStopped: isStopped)
    }

    private func items(_ page: ItemPage) -> [String] {
        page.items.map { String(decoding: page.text.array($0), as: UTF8.self) }
    }

    private let first = SegmentScan(
        table: "T",
        segment: 1,
        segments: 4,
        isConsistent: false
    )

    @Test("a scan asks for a page of its segment, and for the next by the last key's own bytes")
    func scan() throws {
        let server = ScriptedServer { request in
            request.number == 0
                ? .http(
                    200,
                    #"{"Count":2, "Items":[{"k":{"S":"}\""}}, {"k":{"N":"2"}}],"LastEvaluatedKey":"#
                        + #"{"k": {"N":"2"}},"ConsumedCapacity":{"TableName":"T","CapacityUnits":2.5}}"#
                )
                : .http(200, #"{"Items":[],"Count":0,"LastEvaluatedKey":{}}"#)
        }
        defer { server.stop() }
        let reader = try reader(server)
        let page = try reader.scan(first)
        #expect(items(page) == [#"{"k":{"S":"}\""}}"#, #"{"k":{"N":"2"}}"#])
        #expect(page.readUnits == 2.5)
        #expect(page.next.map { String(decoding: $0, as: UTF8.self) } == #"{"k": {"N":"2"}}"#)
        var second = first
        second.after = page.next
        second.isConsistent = true
        let last = try reader.scan(second)
        #expect(items(last) == [])
        #expect(last.next == nil)
        #expect(server.requests.map(\.target) == ["Scan", "Scan"])
        #expect(
            server.requests.map(\.body) == [
                #"{"TableName":"T","Segment":1,"TotalSegments":4,"Limit":4000,"#
                    + #""ReturnConsumedCapacity":"TOTAL","ConsistentRead":false}"#,
                #"{"TableName":"T","Segment":1,"TotalSegments":4,"Limit":4000,"#
                    + #""ReturnConsumedCapacity":"TOTAL","ConsistentRead":true,"#
                    + #""ExclusiveStartKey":{"k": {"N":"2"}}}"#,
            ]
        )
    }

    @Test(
        "an answer that is no page is asked for again",
        arguments: [
            "", "{}", "[]", "null", #"{"Items":{}}"#, #"{"Items":[{"k":{"S":"1"}}]"#,
            #"{"Count":1}"#, "<html></html>", #"{"Items":[]} x"#,
        ]
    )
    func malformed(body: String) throws {
        let server = ScriptedServer { request in
            .http(200, request.number < 2 ? body : #"{"Items":[{"k":{"S":"1"}}]}"#)
        }
        defer { server.stop() }
        let page = try reader(server).scan(first)
        #expect(items(page) == [#"{"k":{"S":"1"}}"#])
        #expect(server.requests.count == 3)
    }

    @Test("throttles and lost connections are waited out; a stop ends the waiting")
    func throttles() throws {
        let server = ScriptedServer { request in
            switch request.number {
            case 0: .http(400, #"{"__type":"c#ProvisionedThroughputExceededException"}"#)
            case 1: .close
            case 2: .http(500, "")
            default: .http(200, #"{"Items":[]}"#)
            }
        }
        defer { server.stop() }
        #expect(try items(reader(server).scan(first)) == [])
        let busy = ScriptedServer { _ in .http(400, #"{"__type":"c#ThrottlingException"}"#) }
        defer { busy.stop() }
        #expect {
            try reader(busy, isStopped: { true }).scan(first)
        } throws: { error in
            (error as? DynamoDBError)?.code == "Cancelled"
        }
    }

    @Test("an error that no retry helps ends the scan")
    func fatal() throws {
        let server = ScriptedServer { _ in
            .http(400, #"{"__type":"c#AccessDeniedException","message":"no"}"#)
        }
        defer { server.stop() }
        #expect {
            try reader(server).scan(first)
        } throws: { error in
            (error as? DynamoDBError)?.code == "AccessDeniedException"
        }
        #expect(server.requests.count == 1)
    }

    @Test("gets items by key, and asks again for what was left")
    func get() throws {
        let server = ScriptedServer { request in
            switch request.number {
            case 0:
                .http(
                    200,
                    #"{"Responses":{"T":[{"k":{"S":"b"},"v":{"N":"1"}}]},"UnprocessedKeys":{"T":"#
                        + #"{"Keys":[{"k":{"S":"a"}}],"ConsistentRead":true}},"ConsumedCapacity":"#
                        + #"[{"TableName":"T","CapacityUnits":1}]}"#
                )
            default:
                .http(200, #"{"Responses":{"T":[{"k":{"S":"a"}}]},"UnprocessedKeys":{}}"#)
            }
        }
        defer { server.stop() }
        let page = try reader(server).get(
            table: "T",
            keys: [#"{"k":{"S":"a"}}"#, #"{"k":{"S":"b"}}"#].map { Array($0.utf8) }
        )
        #expect(items(page) == [#"{"k":{"S":"b"},"v":{"N":"1"}}"#, #"{"k":{"S":"a"}}"#])
        #expect(page.readUnits == 1)
        #expect(
            server.requests.map(\.body) == [
                #"{"RequestItems":{"T":{"Keys":[{"k":{"S":"a"}},{"k":{"S":"b"}}],"#
                    + #""ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"}"#,
                #"{"RequestItems":{"T":{"Keys":[{"k":{"S":"a"}}],"#
                    + #""ConsistentRead":true}},"ReturnConsumedCapacity":"TOTAL"}"#,
            ]
        )
    }

    @Test("deletes items, and again what was left")
    func delete() throws {
        let server = ScriptedServer { request in
            switch request.number {
            case 0:
                .http(
                    200,
                    #"{"UnprocessedItems":{"T":[{"DeleteRequest":{"Key":{"k":{"S":"b"}}}}]},"#
                        + #""ConsumedCapacity":[{"TableName":"T","CapacityUnits":2}]}"#
                )
            case 1:
                .http(400, #"{"__type":"c#ThrottlingException"}"#)
            default:
                .http(
                    200,
                    #"{"UnprocessedItems":{},"ConsumedCapacity":[{"CapacityUnits":1.0}]}"#
                )
            }
        }
        defer { server.stop() }
        let units = try reader(server).delete(
            table: "T",
            keys: [#"{"k":{"S":"a"}}"#, #"{"k":{"S":"b"}}"#].map { Array($0.utf8) }
        )
        #expect(units == 3)
        let one = #"{"DeleteRequest":{"Key":{"k":{"S":"b"}}}}"#
        #expect(
            server.requests.map(\.body) == [
                #"{"RequestItems":{"T":[{"DeleteRequest":{"Key":{"k":{"S":"a"}}}},\#(one)]},"#
                    + #""ReturnConsumedCapacity":"INDEXES"}"#,
                #"{"RequestItems":{"T":[\#(one)]},"ReturnConsumedCapacity":"INDEXES"}"#,
                #"{"RequestItems":{"T":[\#(one)]},"ReturnConsumedCapacity":"INDEXES"}"#,
            ]
        )
    }
}
