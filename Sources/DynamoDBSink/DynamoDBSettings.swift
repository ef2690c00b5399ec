internal import Dispatch
internal import Glibc
internal import Synchronization

/// Where DynamoDB is, with whose credentials it is asked, and how hard.
public struct DynamoDBSettings: Sendable {
    public var endpoint: Endpoint
    /// The region that requests are sent to.
    public var region: String
    /// Requests on the wire at once, 1 to 1,024; nil: 224.
    ///
    /// Each has its own connection.
    public var inFlightMax: Int?
    /// The most write units that each table may see in any second, its indexes included, at least
    /// 1; nil: as many as it takes.
    public var maxWriteUnits: Int?
    /// Bytes of memory of the batches that were taken over and not yet answered.
    ///
    /// One batch is always taken.
    public var bytesInFlightMax = 16 * 1024 * 1024
    /// How long a table's requests may fail, from the first failure since its last success on,
    /// before the run is given up.
    public var retryFor: Duration = .seconds(86_400)
    public var connectTimeout: Duration = .seconds(5)
    /// From the start of a request to the end of its answer.
    public var requestTimeout: Duration = .seconds(60)
    /// How long requests under way may still take when the sink is told to give up.
    public var cancelGrace: Duration = .seconds(5)
    /// `http://host:port`; nil for none.
    public var proxy: String?
    /// Hosts that are reached without the proxy: names joined by commas.
    public var noProxy: String?
    /// File of certificates to trust instead of the system's.
    public var certificateFile: String?

    /// Is told what does not keep a run from going on, but somebody should know; on any thread.
    public var warn: @Sendable (String) -> Void = { _ in }

    private let credentials: SharedCredentials
    /// Seconds since 1970.
    var clock: @Sendable () -> Int = { time(nil) }
    var retryBases = RetryPolicy()

    init(endpoint: Endpoint, region: String, credentialSource: any CredentialSource) {
        self.endpoint = endpoint
        self.region = region
        credentials = SharedCredentials(source: credentialSource)
    }

    /// Settings with credentials that do not change.
    public init(endpoint: Endpoint, region: String, credentials: Credentials) {
        self.init(
            endpoint: endpoint,
            region: region,
            credentialSource: StaticCredentials(credentials: credentials)
        )
    }

    /// DynamoDB Local's region `local` is signed for as its tools do.
    var signingRegion: String { region == "local" ? "us-east-1" : region }

    var retry: RetryPolicy {
        var policy = retryBases
        policy.retryFor = retryFor
        return policy
    }

    var transport: TransportSettings {
        TransportSettings(
            connectTimeout: connectTimeout,
            requestTimeout: requestTimeout,
            responseBytesMax: 32 * 1024 * 1024,
            proxy: proxy,
            noProxy: noProxy,
            certificateFile: certificateFile
        )
    }

    /// The credentials, loaded at the first call and then shared by all clients of these settings
    /// and their copies.
    ///
    /// Blocks while they are loaded.
    func credentialStore() throws(DynamoDBError) -> CredentialStore {
        try credentials.store(clock: clock)
    }
}

/// One credential store for all who use the same settings, so that an endpoint or a process that
/// asks for a second factor is asked once.
private final class SharedCredentials: Sendable {
    private let source: any CredentialSource
    private let loaded = Mutex<CredentialStore?>(nil)
    /// Loading takes its time; the queue, not the lock, makes others wait for it.
    private let queue = DispatchQueue(label: "unglue.dynamodb.credentials.first")

    init(source: any CredentialSource) {
        self.source = source
    }

    func store(clock: @escaping @Sendable () -> Int) throws(DynamoDBError) -> CredentialStore {
        let result = queue.sync { () -> Result<CredentialStore, DynamoDBError> in
            if let store = loaded.withLock({ $0 }) { return .success(store) }
            return Result { () throws(DynamoDBError) in
                let store = try CredentialStore(source: source, clock: clock)
                loaded.withLock { $0 = store }
                return store
            }
        }
        return try result.get()
    }
}

struct StaticCredentials: CredentialSource {
    var credentials: Credentials

    func load() throws(DynamoDBError) -> Credentials {
        credentials
    }
}
