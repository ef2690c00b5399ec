public import Contract
internal import Glibc
internal import Mapping
public import Pipeline

/// Writes batches of items with `BatchWriteItem`, many at once, until each item is written, refused
/// by the service, or nothing more can be done.
///
/// `BatchWrite` decides, this class acts: it signs, sends and waits on one event loop of its own.
public final class DynamoDBItemSink: ItemSink, @unchecked Sendable {
    // `gate`, `store` and `loop` protect themselves; the rest belongs to the loop's thread.

    /// Finds the hash of an item's primary key, as the mapper hashes it, in an item that the
    /// service sent back; nil where the item has no such key.
    typealias KeyHasher = @Sendable (_ table: Int, _ item: JSONValue) -> UInt64?

    private static let operation = "BatchWriteItem"
    private static let target = RequestFactory.target(operation)
    /// How many batches may wait for their retry, for each that may be on the wire.
    private static let heldPerActive = 4

    private let settings: DynamoDBSettings
    private let keyHash: KeyHasher
    private let gate: Gate
    private let store: CredentialStore
    private let loop: EventLoop
    private let random: () -> Double

    private var factory: RequestFactory
    private var skew = ClockSkew()
    private var resting: [ObjectIdentifier: (job: Job, timer: TimerQueue.ID)] = [:]
    private var cancellation: DynamoDBError?

    /// Loads credentials and starts the event loop.
    ///
    /// `tables` are the run's tables: a batch's `table` is an index into them.
    public convenience init(
        settings: DynamoDBSettings,
        tables: [Table]
    ) throws(DynamoDBError) {
        let keys = ItemKeyHash(
            tables: tables.map { ItemKeyHash.Keys(partition: $0.partitionKey, sort: $0.sortKey) }
        )
        try self.init(settings: settings) { table, item in keys.hash(item, table: table) }
    }

    init(settings: DynamoDBSettings, keyHash: @escaping KeyHasher) throws(DynamoDBError) {
        self.settings = settings
        self.keyHash = keyHash
        random = { Double.random(in: 0..<1) }
        store = try settings.credentialStore()
        gate = Gate(
            activeMax: settings.inFlightMax,
            heldMax: settings.inFlightMax * Self.heldPerActive,
            bytesMax: settings.bytesInFlightMax
        )
        factory = RequestFactory(endpoint: settings.endpoint, signingRegion: settings.signingRegion)
        loop = EventLoop(
            label: "unglue.dynamodb.sink",
            connectionsMax: settings.inFlightMax,
            settings: settings.transport
        )
    }

    deinit {
        loop.stop()
    }

    public func submit(_ batch: Batch, done: @escaping @Sendable (Batch, BatchOutcome) -> Void) {
        precondition(!batch.items.isEmpty, "a batch without items was submitted")
        let job = Job(batch: batch, policy: settings.retry, done: done)
        gate.enter(size: job.size)
        loop.post { [self] in transmit(job) }
    }

    public func drain() {
        gate.waitUntilEmpty()
    }

    public func cancel() {
        loop.post { [self] in
            let error = DynamoDBError(
                code: "Cancelled",
                operation: Self.operation,
                message: "the batch was not written before the run was stopped"
            )
            cancellation = error
            for (job, timer) in resting.values {
                loop.cancel(timer: timer)
                gate.resume()
                job.write.cancel(error)
                finish(job)
            }
            resting.removeAll()
            // A request that hangs would otherwise hold the run for its whole time.
            loop.after(settings.cancelGrace) { [weak self] in self?.loop.abandonTransfers() }
        }
    }

    /// Answers what is still held, then ends the sink's thread.
    ///
    /// Nothing may be submitted after it.
    public func close() {
        drain()
        loop.stop()
        loop.join()
    }
}

// MARK: On the loop's thread

extension DynamoDBItemSink {
    private func transmit(_ job: Job) {
        if let cancellation {
            job.write.cancel(cancellation)
            return finish(job)
        }
        let snapshot: CredentialStore.Snapshot
        do throws(DynamoDBError) {
            snapshot = try store.current()
        } catch {
            return act(on: .failed(error), job)
        }
        let request = factory.request(
            target: Self.target,
            body: job.body,
            payloadHash: job.payloadHash,
            credentials: snapshot.credentials,
            seconds: settings.clock() + skew.seconds
        )
        job.write.sent(bytes: job.body.count)
        loop.send(request) { [self] result in
            act(on: event(result, job, generation: snapshot.generation), job)
        }
    }

    private func act(on event: BatchWrite.Event, _ job: Job) {
        switch job.write.handle(event, now: EventLoop.now(), random: random) {
        case .finish: finish(job)
        case .send(let items, let delay):
            if let cancellation {
                job.write.cancel(cancellation)
                return finish(job)
            }
            job.setItems(items)
            if delay == .zero { return transmit(job) }
            rest(job, delay)
        }
    }

    private func rest(_ job: Job, _ delay: Duration) {
        gate.rest()
        let id = ObjectIdentifier(job)
        let timer = loop.after(delay) { [self] in
            resting[id] = nil
            gate.resume()
            transmit(job)
        }
        resting[id] = (job, timer)
    }

    private func finish(_ job: Job) {
        job.done(job.batch, job.write.outcome)
        gate.leave(size: job.size)
    }

    /// What the answer to a request means for its batch.
    private func event(
        _ result: Result<HTTPResponse, TransportFailure>,
        _ job: Job,
        generation: Int
    ) -> BatchWrite.Event {
        let table = job.batch.tableName
        switch Answer.read(result, operation: Self.operation, table: table) {
        case .success:
            guard case .success(let response) = result else {
                preconditionFailure("an answer was read that never came")
            }
            guard let answer = try? BatchWriteAnswer(response.body, table: table) else {
                return .failed(
                    Answer.malformed(response, operation: Self.operation, table: table)
                )
            }
            return .answered(
                unprocessed: indexes(of: answer.unprocessed, job),
                writeUnits: answer.writeUnits
            )
        case .failure(let kind, let error, let retryAfter):
            switch kind {
            case .throttle: return .throttled(error, retryAfter: retryAfter)
            case .transient: return .failed(error, retryAfter: retryAfter)
            case .tooLarge: return .tooLarge(error)
            case .invalid: return .invalid(error)
            case .fatal: return .fatal(error)
            case .expiredCredentials:
                return store.expired(generation: generation) == .unchanged
                    ? .fatal(error) : .failed(error, retryAfter: retryAfter)
            case .clockSkew:
                let date = try? result.get().header("date")
                let isMended = skew.correct(date: date, clock: settings.clock())
                return isMended || ErrorPolicy.isAboutTime(error.code)
                    ? .failed(error) : .fatal(error)
            }
        }
    }

    /// The places in the batch of the items that the service sent back, found by their keys: it may
    /// reorder and respell them.
    ///
    /// If one of them cannot be found, all of the request's items are taken for unwritten: to write
    /// an item twice does no harm.
    private func indexes(of unprocessed: [JSONValue], _ job: Job) -> [Int] {
        if unprocessed.isEmpty { return [] }
        let sent = job.write.current
        let hashes = Set(unprocessed.compactMap { keyHash(job.batch.table, $0) })
        let found = sent.filter { hashes.contains(job.batch.items[$0].keyHash) }
        return found.count == unprocessed.count ? found : sent
    }
}

/// A batch on its way.
private final class Job: @unchecked Sendable {  // Made by the submitter, then the loop's.
    let batch: Batch
    let done: @Sendable (Batch, BatchOutcome) -> Void
    var write: BatchWrite
    /// The request's body: the batch's own while all of it is sent.
    private(set) var body: ByteBuffer
    private(set) var payloadHash: [UInt8]
    private var items: [Int]
    /// Bytes that the batch holds.
    let size: Int

    init(
        batch: Batch,
        policy: RetryPolicy,
        done: @escaping @Sendable (Batch, BatchOutcome) -> Void
    ) {
        self.batch = batch
        self.done = done
        write = BatchWrite(itemCount: batch.items.count, policy: policy)
        body = batch.body
        // Here, on the submitter's thread, so that hashing runs in parallel.
        payloadHash = unsafe body.withBytes { unsafe Digest.sha256($0) }
        items = write.current
        size = body.count
    }

    /// Makes the body that holds these items and no others, from the batch's own bytes.
    func setItems(_ wanted: [Int]) {
        guard wanted != items, let first = batch.items.first, let last = batch.items.last else {
            return
        }
        items = wanted
        let whole = batch.body
        body = ByteBuffer(capacity: whole.count)
        body.append(whole, 0..<first.range.lowerBound)
        for (place, index) in wanted.enumerated() {
            if place > 0 { body.append("}},{\"PutRequest\":{\"Item\":") }
            body.append(whole, batch.items[index].range)
        }
        body.append(whole, last.range.upperBound..<whole.count)
        payloadHash = unsafe body.withBytes { unsafe Digest.sha256($0) }
    }
}
