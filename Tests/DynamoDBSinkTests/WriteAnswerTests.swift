import Contract
import Testing

@testable import DynamoDBSink

@Suite("Answer to BatchWriteItem")
struct BatchWriteAnswerTests {
    @Test("consumed units of tables are summed, those of their parts are not")
    func units() throws {
        let body = """
            {"ConsumedCapacity":[{"TableName":"t","CapacityUnits":75.5,"Table":{"CapacityUnits":25},
            "GlobalSecondaryIndexes":{"a":{"CapacityUnits":50.5}}},{"CapacityUnits":2E0}],
            "Unknown":[null,true,false,{"x":"\\"]}"}],"UnprocessedItems":{}}
            """
        let answer = try BatchWriteAnswer(Array(body.utf8), table: "t")
        #expect(answer.writeUnits == 77.5)
        #expect(answer.unprocessed.isEmpty)
    }

    @Test("an answer that says nothing of units is a success: some endpoints give none")
    func bare() throws {
        let answer = try BatchWriteAnswer(Array(#" {"UnprocessedItems":{}} "#.utf8), table: "t")
        #expect(answer.writeUnits == 0)
        #expect(answer.unprocessed.isEmpty)
    }

    @Test("unprocessed items come back as they are, whether by the table's name or its ARN")
    func unprocessed() throws {
        for table in ["t", "arn:aws:dynamodb:eu-central-1:123456789012:table/t"] {
            let body = """
                {"UnprocessedItems":{"\(table)":[{"PutRequest":{"Item":{"PK":{"S":"a"}}}}]}}
                """
            let answer = try BatchWriteAnswer(Array(body.utf8), table: "t")
            #expect(
                answer.unprocessed == [try JSONParser.parse(Array(#"{"PK":{"S":"a"}}"#.utf8))]
            )
        }
    }

    @Test(
        "an answer that is not this operation's is not taken for a success",
        arguments: [
            "", " ", "{}", #"{"ConsumedCapacity":[]}"#, "{", "[]", "null", "{}{}", "{}x",
            #"{"UnprocessedItems":[]}"#,
            #"{"UnprocessedItems":{},"#, #"{"UnprocessedItems":{}"#, #"{"a":tru}"#,
            #"{"UnprocessedItems":{"other":[]}}"#, #"{"UnprocessedItems":{"t":[{}]}}"#,
            #"{"UnprocessedItems":{"t":[{"DeleteRequest":{"Key":{}}}]}}"#,
            #"{"ConsumedCapacity":[{"CapacityUnits":"1"}]}"#, "<html></html>",
            #"{"a":"\#u{1}"}"#, String(repeating: #"{"a":"#, count: 10_000),
        ]
    )
    func malformed(_ body: String) {
        #expect(throws: JSONScanner.Malformed.self) {
            try BatchWriteAnswer(Array(body.utf8), table: "t")
        }
    }

    @Test(
        "numbers are read in each of their spellings",
        arguments: [
            ("25", 25.0), ("25.0", 25), ("0.5", 0.5), ("1e2", 100), ("25.05", 25.05), ("-1", -1),
            ("10000000000000000000", 1e19),
        ]
    )
    func numbers(_ text: String, _ expected: Double) throws {
        var scanner = JSONScanner(Array(text.utf8))
        #expect(try scanner.number() == expected)
        try scanner.end()
    }
}

@Suite("Answer to PutItem")
struct PutAnswerTests {
    @Test(
        "consumed units are read where they are told; an empty object is a success",
        arguments: [
            ("{}", 0.0),
            (#"{"ConsumedCapacity":{"CapacityUnits":3.0,"Table":{"CapacityUnits":1.0}}}"#, 3),
            (#"{"Attributes":{"a":{"S":"}"}},"ConsumedCapacity":{"CapacityUnits":0.5}}"#, 0.5),
        ]
    )
    func units(_ body: String, _ units: Double) throws {
        #expect(try PutAnswer(Array(body.utf8)).writeUnits == units)
    }

    @Test(
        "an answer that is not this operation's is not taken for a success",
        arguments: [
            "", "{", "[]", "null", "{}{}", "<html></html>", #"{"ConsumedCapacity":[]}"#,
            #"{"ConsumedCapacity":{"CapacityUnits":"1"}}"#, #"{"a":tru}"#,
        ]
    )
    func malformed(_ body: String) {
        #expect(throws: JSONScanner.Malformed.self) { try PutAnswer(Array(body.utf8)) }
    }

    @Test("a failed condition says what stands there and, if at all, what it has cost to look")
    func standing() throws {
        let told = ConditionFailure(
            Array(
                #"{"__type":"x","Item":{"a":{"S":"x"}},"ConsumedCapacity":{"CapacityUnits":2}}"#
                    .utf8
            )
        )
        #expect(told.standing == (try JSONParser.parse(Array(#"{"a":{"S":"x"}}"#.utf8))))
        #expect(told.writeUnits == 2)
        #expect(told.unitsAtLeast == 2)
        let text = String(repeating: "x", count: 2_000)
        let untold = ConditionFailure(Array(#"{"Item":{"a":{"S":"\#(text)"}}}"#.utf8))
        #expect(untold.writeUnits == 0)
        #expect(untold.unitsAtLeast == 2)
        let bare = ConditionFailure(Array("{}".utf8))
        #expect(bare.standing == nil)
        #expect(bare.unitsAtLeast == 1)
    }
}

@Suite("Frame of an answer")
struct AnswerFrameTests {
    private static let plain = Array(#"{"UnprocessedItems":{}}"#.utf8)
    /// Python: `gzip.compress(b'{"UnprocessedItems":{}}', mtime=0)`; its CRC-32 is 2073836653.
    private static let packed: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 10, 205, 43, 40, 202, 79, 78, 45, 46, 78, 77,
        241, 44, 73, 205, 45, 86, 178, 170, 174, 173, 5, 0, 251, 222, 119, 249, 23, 0, 0, 0,
    ]

    private func read(_ headers: String, _ body: [UInt8], status: Int = 200) -> Answer {
        let response = HTTPResponse(status: status, headers: Array(headers.utf8), body: body)
        return Answer.read(.success(response), operation: "BatchWriteItem", table: "t")
    }

    @Test("an answer that is packed, though nobody asked for it, is unpacked after its checksum")
    func packed() {
        let headers = "Content-Encoding: gzip\r\nx-amz-crc32: 2073836653\r\n"
        #expect(read(headers, Self.packed) == .success(Self.plain))
    }

    @Test("every packed answer that is cut short or damaged is transient, never a success")
    func damaged() {
        var all = (0..<Self.packed.count).map { Array(Self.packed[..<$0]) }
        all.append(Self.packed + [0])
        all.append(Self.plain)
        for index in [0, 12, 30, Self.packed.count - 6] {
            var damaged = Self.packed
            damaged[index] ^= 0x10
            all.append(damaged)
        }
        for body in all {
            guard case .failure(.transient, let error, nil) = read("Content-Encoding: gzip", body)
            else {
                Issue.record("taken for sound: \(body)")
                continue
            }
            #expect(error.message == "the answer is packed, and cannot be unpacked")
        }
    }

    @Test("no more is unpacked than an answer may have")
    func bomb() {
        #expect(throws: Gunzip.Damaged.self) { try Gunzip.unpack(Self.packed, bytesMax: 22) }
        #expect(throws: Never.self) { try Gunzip.unpack(Self.packed, bytesMax: 23) }
    }

    @Test(
        "a success must say that it is JSON, or nothing of what it is",
        arguments: [
            ("", true), ("Content-Type: application/x-amz-json-1.0", true),
            ("content-type: application/json; charset=utf-8", true),
            ("Content-Type: text/html", false), ("Content-Type: text/plain", false),
        ]
    )
    func contentType(_ header: String, _ isSuccess: Bool) {
        let answer = read(header, Self.plain)
        if isSuccess {
            #expect(answer == .success(Self.plain))
        } else if case .failure(.transient, let error, nil) = answer {
            #expect(error.message == "the answer is not the JSON that the operation has")
        } else {
            Issue.record("a page was taken for an answer")
        }
    }

    @Test("an error is read from a packed answer too")
    func packedError() {
        guard
            case .failure(.transient, let error, _) = read(
                "Content-Encoding: GZIP",
                Self.packed,
                status: 503
            )
        else {
            Issue.record("503 is transient")
            return
        }
        #expect(error.code == "HTTP503")
    }
}
