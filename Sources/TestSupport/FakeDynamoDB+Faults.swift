public import Contract

extension FakeDynamoDB {
    /// What goes wrong with one request.
    public indirect enum Fault: Sendable {
        /// An error answer instead of the work: status, type with its prefix, message.
        case error(status: Int, type: String, message: String)
        /// An error with reasons, under `ThrottlingReasons` or `throttlingReasons`.
        case throttle(type: String, reasonsKey: String, reasons: [String])
        /// Any body, such as an HTML page or nothing.
        case raw(status: Int, body: String)
        /// The work is done, but these puts (by index in the request) come back unprocessed, in
        /// reverse order if so told; the same with keys of a BatchGetItem.
        case unprocessed([Int], isReversed: Bool)
        case allUnprocessed
        /// The connection breaks; `applies` says whether the work was done before.
        case delivery(HTTPAnswer.Delivery, applies: Bool)
        case delay(Duration)
        case wrongChecksum
        case missingChecksum
        /// One bit of the body is another, and the checksum is that of the sound body.
        case corrupted
        /// The body is shorter by so many bytes at its end, and says so in its length.
        case truncated(bytes: Int, hasChecksum: Bool)
        /// The body is compressed, whether the client asked for it or not.
        case gzip
        /// The answer has members that nobody knows.
        case unknownMembers
        /// The work is done, and then the answer is the fault's: a 500 after the apply.
        case applied(Fault)
        /// Only these puts (by index in the request) are applied, and then the connection breaks.
        case torn([Int], HTTPAnswer.Delivery)
        /// Nothing is answered, and the work is done after so long, whatever the client did since.
        case late(Duration)
        /// The fault's answer with these headers, such as `x-amz-retry-after` or `location`.
        case headers([String: String], Fault?)
    }

    /// What a fault decision knows of a request.
    public struct Request: Sendable {
        /// Number of the request, from 0, over all operations.
        public var number: Int
        /// `BatchWriteItem`, without the version.
        public var operation: String
        /// Items in a `BatchWriteItem`; else 0.
        public var itemCount: Int
        public var headers: [String: String]
        /// Number of the connection that it came on, from 0.
        public var connection: Int
        /// The access key that signed it.
        public var accessKeyID: String
        public var body: JSONValue
    }
}

extension FakeDynamoDB.Fault {
    private static let model = "com.amazonaws.dynamodb.v20120810#"
    private static let coral = "com.amazon.coral.service#"

    /// As the service refuses what its clock takes for old.
    public static let expiredCredentials = Self.error(
        status: 400,
        type: coral + "ExpiredTokenException",
        message: "The security token included in the request is expired"
    )

    public static let incompleteSignature = Self.error(
        status: 400,
        type: coral + "IncompleteSignatureException",
        message: "Authorization header requires 'Signature' parameter."
    )

    public static let accessDenied = Self.error(
        status: 400,
        type: coral + "AccessDeniedException",
        message: "User: arn:aws:iam::000000000000:user/u is not authorized to perform the action"
    )

    public static let internalError = Self.error(
        status: 500,
        type: model + "InternalServerError",
        message: "The request processing has failed because of an unknown error"
    )

    public static let replicatedWriteConflict = Self.error(
        status: 409,
        type: model + "ReplicatedWriteConflictException",
        message: "One or more items in this request are being modified by a request in another "
            + "Region"
    )

    /// A load balancer's own answer.
    public static let unavailablePage = Self.raw(
        status: 503,
        body: "<html><body><b>Http/1.1 Service Unavailable</b></body></html>"
    )

    /// A request that is too large as a whole, in the shape that has no body.
    public static let tooLarge = Self.raw(status: 413, body: "")

    /// Throttling in every spelling that was ever seen.
    public static let throttles: [Self] = {
        let types = [
            model + "ProvisionedThroughputExceededException",
            model + "RequestLimitExceeded",
            model + "ThrottlingException",
            "com.amazon.coral.availability#ThrottlingException",
        ]
        let scopes = ["TableWrite", "IndexWrite"]
        var faults: [Self] = []
        for type in types {
            // The service's model has the list under another name in each of the two.
            let key =
                type.hasSuffix("ThrottlingException") ? "throttlingReasons" : "ThrottlingReasons"
            for scope in scopes {
                for kind in FakeDynamoDB.Limit.Kind.allCases {
                    faults.append(
                        .throttle(type: type, reasonsKey: key, reasons: [scope + kind.rawValue])
                    )
                }
            }
            faults.append(.throttle(type: type, reasonsKey: key, reasons: []))
        }
        faults.append(.raw(status: 429, body: ""))
        faults.append(
            .headers(["x-amz-retry-after": "30"], .raw(status: 503, body: #"{"message":null}"#))
        )
        return faults
    }()

    /// Every fault of one request that a client must survive without losing anything, none of
    /// which takes longer than a fraction of a second.
    public static let survivable: [Self] =
        throttles + [
            .internalError, .applied(.internalError), .unavailablePage, .applied(.unavailablePage),
            .replicatedWriteConflict,
            .raw(status: 200, body: ""), .raw(status: 200, body: "<html></html>"),
            .raw(status: 200, body: "{"), .raw(status: 502, body: ""), .raw(status: 504, body: ""),
            .applied(.raw(status: 200, body: "")),
            .unprocessed([0], isReversed: false), .unprocessed([24], isReversed: false),
            .unprocessed([0, 3, 7, 24], isReversed: true), .allUnprocessed,
            .delivery(.reset, applies: false), .delivery(.reset, applies: true),
            .delivery(.cutAfter(20), applies: true), .delivery(.cutAfter(200), applies: true),
            .delivery(.sliced(bytes: 7, pause: .milliseconds(1)), applies: true),
            .delivery(.thenClose(isReset: false), applies: true),
            .delivery(.thenClose(isReset: true), applies: true),
            .wrongChecksum, .missingChecksum, .corrupted, .gzip, .unknownMembers,
            .truncated(bytes: 1, hasChecksum: true), .truncated(bytes: 1, hasChecksum: false),
            .truncated(bytes: 30, hasChecksum: false),
            .torn([0, 1, 2], .reset), .torn([1, 5, 24], .cutAfter(60)),
            .delay(.milliseconds(20)),
        ]
}
