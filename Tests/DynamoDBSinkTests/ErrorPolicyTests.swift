import Testing

@testable import DynamoDBSink

@Suite("Error policy")
struct ErrorPolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var kind: ErrorPolicy.Kind
        var code: String

        var testDescription: String { "\(status) \(body)" }

        init(_ status: Int, _ body: String, _ kind: ErrorPolicy.Kind, _ code: String) {
            self.status = status
            self.body = body
            self.kind = kind
            self.code = code
        }
    }

    private static let model = "com.amazonaws.dynamodb.v20120810"
    private static let coral = "com.amazon.coral"

    static let cases: [Case] = [
        Case(
            400,
            #"{"__type":"\#(model)#ProvisionedThroughputExceededException","message":"m"}"#,
            .throttle,
            "ProvisionedThroughputExceededException"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).availability#ThrottlingException","Message":"m"}"#,
            .throttle,
            "ThrottlingException"
        ),
        Case(400, #"{"__type":"ThrottlingException"}"#, .throttle, "ThrottlingException"),
        Case(400, #"{"__type":"x#Throttling"}"#, .throttle, "Throttling"),
        Case(400, #"{"__type":"x#RequestLimitExceeded"}"#, .throttle, "RequestLimitExceeded"),
        Case(400, #"{"__type":"x#LimitExceededException"}"#, .throttle, "LimitExceededException"),
        Case(
            400,
            #"""
            {"__type":"\#(model)#ProvisionedThroughputExceededException","ThrottlingReasons":[
            {"reason":"TableWriteKeyRangeThroughputExceeded","resource":"arn:t"}]}
            """#,
            .hotKeys,
            "ProvisionedThroughputExceededException"
        ),
        Case(
            400,
            #"""
            {"__type":"ThrottlingException","throttlingReasons":[
            {"reason":"TableWriteKeyRangeThroughputExceeded"},
            {"reason":"IndexWriteKeyRangeThroughputExceeded"}]}
            """#,
            .hotKeys,
            "ThrottlingException"
        ),
        Case(
            400,
            #"""
            {"__type":"ThrottlingException","throttlingReasons":[
            {"reason":"TableWriteKeyRangeThroughputExceeded"},
            {"reason":"IndexWriteMaxOnDemandThroughputExceeded"}]}
            """#,
            .throttle,
            "ThrottlingException"
        ),
        Case(
            400,
            #"{"__type":"x#RequestLimitExceeded","ThrottlingReasons":[{}]}"#,
            .throttle,
            "RequestLimitExceeded"
        ),
        Case(
            400,
            #"{"__type":"\#(model)#ConditionalCheckFailedException"}"#,
            .conditionFailed,
            "ConditionalCheckFailedException"
        ),
        Case(429, "", .throttle, "HTTP429"),
        Case(429, "<html>slow down</html>", .throttle, "HTTP429"),
        Case(500, #"{"__type":"x#InternalServerError"}"#, .transient, "InternalServerError"),
        Case(500, #"{"__type":"x#InternalFailure"}"#, .transient, "InternalFailure"),
        Case(500, "", .transient, "HTTP500"),
        Case(502, "<html>bad gateway</html>", .transient, "HTTP502"),
        Case(503, #"{"__type":"x#ServiceUnavailable"}"#, .transient, "ServiceUnavailable"),
        Case(504, "gateway timeout", .transient, "HTTP504"),
        Case(599, #"{"__type":"x#SomethingNew"}"#, .transient, "SomethingNew"),
        Case(
            409,
            #"{"__type":"x#ReplicatedWriteConflictException"}"#,
            .transient,
            "ReplicatedWriteConflictException"
        ),
        Case(
            400,
            #"{"__type":"x#TransactionInProgressException"}"#,
            .transient,
            "TransactionInProgressException"
        ),
        Case(413, #"{"Message":""}"#, .tooLarge, "HTTP413"),
        Case(413, "", .tooLarge, "HTTP413"),
        Case(413, "length limit exceeded", .tooLarge, "HTTP413"),
        Case(
            400,
            #"{"__type":"\#(coral).validate#ValidationException","message":"m"}"#,
            .invalid,
            "ValidationException"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).service#SerializationException"}"#,
            .invalid,
            "SerializationException"
        ),
        Case(
            400,
            #"{"__type":"x#ItemCollectionSizeLimitExceededException"}"#,
            .invalid,
            "ItemCollectionSizeLimitExceededException"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).service#ExpiredTokenException"}"#,
            .expiredCredentials,
            "ExpiredTokenException"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).service#InvalidSignatureException"}"#,
            .clockSkew,
            "InvalidSignatureException"
        ),
        Case(403, #"{"__type":"x#RequestTimeTooSkewed"}"#, .clockSkew, "RequestTimeTooSkewed"),
        Case(
            400,
            #"{"__type":"\#(coral).service#AccessDeniedException","Message":"m"}"#,
            .fatal,
            "AccessDeniedException"
        ),
        Case(
            400,
            #"{"__type":"\#(model)#ResourceNotFoundException"}"#,
            .fatal,
            "ResourceNotFoundException"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).service#UnrecognizedClientException"}"#,
            .fatal,
            "UnrecognizedClientException"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).service#IncompleteSignature"}"#,
            .fatal,
            "IncompleteSignature"
        ),
        Case(
            400,
            #"{"__type":"\#(coral).service#MissingAuthenticationTokenException"}"#,
            .fatal,
            "MissingAuthenticationTokenException"
        ),
        Case(400, #"{"__type":"x#NeverHeardOfException"}"#, .fatal, "NeverHeardOfException"),
        Case(400, "", .fatal, "HTTP400"),
        Case(403, "<html>forbidden</html>", .fatal, "HTTP403"),
        Case(404, #"["not","an","object"]"#, .fatal, "HTTP404"),
        Case(301, "", .fatal, "HTTP301"),
        Case(200, "", .transient, "InvalidAnswer"),
    ]

    @Test(
        "an answer that is no success is a throttle, transient, to be split, or fatal",
        arguments: cases
    )
    func kindOfAnswer(_ row: Case) {
        let response = HTTPResponse(
            status: row.status,
            headers: Array("x-amzn-RequestId: R1\r\n".utf8),
            body: Array(row.body.utf8)
        )
        let answer = Answer.read(.success(response), operation: "BatchWriteItem", table: "Users")
        guard case .failure(let kind, let error, let retryAfter) = answer else {
            Issue.record("the answer was taken for a success")
            return
        }
        #expect(kind == row.kind)
        #expect(error.code == row.code)
        #expect(error.status == row.status)
        #expect(error.requestID == "R1")
        #expect(error.table == "Users")
        #expect(retryAfter == nil)
    }

    @Test("an error says what, where, why, and what to do")
    func errorText() {
        let response = HTTPResponse(
            status: 400,
            headers: Array("X-Amzn-RequestId: R1\r\n".utf8),
            body: Array(
                #"{"__type":"c#AccessDeniedException","Message":"User: u is not authorized"}"#.utf8
            )
        )
        let answer = Answer.read(.success(response), operation: "BatchWriteItem", table: "Users")
        guard case .failure(_, let error, _) = answer else {
            Issue.record("the answer was taken for a success")
            return
        }
        #expect(
            error.description
                == "BatchWriteItem on table Users failed: AccessDeniedException: User: u is not "
                + "authorized (HTTP 400, request R1). Allow dynamodb:BatchWriteItem on the table "
                + "and its indexes to the credentials in use"
        )
    }

    @Test(
        "a server's message loses the values that it echoes, control characters and its length",
        arguments: [
            (
                "1 validation error detected: Value '{t=[{secret=' at '}]}' at 'requestItems' failed",
                "1 validation error detected: Value '…' at 'requestItems' failed"
            ),
            (
                "The parameter cannot be converted to a numeric value: 12abc",
                "The parameter cannot be converted to a numeric value: …"
            ),
            ("one\u{1B}[31m two\nthree", "one [31m two three"),
            (String(repeating: "é", count: 700), String(repeating: "é", count: 600)),
            ("Requested resource not found", "Requested resource not found"),
        ]
    )
    func presentableMessage(_ message: String, _ expected: String) {
        #expect(DynamoDBError.presentable(message) == expected)
    }

    @Test("the wait that the service asks for is read in milliseconds")
    func retryAfter() {
        let response = HTTPResponse(
            status: 503,
            headers: Array("X-Amz-Retry-After:  1500 \r\n".utf8),
            body: []
        )
        let answer = Answer.read(.success(response), operation: "Scan", table: nil)
        guard case .failure(.transient, _, let retryAfter) = answer else {
            Issue.record("503 is transient")
            return
        }
        #expect(retryAfter == .milliseconds(1_500))
    }

    @Test("a checksum that does not match makes any answer transient, one that matches none")
    func checksum() {
        let body = Array(#"{"UnprocessedItems":{}}"#.utf8)
        // Python: zlib.crc32(b'{"UnprocessedItems":{}}')
        for (checksum, isSound) in [("4185382651", true), ("1", false)] {
            let response = HTTPResponse(
                status: 200,
                headers: Array("x-amz-crc32: \(checksum)\r\n".utf8),
                body: body
            )
            let answer = Answer.read(.success(response), operation: "Scan", table: nil)
            #expect((answer == .success(body)) == isSound)
            if !isSound, case .failure(let kind, let error, _) = answer {
                #expect(kind == .transient)
                #expect(
                    error.message
                        == "the answer's checksum does not match: it was damaged on its way"
                )
            }
        }
    }

    @Test("no answer at all is transient, unless the certificate is what is wrong")
    func noAnswer() {
        for (isPermanent, expected) in [
            (false, ErrorPolicy.Kind.transient), (true, ErrorPolicy.Kind.fatal),
        ] {
            let failure = TransportFailure(message: "m", isPermanent: isPermanent)
            let answer = Answer.read(.failure(failure), operation: "Scan", table: nil)
            guard case .failure(let kind, let error, nil) = answer else {
                Issue.record("no answer was taken for a success")
                continue
            }
            #expect(kind == expected)
            #expect(error.code == "ConnectionFailed")
        }
    }
}
