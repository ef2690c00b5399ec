internal import Contract

/// What an HTTP answer, or the lack of one, says about a request.
///
/// Pure: bytes in, value out.
enum Answer: Equatable {
    /// HTTP 200 with sound JSON.
    case success
    case failure(ErrorPolicy.Kind, DynamoDBError, retryAfter: Duration?)

    /// Reads an answer's frame: status, checksum, error.
    ///
    /// The body of a success is left to the operation.
    ///
    /// `shouldCheckBody`: whether a success's body must be checked for being JSON here.
    static func read(
        _ result: Result<HTTPResponse, TransportFailure>,
        operation: String,
        table: String?
    ) -> Answer {
        switch result {
        case .failure(let failure):
            let error = DynamoDBError(
                code: "ConnectionFailed",
                operation: operation,
                table: table,
                message: failure.message,
                hint: failure.isPermanent
                    ? "Check the endpoint's URL and the certificates that are trusted" : nil
            )
            return .failure(failure.isPermanent ? .fatal : .transient, error, retryAfter: nil)
        case .success(let response):
            return read(response, operation: operation, table: table)
        }
    }

    private static func read(
        _ response: HTTPResponse,
        operation: String,
        table: String?
    ) -> Answer {
        if let text = response.header("x-amz-crc32"), let expected = UInt32(text),
            expected != Digest.crc32(response.body)
        {
            var error = malformed(response, operation: operation, table: table)
            error.message = "the answer's checksum does not match: it was damaged on its way"
            return .failure(.transient, error, retryAfter: nil)
        }
        if response.status == 200, !response.body.isEmpty { return .success }
        var error = malformed(response, operation: operation, table: table)
        let retryAfter = response.header("x-amz-retry-after").flatMap(Int.init)
            .map { Duration.milliseconds(min(max($0, 0), 60_000)) }
        if response.status == 200 {
            error.message = "the answer is empty"
            return .failure(.transient, error, retryAfter: retryAfter)
        }
        let (code, message) = errorBody(response.body)
        error.code = code.isEmpty ? "HTTP\(response.status)" : code
        error.message = DynamoDBError.presentable(message)
        error.hint = ErrorPolicy.hint(code: code, operation: operation)
        // Neither a success nor an error of DynamoDB's: a proxy, or the wrong endpoint.
        if code.isEmpty, response.status < 500, error.hint == nil {
            error.hint = "Check that the endpoint is DynamoDB's: this answer has no error code"
        }
        return .failure(
            ErrorPolicy.kind(code: code, status: response.status),
            error,
            retryAfter: retryAfter
        )
    }

    static func malformed(
        _ response: HTTPResponse,
        operation: String,
        table: String?
    ) -> DynamoDBError {
        DynamoDBError(
            code: "InvalidAnswer",
            operation: operation,
            table: table,
            status: response.status,
            requestID: response.header("x-amzn-requestid").map(DynamoDBError.presentable),
            message: "the answer is not the JSON that the operation has"
        )
    }

    /// The error's code without its prefix, and its message; both empty where the body is not
    /// DynamoDB's JSON (an HTML page of a load balancer, plain text, nothing).
    private static func errorBody(_ body: [UInt8]) -> (code: String, message: String) {
        guard let document = try? JSONParser.parse(body, bytesMax: 1 << 20),
            document.members != nil
        else { return ("", "") }
        let type = document["__type"]?.string ?? document["code"]?.string ?? ""
        let name = type.split(separator: "#").last ?? ""
        let code = name.prefix { $0 != ":" }
        let message = document["message"]?.string ?? document["Message"]?.string ?? ""
        return (String(code), message)
    }
}
