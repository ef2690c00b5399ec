internal import Contract

/// What an HTTP answer, or the lack of one, says about a request.
///
/// Pure: bytes in, value out.
enum Answer: Equatable {
    /// HTTP 200 with a body that may be the operation's: what it says is left to the operation.
    case success([UInt8])
    case failure(ErrorPolicy.Kind, DynamoDBError, retryAfter: Duration?)

    /// Bytes of an unpacked body: as many as the transport takes of one that is not packed.
    private static let bodyBytesMax = 32 * 1024 * 1024

    /// Reads an answer's frame: checksum, packing, kind of content, status, error.
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
        let body: [UInt8]
        do {
            body = try unpacked(response)
        } catch {
            var error = malformed(response, operation: operation, table: table)
            error.message = "the answer is packed, and cannot be unpacked"
            return .failure(.transient, error, retryAfter: nil)
        }
        if response.status == 200, !body.isEmpty, isJSON(response) { return .success(body) }
        var error = malformed(response, operation: operation, table: table)
        let retryAfter = response.header("x-amz-retry-after").flatMap(Int.init)
            .map { Duration.milliseconds(min(max($0, 0), 60_000)) }
        if response.status == 200 {
            if body.isEmpty { error.message = "the answer is empty" }
            return .failure(.transient, error, retryAfter: retryAfter)
        }
        let (code, message, reasons) = errorBody(body)
        error.code = code.isEmpty ? "HTTP\(response.status)" : code
        error.message = DynamoDBError.presentable(message)
        error.hint = ErrorPolicy.hint(code: code, operation: operation)
        // Neither a success nor an error of DynamoDB's: a proxy, or the wrong endpoint.
        if code.isEmpty, response.status < 500, error.hint == nil {
            error.hint = "Check that the endpoint is DynamoDB's: this answer has no error code"
        }
        return .failure(
            ErrorPolicy.kind(code: code, status: response.status, reasons: reasons),
            error,
            retryAfter: retryAfter
        )
    }

    /// The body as the operation wrote it.
    ///
    /// The checksum is of the bytes as they came, so it is checked before.
    static func unpacked(_ response: HTTPResponse) throws(Gunzip.Damaged) -> [UInt8] {
        guard response.header("content-encoding")?.lowercased() == "gzip" else {
            return response.body
        }
        return try Gunzip.unpack(response.body, bytesMax: bodyBytesMax)
    }

    /// Whether the answer says that it is JSON, or nothing of what it is.
    ///
    /// A page of a proxy can be anything, even an empty object.
    private static func isJSON(_ response: HTTPResponse) -> Bool {
        guard let type = response.header("content-type") else { return true }
        // What the service says; to search a string costs as much as all the rest of an answer.
        return type == "application/x-amz-json-1.0" || type.lowercased().contains("json")
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

    /// The error's code without its prefix, its message and the reasons of a throttle; all empty
    /// where the body is not DynamoDB's JSON (an HTML page of a load balancer, plain text, nothing).
    private static func errorBody(
        _ body: [UInt8]
    ) -> (code: String, message: String, reasons: [String]) {
        guard let document = try? JSONParser.parse(body, bytesMax: 1 << 20),
            document.members != nil
        else { return ("", "", []) }
        let type = document["__type"]?.string ?? document["code"]?.string ?? ""
        let name = type.split(separator: "#").last ?? ""
        let code = name.prefix { $0 != ":" }
        let message = document["message"]?.string ?? document["Message"]?.string ?? ""
        // The model spells the member in one way for one exception and in another for the other.
        let list = document["ThrottlingReasons"] ?? document["throttlingReasons"]
        let reasons = (list?.array ?? []).map { $0["reason"]?.string ?? "" }
        return (String(code), message, reasons)
    }
}
