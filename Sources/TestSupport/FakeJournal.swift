import Glibc

extension FakeDynamoDB {
    /// One put or delete, as it came in.
    public struct JournalEntry: Sendable, Equatable {
        /// Number of the request, from 0, over all operations.
        public var request: Int
        public var table: String
        /// Canonical key, as in `items(of:)`.
        public var key: String
        public var isApplied: Bool
        /// Whether a whole answer that says so was sent.
        public var isAcknowledged: Bool
        /// Of the item by `FakeDynamoDB.digest`; nil for a delete.
        public var digest: UInt64?
        /// Number of the connection, from 0.
        public var connection: Int
        /// Since the fake's start: when it came in or, if it was applied, when it was.
        public var time: Duration
        /// Since the fake's start: when the end of the answer was sent.
        public var acknowledgedAt: Duration?
    }

    /// One request and what became of it.
    public struct RequestEntry: Sendable, Equatable {
        public var operation: String
        public var connection: Int
        public var accessKeyID: String
        /// Since the fake's start.
        public var time: Duration
        public var bodyBytes: Int
        /// The request's body, where the fake keeps bodies.
        public var body: [UInt8]?
        /// HTTP status that was answered, or would have been.
        public var status: Int?
    }
}

/// Everything that was received, in memory or as lines of a file.
struct FakeJournal {
    private(set) var entries: [FakeDynamoDB.JournalEntry] = []
    var requests: [FakeDynamoDB.RequestEntry] = []
    private(set) var count = 0
    enum Mode {
        case memory
        case file(Int32)
        case none
    }

    var mode = Mode.memory
    private var pending: [UInt8] = []
    private static let pendingMax = 1 << 16

    var isInMemory: Bool {
        if case .memory = mode { true } else { false }
    }

    mutating func write(to path: String) throws(SystemError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError(operation: "open \(path)", code: errno) }
        mode = .file(descriptor)
    }

    /// Forgets the writes; the requests keep their numbers.
    mutating func clear() {
        entries.removeAll()
        count = 0
    }

    mutating func append(_ entry: FakeDynamoDB.JournalEntry) {
        count += 1
        if isInMemory { entries.append(entry) }
        guard case .file = mode else { return }
        line(
            #"{"sequence":\#(count - 1),"request":\#(entry.request),"table":"\#(entry.table)","#
                + #""key":\#(JSONText.quoted(entry.key)),"digest":"\#(entry.digest ?? 0)","#
                + #""applied":\#(entry.isApplied),"connection":\#(entry.connection),"#
                + #""ms":\#(entry.time / .milliseconds(1))}"#
        )
    }

    /// Notes that the entries of a request that were applied are acknowledged, or that the
    /// acknowledgement broke off.
    mutating func acknowledge(_ range: Range<Int>, at time: Duration?) {
        guard isInMemory else {
            if case .file = mode, let time, !range.isEmpty {
                line(
                    #"{"acknowledged":[\#(range.lowerBound),\#(range.upperBound)],"#
                        + #""ms":\#(time / .milliseconds(1))}"#
                )
            }
            return
        }
        for index in range.clamped(to: entries.indices) where entries[index].isApplied {
            entries[index].isAcknowledged = time != nil
            entries[index].acknowledgedAt = time
        }
    }

    private mutating func line(_ text: String) {
        pending += Array(text.utf8) + [0x0A]
        if pending.count >= Self.pendingMax { flush() }
    }

    mutating func flush() {
        guard case .file(let descriptor) = mode else { return }
        var written = 0
        while written < pending.count {
            let count = unsafe pending.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    descriptor,
                    bytes.baseAddress?.advanced(by: written),
                    bytes.count - written
                )
            }
            if count < 0 && errno == EINTR { continue }
            precondition(count > 0, "the journal cannot be written: errno \(errno)")
            written += count
        }
        pending.removeAll(keepingCapacity: true)
    }
}
