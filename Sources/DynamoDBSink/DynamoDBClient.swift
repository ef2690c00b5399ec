public import Contract
internal import Glibc
internal import Mapping

/// Calls any DynamoDB operation and waits for its answer: for tables and for reading items back.
///
/// Blocks the calling thread; used by one thread at a time. Throttles, server errors and lost
/// connections are tried again for `callFor`.
public final class DynamoDBClient {
    /// How long a call may fail before it is given up.
    public var callFor: Duration = .seconds(30)
    /// Asked while the client waits for another try: what it then throws is `Cancelled`.
    var isStopped: (@Sendable () -> Bool)?

    private let settings: DynamoDBSettings
    private let store: CredentialStore
    private let handle: EasyHandle
    private var factory: RequestFactory
    private var skew = ClockSkew()
    private let pause: (Duration) -> Void

    /// Loads credentials; no connection is made yet.
    public convenience init(settings: DynamoDBSettings) throws(DynamoDBError) {
        try self.init(settings: settings, pause: Self.sleep)
    }

    init(
        settings: DynamoDBSettings,
        pause: @escaping (Duration) -> Void
    ) throws(DynamoDBError) {
        self.settings = settings
        self.pause = pause
        store = try settings.credentialStore()
        handle = EasyHandle(settings: settings.transport)
        factory = RequestFactory(endpoint: settings.endpoint, signingRegion: settings.signingRegion)
    }

    /// Calls `operation` (`DescribeTable`) with `request` and returns the answer.
    ///
    /// `table`: named in errors.
    /// - Throws: the server's own error where it will not help to try again, or the last one when
    ///   `callFor` is over.
    public func call(
        _ operation: String,
        _ request: JSONValue,
        table: String? = nil
    ) throws(DynamoDBError) -> JSONValue {
        try call(operation, request.serializedBytes(), table: table) {
            try? JSONParser.parse($0)
        }
    }

    /// The same with bytes: `request` is the body, and `read` makes of the answer's body what is
    /// wanted, or nil where it is not what the operation answers, which is worth another try.
    func call<Document>(
        _ operation: String,
        _ request: [UInt8],
        table: String?,
        read: ([UInt8]) -> Document?
    ) throws(DynamoDBError) -> Document {
        let body = ByteBuffer(capacity: 1_024)
        body.append(request)
        let payloadHash = Digest.sha256(body.array())
        var failures = 0
        var waited = Duration.zero
        while true {
            let reason: RetryPolicy.Reason
            let failure: DynamoDBError
            switch try attempt(operation, body, payloadHash, table, read) {
            case .success(let document): return document
            case .failure(let retry):
                reason = retry.reason
                failure = retry.error
            }
            failures += 1
            guard waited < callFor else { throw failure }
            let wanted = settings.retry.delay(
                reason,
                attempt: failures,
                random: Double.random(in: 0..<1)
            )
            let delay = min(max(wanted, .milliseconds(1)), callFor - waited)
            waited += delay
            try rest(delay, operation, table)
        }
    }

    /// Waits, in parts where somebody may want it to end.
    func rest(
        _ delay: Duration,
        _ operation: String,
        _ table: String?
    ) throws(DynamoDBError) {
        guard let isStopped else { return pause(delay) }
        var left = delay
        while left > .zero, !isStopped() {
            let part = min(left, .milliseconds(200))
            pause(part)
            left -= part
        }
        guard !isStopped() else {
            throw DynamoDBError(
                code: "Cancelled",
                operation: operation,
                table: table,
                message: "the request was not tried again"
            )
        }
    }

    private struct Retry: Error {
        var reason: RetryPolicy.Reason
        var error: DynamoDBError
    }

    private func attempt<Document>(
        _ operation: String,
        _ body: ByteBuffer,
        _ payloadHash: [UInt8],
        _ table: String?,
        _ read: ([UInt8]) -> Document?
    ) throws(DynamoDBError) -> Result<Document, Retry> {
        let snapshot = try credentials()
        let request = factory.request(
            target: RequestFactory.target(operation),
            body: body,
            payloadHash: payloadHash,
            credentials: snapshot.credentials,
            seconds: settings.clock() + skew.seconds
        )
        let result = Result { () throws(TransportFailure) in try handle.perform(request) }
        switch Answer.read(result, operation: operation, table: table) {
        case .success(let body):
            guard case .success(let response) = result else {
                preconditionFailure("an answer was read that never came")
            }
            guard let document = read(body) else {
                let error = Answer.malformed(response, operation: operation, table: table)
                return .failure(Retry(reason: .transient, error: error))
            }
            return .success(document)
        case .failure(.throttle, let error, _):
            return .failure(Retry(reason: .throttle, error: error))
        case .failure(.hotKeys, let error, _):
            return .failure(Retry(reason: .hotKeys, error: error))
        case .failure(.transient, let error, _):
            return .failure(Retry(reason: .transient, error: error))
        case .failure(.expiredCredentials, let error, _):
            if store.expired(generation: snapshot.generation) == .unchanged { throw error }
            store.wait()
            return .failure(Retry(reason: .transient, error: error))
        case .failure(.clockSkew, let error, _):
            let date = try? result.get().header("date")
            let isMended = skew.correct(date: date, clock: settings.clock())
            guard isMended || ErrorPolicy.isAboutTime(error.code) else { throw error }
            return .failure(Retry(reason: .transient, error: error))
        case .failure(_, let error, _): throw error
        }
    }

    /// Credentials that have run out are waited for once: new ones may be on their way.
    private func credentials() throws(DynamoDBError) -> CredentialStore.Snapshot {
        do throws(DynamoDBError) {
            return try store.current()
        } catch {
            store.wait()
            return try store.current()
        }
    }

    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let wanted = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        // A signal cuts the pause short: then the caller looks sooner, which does no harm.
        _ = unsafe withUnsafePointer(to: wanted) { unsafe nanosleep($0, nil) }
    }
}
