import Contract
import Synchronization

/// A DynamoDB endpoint for tests that keeps the service's rules, answers as badly as it is told
/// to, and writes down every put that it received and applied.
public final class FakeDynamoDB: Sendable {
    struct State {
        var tables: [String: FakeTable] = [:]
        var journal = FakeJournal()
        var requests = 0
        var tablesMade = 0
        var creatingAnswers = 0
        var expiredKeys: Set<String> = []
        var clockOffset = Duration.zero
        var keepsBodies = false
        /// A scan's page ends once it has so many bytes.
        var scanPageBytes = 1 << 20
        var defaultWriteLimits: [Limit] = []
    }

    let state = Mutex(State())
    let started = ContinuousClock().now
    private let faults: @Sendable (Request) -> Fault?
    private let server = Mutex<HTTPServer?>(nil)

    /// Starts on 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: where to listen; 0 for any that is free.
    ///   - creatingAnswers: how often a new table says CREATING before it is ACTIVE.
    ///   - faults: asked for each request, on several threads.
    ///   - bodyCuts: asked for each request that has a body, by its number on all connections and
    ///     who signed it: after how many bytes of the body the connection is reset, before the rest
    ///     is read; nil to let it through.
    /// - Throws: `SystemError` where the port cannot be had.
    public init(
        port: UInt16 = 0,
        creatingAnswers: Int = 0,
        faults: @escaping @Sendable (Request) -> Fault? = { _ in nil },
        bodyCuts: @escaping @Sendable (_ number: Int, _ accessKeyID: String) -> Int? = { _, _ in
            nil
        }
    ) throws {
        self.faults = faults
        state.withLock { $0.creatingAnswers = creatingAnswers }
        let answer: @Sendable (HTTPRequest) -> HTTPAnswer = { [weak self] request in
            self?.answer(request) ?? HTTPAnswer(status: 500)
        }
        let server = try HTTPServer(port: port, handler: answer) { number, headers in
            bodyCuts(number, Self.accessKeyID(headers["authorization"]) ?? "")
        }
        self.server.withLock { $0 = server }
    }

    deinit {
        stop()
    }

    public var url: String { server.withLock { $0?.url ?? "" } }

    public var connections: Int { server.withLock { $0?.connections ?? 0 } }

    /// Closes every connection, stops listening, and writes out the journal.
    public func stop() {
        server.withLock { $0?.stop() }
        state.withLock { $0.journal.flush() }
    }

    /// Closes the connections on which no request is under way: with FIN, or with RST.
    public func closeIdleConnections(isReset: Bool) {
        server.withLock { $0?.closeIdle(isReset: isReset) }
    }

    /// Since the fake's start.
    public var now: Duration { ContinuousClock().now - started }

    // MARK: Answers

    private func answer(_ request: HTTPRequest) -> HTTPAnswer {
        guard let target = request.headers["x-amz-target"],
            let dot = target.firstIndex(of: "."), request.method == "POST"
        else { return HTTPAnswer(status: 200, body: Array("healthy".utf8)) }
        let operation = String(target[target.index(after: dot)...])
        let accessKeyID = Self.accessKeyID(request.headers["authorization"])
        let number = state.withLock { state in
            defer { state.requests += 1 }
            if state.journal.isInMemory {
                state.journal.requests.append(
                    RequestEntry(
                        operation: operation,
                        connection: request.connection,
                        accessKeyID: accessKeyID ?? "",
                        time: now,
                        bodyBytes: request.body.count,
                        body: state.keepsBodies ? request.body : nil
                    )
                )
            }
            return state.requests
        }
        var answer = answer(request, operation, accessKeyID, number: number)
        answer.headers.append(("date", HTTPDate.text(clock)))
        state.withLock { state in
            guard state.journal.isInMemory else { return }
            state.journal.requests[number].status = answer.status
        }
        return answer
    }

    private func answer(
        _ request: HTTPRequest,
        _ operation: String,
        _ accessKeyID: String?,
        number: Int
    ) -> HTTPAnswer {
        guard let accessKeyID else {
            return Self.error(
                400,
                "com.amazon.coral.service#MissingAuthenticationTokenException",
                "Request is missing Authentication Token"
            )
        }
        if let refusal = refusal(of: request.headers, accessKeyID) { return refusal }
        guard let body = try? JSONParser.parse(request.body) else {
            return Self.error(
                400,
                "com.amazon.coral.service#SerializationException",
                "Malformed JSON"
            )
        }
        let puts = body["RequestItems"]?.members?.reduce(0) { $0 + ($1.value.array?.count ?? 0) }
        let fault = faults(
            Request(
                number: number,
                operation: operation,
                itemCount: puts ?? 0,
                headers: request.headers,
                connection: request.connection,
                accessKeyID: accessKeyID,
                body: body
            )
        )
        let call = Call(
            operation: operation,
            body: body,
            number: number,
            connection: request.connection
        )
        return answer(call, fault)
    }

    /// What is answered before the request is even read: its signature's time and its credentials.
    private func refusal(of headers: [String: String], _ accessKeyID: String) -> HTTPAnswer? {
        let (isExpired, offset) = state.withLock {
            ($0.expiredKeys.contains(accessKeyID), $0.clockOffset)
        }
        if isExpired, case .error(let status, let type, let message) = Fault.expiredCredentials {
            return Self.error(status, type, message)
        }
        guard offset != .zero else { return nil }
        guard let date = headers["x-amz-date"], let signed = HTTPDate.seconds(basic: date),
            abs(signed - clock) <= 300
        else {
            return Self.error(
                400,
                "com.amazon.coral.service#InvalidSignatureException",
                "Signature expired: \(headers["x-amz-date"] ?? "") is now earlier than the "
                    + "service's time less 5 min."
            )
        }
        return nil
    }

    /// Seconds since 1970 by the fake's clock.
    private var clock: Int {
        HTTPDate.now + Int(state.withLock { $0.clockOffset } / .seconds(1))
    }

    private static func accessKeyID(_ authorization: String?) -> String? {
        let prefix = "AWS4-HMAC-SHA256 Credential="
        guard let authorization, authorization.hasPrefix(prefix) else { return nil }
        return String(authorization.dropFirst(prefix.count).prefix { $0 != "/" })
    }
}

/// A request that was read.
struct Call: Sendable {
    var operation: String
    var body: JSONValue
    var number: Int
    var connection: Int
}

/// An error of the fake's own, on its way to becoming an answer.
struct FakeFailure: Error {
    var type: String
    var message: String
    /// Members beside type and message.
    var extra: [JSONMember] = []

    static func validation(_ message: String) -> FakeFailure {
        FakeFailure(type: "com.amazon.coral.validate#ValidationException", message: message)
    }

    static let notFound = FakeFailure(
        type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        message: "Requested resource not found"
    )
}
