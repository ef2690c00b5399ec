public import Contract
import Synchronization

/// A DynamoDB endpoint for tests that keeps the service's rules, answers as badly as it is told
/// to, and writes down every put that it received and applied.
public final class FakeDynamoDB: Sendable {
    /// What goes wrong with one request.
    public enum Fault: Sendable {
        /// An error answer instead of the work: status, type with its prefix, message.
        case error(status: Int, type: String, message: String)
        /// An error with reasons, under `ThrottlingReasons` or `throttlingReasons`.
        case throttle(type: String, reasonsKey: String, reasons: [String])
        /// Any body, such as an HTML page or nothing.
        case raw(status: Int, body: String)
        /// The work is done, but these puts (by index in the request) come back unprocessed, in
        /// reverse order if so told.
        case unprocessed([Int], isReversed: Bool)
        case allUnprocessed
        /// The connection breaks; `applies` says whether the work was done before.
        case delivery(HTTPAnswer.Delivery, applies: Bool)
        case delay(Duration)
        case wrongChecksum
        case missingChecksum
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
    }

    /// One put, as it came in.
    public struct JournalEntry: Sendable, Equatable {
        public var request: Int
        public var table: String
        /// Canonical key, as in `items(of:)`.
        public var key: String
        public var isApplied: Bool
        /// Whether a whole answer that says so was sent.
        public var isAcknowledged: Bool
    }

    struct State {
        var tables: [String: FakeTable] = [:]
        var journal: [JournalEntry] = []
        var requests = 0
        var tablesMade = 0
        var creatingAnswers = 0
    }

    let state = Mutex(State())
    private let faults: @Sendable (Request) -> Fault?
    private let server = Mutex<HTTPServer?>(nil)

    /// Starts on a free port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - creatingAnswers: how often a new table says CREATING before it is ACTIVE.
    ///   - faults: asked for each request, on several threads.
    /// - Throws: `SystemError` where no port can be had.
    public init(
        creatingAnswers: Int = 0,
        faults: @escaping @Sendable (Request) -> Fault? = { _ in nil }
    ) throws {
        self.faults = faults
        state.withLock { $0.creatingAnswers = creatingAnswers }
        let server = try HTTPServer { [weak self] request in
            self?.answer(request) ?? HTTPAnswer(status: 500)
        }
        self.server.withLock { $0 = server }
    }

    deinit {
        stop()
    }

    public var url: String { server.withLock { $0?.url ?? "" } }

    public var connections: Int { server.withLock { $0?.connections ?? 0 } }

    public func stop() {
        server.withLock { $0?.stop() }
    }

    /// The table's items by canonical key, in plain DynamoDB JSON with normalised numbers.
    public func items(of table: String) -> [String: JSONValue] {
        state.withLock { $0.tables[table]?.items ?? [:] }
    }

    public var journal: [JournalEntry] { state.withLock { $0.journal } }

    public var requests: Int { state.withLock { $0.requests } }

    /// Deletes a table behind the client's back.
    public func drop(table: String) {
        state.withLock { _ = $0.tables.removeValue(forKey: table) }
    }

    // MARK: Answers

    private func answer(_ request: HTTPRequest) -> HTTPAnswer {
        guard let target = request.headers["x-amz-target"],
            let dot = target.firstIndex(of: "."), request.method == "POST"
        else { return HTTPAnswer(status: 200, body: Array("healthy".utf8)) }
        let operation = String(target[target.index(after: dot)...])
        let number = state.withLock { state in
            defer { state.requests += 1 }
            return state.requests
        }
        guard request.headers["authorization"]?.hasPrefix("AWS4-HMAC-SHA256 Credential=") == true
        else {
            return Self.error(
                400,
                "com.amazon.coral.service#MissingAuthenticationTokenException",
                "Request is missing Authentication Token"
            )
        }
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
                headers: request.headers
            )
        )
        return answer(operation, body, number: number, fault: fault)
    }

    private func answer(
        _ operation: String,
        _ body: JSONValue,
        number: Int,
        fault: Fault?
    ) -> HTTPAnswer {
        var kept: [Int] = []
        var isReversed = false
        var isAcknowledged = true
        switch fault {
        case .error(let status, let type, let message):
            note(body, number: number)
            return Self.error(status, type, message)
        case .throttle(let type, let key, let reasons):
            note(body, number: number)
            return Self.throttle(type: type, reasonsKey: key, reasons: reasons)
        case .raw(let status, let text):
            note(body, number: number)
            return HTTPAnswer(status: status, body: Array(text.utf8))
        case .delivery(_, applies: false):
            note(body, number: number)
            isAcknowledged = false
        case .delivery(.whole, _), .delivery(.sliced, _):
            break
        case .delivery, .wrongChecksum:
            isAcknowledged = false
        case .unprocessed(let indexes, let reversed):
            kept = indexes
            isReversed = reversed
        case .allUnprocessed:
            kept = Array(0..<25)  // As many as a request may have.
        case .delay, .missingChecksum, nil:
            break
        }
        var answer = HTTPAnswer(status: 200)
        if case .delivery(_, applies: false) = fault {
            answer.body = Array("{}".utf8)
        } else {
            answer = perform(
                operation,
                body,
                number: number,
                unprocessed: Set(kept),
                isReversed: isReversed,
                isAcknowledged: isAcknowledged
            )
        }
        if case .delivery(let delivery, _) = fault { answer.delivery = delivery }
        if case .delay(let delay) = fault { answer.delay = delay }
        return Self.checksummed(answer, fault: fault)
    }

    private func perform(
        _ operation: String,
        _ body: JSONValue,
        number: Int,
        unprocessed: Set<Int>,
        isReversed: Bool,
        isAcknowledged: Bool
    ) -> HTTPAnswer {
        do {
            let result = try state.withLock { state throws(FakeFailure) -> JSONValue in
                switch operation {
                case "BatchWriteItem":
                    try state.batchWrite(
                        body,
                        request: number,
                        unprocessed: unprocessed,
                        isReversed: isReversed,
                        isAcknowledged: isAcknowledged
                    )
                case "CreateTable": try state.createTable(body)
                case "DescribeTable": try state.describeTable(body)
                case "DeleteTable": try state.deleteTable(body)
                case "PutItem": try state.putItem(body, request: number)
                case "GetItem": try state.getItem(body)
                case "Scan": try state.scan(body)
                case "ListTables": state.listTables()
                case "ListTagsOfResource": try state.listTags(body)
                default:
                    throw FakeFailure(
                        type: "com.amazon.coral.service#UnknownOperationException",
                        message: ""
                    )
                }
            }
            var answer = HTTPAnswer(status: 200)
            answer.body = Array(result.serialized().utf8)
            return answer
        } catch {
            return Self.error(400, error.type, error.message)
        }
    }

    /// Journals the puts of a request that is not carried out.
    private func note(_ body: JSONValue, number: Int) {
        state.withLock { state in
            for (table, item) in FakeDynamoDB.puts(of: body) {
                guard let key = try? state.tables[table]?.key(of: item) else { continue }
                state.journal.append(
                    JournalEntry(
                        request: number,
                        table: table,
                        key: key,
                        isApplied: false,
                        isAcknowledged: false
                    )
                )
            }
        }
    }

    static func puts(of body: JSONValue) -> [(table: String, item: JSONValue)] {
        (body["RequestItems"]?.members ?? []).flatMap { table in
            (table.value.array ?? []).compactMap { request in
                (request["PutRequest"]?["Item"]).map { (table.name, $0) }
            }
        }
    }

    // MARK: Bodies

    private static func error(_ status: Int, _ type: String, _ message: String) -> HTTPAnswer {
        let body = JSONValue.object([
            JSONMember(name: "__type", value: .string(type)),
            JSONMember(name: "message", value: .string(message)),
        ])
        return checksummed(
            HTTPAnswer(status: status, body: Array(body.serialized().utf8)),
            fault: nil
        )
    }

    private static func throttle(
        type: String,
        reasonsKey: String,
        reasons: [String]
    ) -> HTTPAnswer {
        let entries = reasons.map { reason in
            JSONValue.object([
                JSONMember(name: "reason", value: .string(reason)),
                JSONMember(
                    name: "resource",
                    value: .string("arn:aws:dynamodb:local:000000000000:table/fake")
                ),
            ])
        }
        let body = JSONValue.object([
            JSONMember(name: "__type", value: .string(type)),
            JSONMember(name: "Message", value: .string("Throughput exceeds the current capacity")),
            JSONMember(name: reasonsKey, value: .array(entries)),
        ])
        return checksummed(
            HTTPAnswer(status: 400, body: Array(body.serialized().utf8)),
            fault: nil
        )
    }

    private static func checksummed(_ answer: HTTPAnswer, fault: Fault?) -> HTTPAnswer {
        var answer = answer
        var checksum = CRC32.of(answer.body)
        if case .missingChecksum = fault { return answer }
        if case .wrongChecksum = fault { checksum ^= 1 }
        answer.headers += [
            ("content-type", "application/x-amz-json-1.0"), ("x-amz-crc32", "\(checksum)"),
            ("x-amzn-requestid", "FAKE"),
        ]
        return answer
    }
}

/// An error of the fake's own, on its way to becoming an answer.
struct FakeFailure: Error {
    var type: String
    var message: String

    static func validation(_ message: String) -> FakeFailure {
        FakeFailure(type: "com.amazon.coral.validate#ValidationException", message: message)
    }

    static let notFound = FakeFailure(
        type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        message: "Requested resource not found"
    )
}

/// The checksum of answers, computed bit by bit: the other side uses zlib.
enum CRC32 {
    static func of(_ bytes: [UInt8]) -> UInt32 {
        var checksum = UInt32.max
        for byte in bytes {
            checksum ^= UInt32(byte)
            for _ in 0..<8 {
                checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1
            }
        }
        return ~checksum
    }
}
