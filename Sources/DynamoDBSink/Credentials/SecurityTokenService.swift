internal import Mapping

/// The two calls to AWS STS by which a role is assumed.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
struct SecurityTokenService {
    private static let timeout: Duration = .seconds(10)
    private static let attempts = 3
    private static let contentType = "application/x-www-form-urlencoded; charset=utf-8"

    var context: CredentialContext

    /// Calls `action` and reads the credentials in its answer.
    ///
    /// `signedWith` is nil for a call that proves itself by a token among its parameters.
    func call(
        _ action: String,
        _ parameters: [(name: String, value: String)],
        signedWith credentials: Credentials?
    ) throws(DynamoDBError) -> Credentials {
        let endpoint = try endpoint()
        let body = ByteBuffer(capacity: 1_024)
        body.append("Action=\(action)&Version=2011-06-15")
        for (name, value) in parameters { body.append("&\(name)=\(Self.encoded(value))") }
        let request = request(endpoint, body, credentials)
        var last = CredentialContext.error("STS was not asked")
        for _ in 0..<Self.attempts {
            switch context.send(request, Self.timeout) {
            case .success(let response):
                if response.status == 200 { return try Self.read(response.body, action) }
                last = Self.failure(response, action)
                if response.status < 500 { throw last }
            case .failure(let error):
                last = CredentialContext.error("\(action) failed: \(error.message)")
            }
        }
        throw last
    }

    private func endpoint() throws(DynamoDBError) -> Endpoint {
        if let url = context.variable("AWS_ENDPOINT_URL_STS") {
            guard let endpoint = Endpoint(url: url) else {
                throw CredentialContext.error("AWS_ENDPOINT_URL_STS is no http(s) URL")
            }
            return endpoint
        }
        guard let endpoint = Endpoint.service("sts", region: context.region) else {
            throw CredentialContext.error("\(context.region) is no region's name")
        }
        return endpoint
    }

    private func request(
        _ endpoint: Endpoint,
        _ body: ByteBuffer,
        _ credentials: Credentials?
    ) -> HTTPRequest {
        let type = Array(Self.contentType.utf8)
        let host = Array(endpoint.hostHeader.utf8)
        var headers: [(name: StaticString, value: [UInt8])] = [
            ("Host", host), ("Content-Type", type),
        ]
        if let credentials {
            var signer = Signer(region: context.region, service: "sts")
            let signature = signer.sign(
                Signer.Request(
                    path: Array(endpoint.path.utf8),
                    headers: [("content-type", type), ("host", host)],
                    payloadHash: Digest.sha256(body.array())
                ),
                credentials: credentials,
                seconds: context.clock()
            )
            headers.append(("X-Amz-Date", signature.date))
            if let token = signature.token { headers.append(("X-Amz-Security-Token", token)) }
            headers.append(("Authorization", signature.authorization))
        }
        return HTTPRequest(method: .post, url: endpoint.url, headers: headers, body: body)
    }

    private static func read(_ body: [UInt8], _ action: String) throws(DynamoDBError) -> Credentials
    {
        let text = String(decoding: body, as: UTF8.self)
        guard let accessKeyID = element("AccessKeyId", text),
            let secret = element("SecretAccessKey", text),
            let token = element("SessionToken", text),
            let expiry = element("Expiration", text).flatMap(CalendarTime.seconds(iso8601:))
        else {
            throw CredentialContext.error("the answer to \(action) has no credentials in it")
        }
        return try Credentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: token,
            expiry: expiry
        ).checked(source: "the answer to \(action)")
    }

    private static func failure(_ response: HTTPResponse, _ action: String) -> DynamoDBError {
        let text = String(decoding: response.body.prefix(64 * 1024), as: UTF8.self)
        var error = CredentialContext.error(
            DynamoDBError.presentable(element("Message", text) ?? "no reason was given"),
            hint: "Check that these credentials may assume the role"
        )
        error.code = element("Code", text).map(DynamoDBError.presentable) ?? "Credentials"
        error.operation = action
        error.status = response.status
        return error
    }

    /// The text of the first element of this name; STS's answers have each but once, without
    /// attributes or entities.
    private static func element(_ name: String, _ text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>")?.upperBound,
            let end = text[start...].firstRange(of: "</\(name)>")?.lowerBound
        else { return nil }
        return String(text[start..<end])
    }

    /// Percent-encoded as in a form: all but the unreserved characters.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
