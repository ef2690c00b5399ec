/// Why an operation on DynamoDB, or getting ready for one, failed.
///
/// Never carries credentials; item data that the server echoes is cut out of its message.
public struct DynamoDBError: Error, Sendable, Equatable {
    /// The server's error code without its prefix (`AccessDeniedException`), or one of ours:
    /// `ConnectionFailed`, `InvalidAnswer`, `Credentials`, `Settings`, `TableDiffers`, `TimedOut`,
    /// `Cancelled`.
    public var code: String
    /// The API operation (`BatchWriteItem`), or what was being done.
    public var operation: String
    public var table: String?
    /// HTTP status; nil where there was no answer.
    public var status: Int?
    public var requestID: String?
    /// The server's own words, at most `messageLengthMax` characters, or ours.
    public var message: String
    /// What to do next; nil where nobody knows.
    public var hint: String?

    public static let messageLengthMax = 600

    public init(
        code: String,
        operation: String,
        table: String? = nil,
        status: Int? = nil,
        requestID: String? = nil,
        message: String,
        hint: String? = nil
    ) {
        self.code = code
        self.operation = operation
        self.table = table
        self.status = status
        self.requestID = requestID
        self.message = message
        self.hint = hint
    }
}

extension DynamoDBError: CustomStringConvertible {
    public var description: String {
        var text = operation
        if let table { text += " on table \(table)" }
        text += " failed: \(code)"
        if !message.isEmpty { text += ": \(message)" }
        let details = [status.map { "HTTP \($0)" }, requestID.map { "request \($0)" }]
            .compactMap(\.self)
        if !details.isEmpty { text += " (\(details.joined(separator: ", ")))" }
        if let hint { text += ". \(hint)" }
        return text
    }
}

extension DynamoDBError {
    /// Makes a server's message fit for logs and terminals: values that it echoes from the request
    /// are cut out, control characters replaced, and it is cut to `messageLengthMax`.
    static func presentable(_ message: String) -> String {
        var text = message
        // `1 validation error detected: Value '{…}' at 'requestItems' failed to satisfy …`
        if let start = text.firstRange(of: "Value '")?.upperBound,
            let end = text[start...].ranges(of: "' at '").last?.lowerBound
        {
            text.replaceSubrange(start..<end, with: "…")
        }
        // `The parameter cannot be converted to a numeric value: 12abc`
        if let end = text.firstRange(of: "numeric value:")?.upperBound {
            text.replaceSubrange(end..., with: " …")
        }
        let kept = text.unicodeScalars.prefix(messageLengthMax).map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        return String(String.UnicodeScalarView(kept))
    }
}
