internal import Mapping
internal import Pipeline

/// A batch on its way: one shipment, or one for each of its items where they are put one by one.
final class Job: @unchecked Sendable {  // Made by the submitter, then the loop's.
    let batch: Batch
    /// Bytes of memory that the batch and its requests hold.
    let size: Int
    private(set) var shipments: [Shipment] = []
    /// Shipments that are not finished.
    private(set) var open = 0
    /// Of them, those that wait, for their time or for the table's rate.
    var waiting = 0
    /// Whether the gate knows that all that is open waits.
    var isResting = false
    private let done: @Sendable (Batch, BatchOutcome) -> Void
    private var outcome = BatchOutcome()

    /// Makes the requests and hashes them, here on the submitter's thread: so that runs in parallel.
    init(
        batch: Batch,
        traits: TableTraits,
        policy: RetryPolicy,
        done: @escaping @Sendable (Batch, BatchOutcome) -> Void
    ) {
        self.batch = batch
        self.done = done
        if let condition = traits.condition {
            size = batch.body.capacity + batch.body.count
            shipments = batch.items.indices.map { index in
                Shipment(
                    job: self,
                    write: BatchWrite(
                        parts: [[index]],
                        isReplay: batch.items[index].chunk.isReplay,
                        policy: policy
                    ),
                    body: condition.body(of: batch, item: index),
                    traits: traits
                )
            }
        } else {
            size = batch.body.capacity
            let write = BatchWrite(parts: traits.parts(of: batch), policy: policy)
            shipments = [Shipment(job: self, write: write, body: nil, traits: traits)]
        }
        open = shipments.count
    }

    /// One of the shipments is over.
    ///
    /// - Returns: whether it was the last, and the batch was answered.
    func finish(_ shipment: Shipment) -> Bool {
        let part = shipment.write.outcome
        outcome.refused += part.refused
        outcome.kept += part.kept
        outcome.fatal = outcome.fatal ?? part.fatal
        outcome.unwritten += part.unwritten
        outcome.writeUnits += part.writeUnits
        outcome.requests += part.requests
        outcome.retries += part.retries
        outcome.throttles += part.throttles
        outcome.bytesSent += part.bytesSent
        open -= 1
        guard open == 0 else { return false }
        outcome.refused.sort { $0.index < $1.index }
        outcome.kept.sort()
        shipments.removeAll()
        done(batch, outcome)
        return true
    }
}

/// A request of a batch, in whatever state it is sent, until its items are accounted for.
///
/// Belongs to its job, and like it to the loop's thread.
final class Shipment {
    /// A cycle, which the job breaks when it is finished.
    let job: Job
    var write: BatchWrite
    private(set) var body: ByteBuffer
    private(set) var payloadHash: [UInt8]
    /// Predicted write units of the items that are to be sent.
    private(set) var units: Double
    /// When the table's rate let the last request through.
    var admittedAt = Duration.zero
    private var items: [Int]
    private let traits: TableTraits

    /// `body`: of a single put; nil: the items are sent by `BatchWriteItem`, from the batch's bytes.
    fileprivate init(job: Job, write: BatchWrite, body: ByteBuffer?, traits: TableTraits) {
        self.job = job
        self.write = write
        self.traits = traits
        items = write.current
        units = traits.units(of: items, in: job.batch)
        let isWhole = body != nil || items.count == job.batch.items.count
        self.body = body ?? (isWhole ? job.batch.body : Self.body(of: items, in: job.batch))
        payloadHash = unsafe self.body.withBytes { unsafe Digest.sha256($0) }
    }

    var isPut: Bool { traits.condition != nil }

    /// Makes the request that holds these items and no others, from the batch's own bytes.
    func setItems(_ wanted: [Int]) {
        guard wanted != items else { return }
        items = wanted
        units = traits.units(of: items, in: job.batch)
        body = Self.body(of: items, in: job.batch)
        payloadHash = unsafe body.withBytes { unsafe Digest.sha256($0) }
    }

    /// Predicted write units of all but the items in `left`.
    func unitsWritten(without left: [Int]) -> Double {
        left.isEmpty ? units : units - traits.units(of: left, in: job.batch)
    }

    private static func body(of items: [Int], in batch: Batch) -> ByteBuffer {
        let whole = batch.body
        guard let first = batch.items.first, let last = batch.items.last else { return whole }
        let body = ByteBuffer(capacity: 1_024)
        body.append(whole, 0..<first.range.lowerBound)
        for (place, index) in items.enumerated() {
            if place > 0 { body.append("}},{\"PutRequest\":{\"Item\":") }
            body.append(whole, batch.items[index].range)
        }
        body.append(whole, last.range.upperBound..<whole.count)
        return body
    }
}
