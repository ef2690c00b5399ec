public import Contract
internal import Glibc
internal import Mapping
public import Pipeline
internal import Synchronization

/// Writes batches of items, many at once, until each item is written, kept by the target, refused
/// by the service, or nothing more can be done.
///
/// Batches are sent with `BatchWriteItem`, or, where the write mode sets a condition, item by item
/// with `PutItem`. `BatchWrite` and `RateController` decide, this class acts: it signs, sends and
/// waits on one event loop of its own.
public final class DynamoDBItemSink: ItemSink, @unchecked Sendable {
    // `gate`, `latency`, `store` and `loop` protect themselves; the rest is immutable or the loop thread's.

    /// Finds the hash of an item's primary key, as the mapper hashes it, in an item that the
    /// service sent back; nil where the item has no such key.
    typealias KeyHasher = @Sendable (_ table: Int, _ item: JSONValue) -> UInt64?

    /// Batches of 224 requests are 280,000 items a second where an answer takes 20 ms; where it
    /// takes less, fewer connections are opened.
    static let requestsMax = 224
    /// How many batches may wait for their retry, for each that may be on the wire.
    private static let heldPerActive = 2

    let keyHash: KeyHasher
    let store: CredentialStore
    let settings: DynamoDBSettings
    var skew = ClockSkew()
    private let traits: [TableTraits]
    private let gate: Gate
    private let latency = Mutex(LatencyHistogram())
    private let loop: EventLoop
    private let random: () -> Double
    private let lanes: [TableLane]
    private var factory: RequestFactory
    private var resting: [ObjectIdentifier: (shipment: Shipment, timer: TimerQueue.ID)] = [:]
    private var cancellation: DynamoDBError?
    private let waiting = GateWaits()
    /// Batches of which something waits for its rate or its next try.
    private var heldBack = 0

    /// Loads credentials and starts the event loop.
    ///
    /// `tables` are the run's tables: a batch's `table` is an index into them.
    /// - Throws: also where the mode is `newer` and a table has no `version_attribute`.
    public convenience init(
        settings: DynamoDBSettings,
        tables: [Table],
        mode: WriteMode = .replace
    ) throws(DynamoDBError) {
        let keys = ItemKeyHash(
            tables: tables.map { ItemKeyHash.Keys(partition: $0.partitionKey, sort: $0.sortKey) }
        )
        var traits: [TableTraits] = []
        for table in tables {
            traits.append(try TableTraits(table, mode: mode, unitsMax: settings.maxWriteUnits))
        }
        try self.init(settings: settings, traits: traits) { table, item in
            keys.hash(item, table: table)
        }
    }

    init(
        settings: DynamoDBSettings,
        traits: [TableTraits] = [TableTraits()],
        keyHash: @escaping KeyHasher
    ) throws(DynamoDBError) {
        self.settings = settings
        self.traits = traits
        self.keyHash = keyHash
        random = { Double.random(in: 0..<1) }
        store = try settings.credentialStore()
        let arePuts = traits.contains { $0.condition != nil }
        let requestsMax = settings.inFlightMax ?? Self.requestsMax
        // Of puts twice the batches that fill the wire: each is done only with its slowest item.
        let batchesMax = arePuts ? 2 * requestsMax / Limits.batchItemsMax + 2 : requestsMax
        gate = Gate(
            activeMax: batchesMax,
            heldMax: batchesMax * Self.heldPerActive,
            bytesMax: settings.bytesInFlightMax
        )
        lanes = traits.map { _ in TableLane(unitsMax: settings.maxWriteUnits) }
        factory = RequestFactory(endpoint: settings.endpoint, signingRegion: settings.signingRegion)
        loop = EventLoop(
            label: "unglue.dynamodb.sink",
            connectionsMax: requestsMax,
            settings: settings.transport
        )
    }

    deinit {
        loop.stop()
    }

    public func submit(_ batch: Batch, done: @escaping @Sendable (Batch, BatchOutcome) -> Void) {
        precondition(!batch.items.isEmpty, "a batch without items was submitted")
        let job = Job(
            batch: batch,
            traits: traits[batch.table],
            policy: settings.retry,
            done: done
        )
        let slept = loop.slept
        let waited = gate.enter(size: job.size)
        if waited > .zero { waiting.note(waited, from: slept, to: loop.slept) }
        loop.post { [self] in
            lane(of: job).openJobs += 1
            for shipment in job.shipments { offer(shipment) }
        }
    }

    public var waits: SinkWaits { waiting.sums }

    public func drain() {
        gate.waitUntilEmpty()
    }

    public func cancel() {
        loop.post { [self] in
            let error = DynamoDBError(
                code: "Cancelled",
                operation: "Writing the items",
                message: "the batch was not written before the run was stopped"
            )
            cancellation = error
            let rested = resting.values
            resting.removeAll()
            for (shipment, timer) in rested {
                loop.cancel(timer: timer)
                endWaiting(shipment.job)
                abandon(shipment, error)
            }
            for lane in lanes {
                while let shipment = lane.dequeue() {
                    endWaiting(shipment.job)
                    abandon(shipment, error)
                }
            }
            // A request that hangs would otherwise hold the run for its whole time.
            loop.after(settings.cancelGrace) { [weak self] in self?.loop.abandonTransfers() }
        }
    }

    /// How long the requests took so far, retries included; nil where none was answered.
    public var requestLatency: LatencySummary? { LatencySummary(latency.withLock { $0 }) }

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
    private func lane(of job: Job) -> TableLane { lanes[job.batch.table] }

    /// Sends the request as soon as the table's rate allows it.
    private func offer(_ shipment: Shipment) {
        if let cancellation { return abandon(shipment, cancellation) }
        let lane = lane(of: shipment.job)
        let now = EventLoop.now()
        if lane.isIdle, lane.controller.admit(shipment.units, now: now) == nil {
            return transmit(shipment, now)
        }
        lane.enqueue(shipment)
        beginWaiting(shipment.job)
        if lane.timer == nil { pump(lane) }
    }

    /// Sends what the table's rate allows of what waits, and comes back for the rest.
    private func pump(_ lane: TableLane) {
        if let timer = lane.timer { loop.cancel(timer: timer) }
        lane.timer = nil
        while let shipment = lane.next {
            let now = EventLoop.now()
            if let wait = lane.controller.admit(shipment.units, now: now) {
                lane.timer = loop.after(wait) { [self] in
                    lane.timer = nil
                    pump(lane)
                }
                return
            }
            _ = lane.dequeue()
            endWaiting(shipment.job)
            transmit(shipment, now)
        }
    }

    private func transmit(_ shipment: Shipment, _ now: Duration) {
        shipment.admittedAt = now
        let snapshot: CredentialStore.Snapshot
        do throws(DynamoDBError) {
            snapshot = try store.current()
        } catch {
            return act(on: .failed(error, mayHaveWritten: false), shipment)
        }
        let ahead = skew.seconds
        let request = factory.request(
            target: shipment.isPut ? Self.putTarget : Self.batchTarget,
            body: shipment.body,
            payloadHash: shipment.payloadHash,
            credentials: snapshot.credentials,
            seconds: settings.clock() + ahead
        )
        shipment.write.sent(bytes: shipment.body.count)
        let job = shipment.job
        loop.send(request) { [self] result in
            latency.withLock { $0.record(EventLoop.now() - now) }
            let event = event(
                result,
                shipment,
                generation: snapshot.generation,
                signedAhead: ahead
            )
            act(on: event, shipment)
            let lane = lane(of: job)
            if !lane.isIdle { pump(lane) }
        }
    }

    private func act(on event: BatchWrite.Event, _ shipment: Shipment) {
        let now = EventLoop.now()
        let lane = lane(of: shipment.job)
        lane.controller.note(event, shipment, now: now)
        lane.health.note(event, sent: shipment.write.current.count, now: now)
        let action = shipment.write.handle(
            event,
            table: lane.health,
            isAlone: lane.openJobs == 1,
            now: now,
            random: random
        )
        switch action {
        case .finish: finish(shipment)
        case .send(let items, let delay):
            if let cancellation { return abandon(shipment, cancellation) }
            shipment.setItems(items)
            if delay == .zero { return offer(shipment) }
            rest(shipment, delay)
        }
    }

    private func rest(_ shipment: Shipment, _ delay: Duration) {
        beginWaiting(shipment.job)
        let id = ObjectIdentifier(shipment)
        let timer = loop.after(delay) { [self] in
            resting[id] = nil
            endWaiting(shipment.job)
            offer(shipment)
        }
        resting[id] = (shipment, timer)
    }

    private func abandon(_ shipment: Shipment, _ error: DynamoDBError) {
        shipment.write.cancel(error)
        finish(shipment)
    }

    private func finish(_ shipment: Shipment) {
        let job = shipment.job
        guard job.finish(shipment) else { return tellGate(job) }
        lane(of: job).openJobs -= 1
        if job.isResting { gate.resume() }
        gate.leave(size: job.size)
    }

    private func beginWaiting(_ job: Job) {
        job.waiting += 1
        holdBack(job.waiting == 1 ? 1 : 0)
        tellGate(job)
    }

    private func endWaiting(_ job: Job) {
        job.waiting -= 1
        holdBack(job.waiting == 0 ? -1 : 0)
        tellGate(job)
    }

    private func holdBack(_ change: Int) {
        heldBack += change
        loop.isHeldBack = heldBack > 0
    }

    /// A batch of which nothing is on the wire makes room for another.
    private func tellGate(_ job: Job) {
        let isResting = job.open > 0 && job.waiting == job.open
        guard isResting != job.isResting else { return }
        job.isResting = isResting
        isResting ? gate.rest() : gate.resume()
    }
}
