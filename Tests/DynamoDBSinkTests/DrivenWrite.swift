import Pipeline

@testable import DynamoDBSink

/// A batch and the health of its table, driven by hand.
struct DrivenWrite {
    var write: BatchWrite
    var table = TableHealth()

    init(parts: [[Int]], isReplay: Bool = false, retryFor: Duration = .seconds(3_600)) {
        var policy = RetryPolicy()
        policy.retryFor = retryFor
        write = BatchWrite(parts: parts, isReplay: isReplay, policy: policy)
    }

    var outcome: BatchOutcome { write.outcome }
    var current: [Int] { write.current }

    mutating func sent(bytes: Int) {
        write.sent(bytes: bytes)
    }

    mutating func cancel(_ error: DynamoDBError) {
        write.cancel(error)
    }

    /// Half of every longest wait is waited.
    mutating func handle(
        _ event: BatchWrite.Event,
        at now: Duration = .zero,
        isAlone: Bool = false
    ) -> BatchWrite.Action {
        table.note(event, sent: write.current.count, now: now)
        return write.handle(event, table: table, isAlone: isAlone, now: now, random: { 0.5 })
    }

    /// Another batch of the table was written.
    mutating func otherSucceeds() {
        table.note(.answered(unprocessed: [], writeUnits: 1), sent: 1, now: .zero)
    }
}
