/// What an answer other than success means for the request: decided here and nowhere else, by a
/// pure function over the error's code and the HTTP status.
enum ErrorPolicy {
    enum Kind: Equatable, Sendable {
        /// The service says: slower.
        case throttle
        /// The service says: slower with these keys. Others may go on as they do.
        case hotKeys
        /// An item with the key stands, and the put's condition does not allow to replace it.
        case conditionFailed
        /// The same request may succeed later.
        case transient
        /// The request is too large as a whole: send it in parts.
        case tooLarge
        /// Something in the request is wrong: one item in it, or all of it.
        case invalid
        /// The credentials are of yesterday: get new ones, once.
        case expiredCredentials
        /// The clock is off, or may be: compare it with the answer's date.
        case clockSkew
        /// Nothing will make it succeed.
        case fatal
    }

    /// - `code`: without its prefix; empty where the answer has none.
    /// - `status`: HTTP status.
    /// - `reasons`: of a throttle, such as `TableWriteProvisionedThroughputExceeded`; empty where
    ///   the answer has none.
    static func kind(code: String, status: Int, reasons: [String] = []) -> Kind {
        if let kind = kinds[code] {
            let areKeysHot = !reasons.isEmpty && reasons.allSatisfy { $0.hasSuffix(hotKeySuffix) }
            return kind == .throttle && areKeysHot ? .hotKeys : kind
        }
        switch status {
        case 413: return .tooLarge
        case 429: return .throttle
        case 500...: return .transient
        default: return .fatal
        }
    }

    /// What a throttling reason ends with where one partition is the limit (1,000 write units a
    /// second), and not the table, its index or the account: `TableWriteKeyRangeThroughputExceeded`.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing.html
    private static let hotKeySuffix = "KeyRangeThroughputExceeded"

    /// Codes of DynamoDB's model, of the gateway before it, and the spellings that the AWS SDKs
    /// know. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    private static let kinds: [String: Kind] = [
        "ProvisionedThroughputExceededException": .throttle,
        "ProvisionedThroughputExceeded": .throttle,
        "ThrottlingException": .throttle,
        "Throttling": .throttle,
        "ThrottledException": .throttle,
        "RequestThrottledException": .throttle,
        "RequestThrottled": .throttle,
        "TooManyRequestsException": .throttle,
        "RequestLimitExceeded": .throttle,
        "RequestLimitExceededException": .throttle,
        "BandwidthLimitExceeded": .throttle,
        "LimitExceededException": .throttle,
        "SlowDown": .throttle,
        "PriorRequestNotComplete": .throttle,
        "EC2ThrottledException": .throttle,
        "ConditionalCheckFailedException": .conditionFailed,
        "InternalServerError": .transient,
        "InternalServerErrorException": .transient,
        "InternalFailure": .transient,
        "ServiceUnavailable": .transient,
        "ServiceUnavailableException": .transient,
        "RequestTimeout": .transient,
        "RequestTimeoutException": .transient,
        "ReplicatedWriteConflictException": .transient,
        "TransactionInProgressException": .transient,
        "TransactionConflictException": .transient,
        "CrcMismatch": .transient,
        "RequestEntityTooLargeException": .tooLarge,
        "RequestEntityTooLarge": .tooLarge,
        "RequestTooLarge": .tooLarge,
        "ValidationException": .invalid,
        "SerializationException": .invalid,
        "ItemCollectionSizeLimitExceededException": .invalid,
        "ExpiredTokenException": .expiredCredentials,
        "ExpiredToken": .expiredCredentials,
        "RequestTimeTooSkewed": .clockSkew,
        "RequestExpired": .clockSkew,
        "RequestInTheFuture": .clockSkew,
        "InvalidSignatureException": .clockSkew,
        "SignatureDoesNotMatch": .clockSkew,
        "AuthFailure": .clockSkew,
    ]

    /// What to do about an error that ends a run; nil where its own words say it.
    static func hint(code: String, operation: String) -> String? {
        switch code {
        case "AccessDeniedException", "AccessDenied":
            "Allow dynamodb:\(operation) on the table and its indexes to the credentials in use"
        case "ResourceNotFoundException":
            "Create the table first (unglue tables CONTRACT --create), or check the region, the "
                + "endpoint and the table prefix"
        case "UnrecognizedClientException", "InvalidClientTokenId", "MissingAuthenticationToken",
            "MissingAuthenticationTokenException", "InvalidAccessKeyId":
            "Check the access key: it is unknown to this endpoint, or its session token is missing"
        case "IncompleteSignature", "IncompleteSignatureException", "InvalidSignatureException",
            "SignatureDoesNotMatch":
            "Check the secret access key and the region"
        case "ExpiredTokenException", "ExpiredToken":
            "Renew the session token and start again: what is written already is only written again"
        default: nil
        }
    }
}

extension ErrorPolicy {
    /// Whether the error says of itself that it is about time: then it is worth another try even
    /// where the clocks agree, for the request may have been held up on its way.
    static func isAboutTime(_ code: String) -> Bool {
        ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"].contains(code)
    }
}
