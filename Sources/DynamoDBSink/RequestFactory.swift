internal import Mapping

/// Makes signed requests to one DynamoDB endpoint.
///
/// One owner at a time.
struct RequestFactory {
    private static let contentType = Array("application/x-amz-json-1.0".utf8)
    private static let userAgent = Array("unglue".utf8)

    private let url: String
    private let path: [UInt8]
    private let host: [UInt8]
    private var signer: Signer

    init(endpoint: Endpoint, signingRegion: String) {
        url = endpoint.url
        path = Array(endpoint.path.utf8)
        host = Array(endpoint.hostHeader.utf8)
        signer = Signer(region: signingRegion, service: "dynamodb")
    }

    /// - `target`: `DynamoDB_20120810.` and the operation.
    /// - `payloadHash`: SHA-256 of `body`.
    /// - `seconds`: the date of the request, since 1970.
    mutating func request(
        target: [UInt8],
        body: ByteBuffer,
        payloadHash: [UInt8],
        credentials: Credentials,
        seconds: Int
    ) -> HTTPRequest {
        let signature = signer.sign(
            Signer.Request(
                path: path,
                headers: [
                    ("content-type", Self.contentType), ("host", host), ("x-amz-target", target),
                ],
                payloadHash: payloadHash
            ),
            credentials: credentials,
            seconds: seconds
        )
        var headers: [(name: StaticString, value: [UInt8])] = [
            ("Host", host), ("Content-Type", Self.contentType), ("X-Amz-Target", target),
            ("X-Amz-Date", signature.date), ("Authorization", signature.authorization),
            ("User-Agent", Self.userAgent),
        ]
        if let token = signature.token { headers.append(("X-Amz-Security-Token", token)) }
        return HTTPRequest(method: .post, url: url, headers: headers, body: body)
    }

    static func target(_ operation: String) -> [UInt8] {
        Array("DynamoDB_20120810.\(operation)".utf8)
    }
}

/// How far the service's clock is from this machine's, as far as it matters for signatures.
struct ClockSkew: Equatable {
    /// The service refuses signatures that are further off. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
    static let toleratedSeconds = 5 * 60

    /// Seconds to add to this machine's time.
    private(set) var seconds = 0

    var warning: String {
        "this machine's clock is \(abs(seconds)) s \(seconds > 0 ? "behind" : "ahead of") DynamoDB's: "
            + "requests are signed for its time; set the clock"
    }

    /// Takes over the service's clock from an answer that complains of the signature or its date.
    ///
    /// `clock`: this machine's time, seconds since 1970.
    /// - Returns: whether that changed anything; if not, the clock is not what is wrong.
    mutating func correct(date: String?, clock: Int) -> Bool {
        guard let date = date.flatMap(CalendarTime.seconds(httpDate:)) else { return false }
        let measured = date - clock
        guard abs(measured - seconds) > Self.toleratedSeconds else { return false }
        seconds = measured
        return true
    }
}
