/// Signs requests by AWS Signature Version 4: credentials, request and date in, header values out.
///
/// A leaf: it reads no clock and no environment. One owner at a time, for the cached signing key.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct Signer {
    /// The headers that a signature is made over, and the request that they belong to.
    ///
    /// The method is POST and there is no query: DynamoDB and STS need no other.
    struct Request {
        /// As it is sent; unreserved characters and `/` only.
        var path: [UInt8]
        /// Lowercase names in ascending order, without those that the signer adds.
        var headers: [(name: StaticString, value: [UInt8])]
        /// SHA-256 of the body.
        var payloadHash: [UInt8]
    }

    struct Signature {
        /// `X-Amz-Date`.
        var date: [UInt8]
        /// `X-Amz-Security-Token`, of temporary credentials.
        var token: [UInt8]?
        /// `Authorization`.
        var authorization: [UInt8]
    }

    private let region: [UInt8]
    private let service: [UInt8]
    private var key: [UInt8] = []
    private var keyDay: [UInt8] = []
    private var keySecret = ""

    init(region: String, service: String) {
        self.region = Array(region.utf8)
        self.service = Array(service.utf8)
    }

    /// `seconds`: the date of the request, since 1970.
    mutating func sign(
        _ request: Request,
        credentials: Credentials,
        seconds: Int
    ) -> Signature {
        let date = CalendarTime(seconds: seconds).compact
        let day = Array(date[..<8])
        renewKey(secret: credentials.secretAccessKey, day: day)
        let token = credentials.sessionToken.map { Array($0.utf8) }

        var names: [UInt8] = []
        var canonical: [UInt8] = []
        canonical.reserveCapacity(512 + (token?.count ?? 0))
        canonical.append("POST\n")
        canonical += request.path
        canonical.append("\n\n")
        for (name, value) in Self.merged(request.headers, date: date, token: token) {
            if !names.isEmpty { names.append(UInt8(ascii: ";")) }
            names.append(name)
            canonical.append(name)
            canonical.append(":")
            canonical += value
            canonical.append("\n")
        }
        canonical.append("\n")
        canonical += names
        canonical.append("\n")
        Digest.appendHex(request.payloadHash, to: &canonical)

        var scope = day
        scope.append("/")
        scope += region
        scope.append("/")
        scope += service
        scope.append("/aws4_request")

        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append("AWS4-HMAC-SHA256\n")
        text += date
        text.append("\n")
        text += scope
        text.append("\n")
        Digest.appendHex(Digest.sha256(canonical), to: &text)

        var authorization: [UInt8] = []
        authorization.reserveCapacity(320)
        authorization.append("AWS4-HMAC-SHA256 Credential=")
        authorization += credentials.accessKeyID.utf8
        authorization.append("/")
        authorization += scope
        authorization.append(", SignedHeaders=")
        authorization += names
        authorization.append(", Signature=")
        Digest.appendHex(Digest.hmac(key: key, text), to: &authorization)
        return Signature(date: date, token: token, authorization: authorization)
    }

    /// The signing key is good for a day, a region and a service.
    private mutating func renewKey(secret: String, day: [UInt8]) {
        guard day != keyDay || secret != keySecret else { return }
        var key = Digest.hmac(key: Array("AWS4\(secret)".utf8), day)
        key = Digest.hmac(key: key, region)
        key = Digest.hmac(key: key, service)
        self.key = Digest.hmac(key: key, Array("aws4_request".utf8))
        keyDay = day
        keySecret = secret
    }

    /// Puts the signer's own headers where the order of names wants them.
    private static func merged(
        _ headers: [(name: StaticString, value: [UInt8])],
        date: [UInt8],
        token: [UInt8]?
    ) -> [(StaticString, [UInt8])] {
        var all: [(StaticString, [UInt8])] = []
        all.reserveCapacity(headers.count + 2)
        var added = false
        for (name, value) in headers {
            // Of the names that are signed, only `x-amz-target` comes behind the signer's own.
            if !added, name.isAfterSignerHeaders {
                added = true
                all.append(("x-amz-date", date))
                if let token { all.append(("x-amz-security-token", token)) }
            }
            all.append((name, value))
        }
        if !added {
            all.append(("x-amz-date", date))
            if let token { all.append(("x-amz-security-token", token)) }
        }
        return all
    }
}

extension StaticString {
    fileprivate var isAfterSignerHeaders: Bool {
        withUTF8Buffer { unsafe $0.elementsEqual("x-amz-target".utf8) }
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        unsafe append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }
}
