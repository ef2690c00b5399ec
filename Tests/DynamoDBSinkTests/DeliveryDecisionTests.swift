import Pipeline
import Testing

@testable import DynamoDBSink

@Suite("What becomes of a part")
struct DeliveryDecisionTests {
    private static let fault = DynamoDBError(
        code: "InternalFailure",
        operation: "BatchWriteItem",
        status: 500,
        message: "The request processing has failed"
    )
    private static let reason =
        "InternalFailure: The request processing has failed "
        + "(HTTP 500, 12 times on end, while other items were written)"

    @Test("the parts of a batch are sent one after another, in order")
    func parts() {
        var write = DrivenWrite(parts: [[0, 1], [2], [3, 4]])
        #expect(write.current == [0, 1])
        #expect(write.handle(.answered(unprocessed: [], writeUnits: 2)) == .send([2], after: .zero))
        #expect(
            write.handle(.answered(unprocessed: [], writeUnits: 1)) == .send([3, 4], after: .zero)
        )
        #expect(write.handle(.answered(unprocessed: [], writeUnits: 2)) == .finish)
        #expect(write.outcome.writeUnits == 5)
    }

    @Test(
        "an item that stands in the way is kept, unless it is ours and may be there by our doing",
        arguments: [
            // replay, a try before it of which nobody knows, the same item, kept
            (false, false, false, [0]), (false, false, true, [0]), (false, true, false, [0]),
            (false, true, true, []), (true, false, true, []), (true, false, false, [0]),
        ]
    )
    func kept(_ isReplay: Bool, _ isUnknown: Bool, _ isSame: Bool, _ kept: [Int]) {
        var write = DrivenWrite(parts: [[0]], isReplay: isReplay)
        if isUnknown { _ = write.handle(.failed(Self.fault)) }
        let event = BatchWrite.Event.stands(isSame: isSame, writeUnits: 1, unitsAtLeast: 1)
        #expect(write.handle(event) == .finish)
        #expect(write.outcome.kept == kept)
        #expect(write.outcome.refused.isEmpty)
        #expect(write.outcome.writeUnits == 1)
    }

    @Test("a throttle, or a failure of which it is known that nothing was done, raises no doubt")
    func knownFailures() {
        var write = DrivenWrite(parts: [[0]])
        _ = write.handle(.throttled(Self.fault))
        _ = write.handle(.failed(Self.fault, mayHaveWritten: false))
        _ = write.handle(.stands(isSame: true, writeUnits: 0, unitsAtLeast: 1))
        #expect(write.outcome.kept == [0])
    }

    @Test("the same internal error of one part is waited out while nothing else is written")
    func outage() {
        var write = DrivenWrite(parts: [[0, 1]], retryFor: .seconds(86_400))
        for _ in 0..<1_000 {
            guard case .send([0, 1], _) = write.handle(.failed(Self.fault)) else {
                Issue.record("the batch was split in an outage")
                return
            }
        }
        #expect(write.outcome.refused.isEmpty)
    }

    @Test("twelve times the same internal error, while others are written, is the items' fault")
    func repeatedFault() {
        var write = DrivenWrite(parts: [[0, 1]])
        for _ in 0..<11 { _ = write.handle(.failed(Self.fault)) }
        write.otherSucceeds()
        #expect(write.handle(.failed(Self.fault)) == .send([0], after: .zero))
        // Item 0 is a good one; the bad one is found, and what item 0 achieved speaks against it.
        #expect(write.handle(.answered(unprocessed: [], writeUnits: 1)) == .send([1], after: .zero))
        for _ in 0..<11 {
            guard case .send([1], _) = write.handle(.failed(Self.fault)) else {
                Issue.record("an item was refused before twelve tries")
                return
            }
        }
        #expect(write.handle(.failed(Self.fault)) == .finish)
        #expect(write.outcome.refused.map(\.index) == [1])
        #expect(write.outcome.refused.map(\.reason) == [Self.reason])
    }

    @Test(
        "the last batch of a table is split by itself, to find out whether it is the items' fault"
    )
    func lastBatch() {
        var write = DrivenWrite(parts: [[0, 1]])
        for _ in 0..<11 { _ = write.handle(.failed(Self.fault), isAlone: true) }
        #expect(write.handle(.failed(Self.fault), isAlone: true) == .send([0], after: .zero))
        // Nothing succeeds: an outage. A single item is never given up for it.
        for _ in 0..<1_000 {
            guard case .send([0], _) = write.handle(.failed(Self.fault), isAlone: true) else {
                Issue.record("an item was refused in an outage")
                return
            }
        }
    }

    @Test("another error, or an answer, begins the count anew")
    func interruptedFault() {
        let other = DynamoDBError(code: "HTTP503", operation: "", status: 503, message: "")
        var write = DrivenWrite(parts: [[0, 1]])
        for round in 0..<40 {
            write.otherSucceeds()
            let event: BatchWrite.Event =
                round % 10 == 9
                ? .failed(other)
                : round % 10 == 4 ? .throttled(other) : .failed(Self.fault)
            guard case .send([0, 1], _) = write.handle(event) else {
                Issue.record("the batch was split")
                return
            }
        }
    }

    @Test("an unlucky batch is not given up while others of its table are written")
    func unluckyBatch() {
        var write = DrivenWrite(parts: [[0]], retryFor: .seconds(10))
        for second in 0..<1_000 {
            guard case .send = write.handle(.throttled(Self.fault), at: .seconds(second)) else {
                Issue.record("given up after \(second) s")
                return
            }
            if second % 9 == 0 { write.otherSucceeds() }
        }
    }
}
