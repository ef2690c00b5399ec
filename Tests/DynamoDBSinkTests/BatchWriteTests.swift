import Contract
import Pipeline
import Testing

@testable import DynamoDBSink

@Suite("Retry policy")
struct RetryPolicyTests {
    @Test(
        "the wait doubles up to its ceiling, is a random part of it, and heeds the service",
        arguments: [
            (RetryPolicy.Reason.transient, 1, 1.0, nil, Duration.milliseconds(25)),
            (.transient, 2, 1.0, nil, .milliseconds(50)),
            (.transient, 3, 0.5, nil, .milliseconds(50)),
            (.transient, 1, 0.0, nil, .zero),
            (.transient, 11, 1.0, nil, .seconds(20)),
            (.transient, 1_000_000, 1.0, nil, .seconds(20)),
            (.throttle, 1, 1.0, nil, .milliseconds(100)),
            (.throttle, 3, 1.0, nil, .milliseconds(400)),
            (.throttle, 9, 1.0, nil, .milliseconds(500)),
            (.hotKeys, 1, 1.0, nil, .milliseconds(100)),
            (.hotKeys, 9, 1.0, nil, .seconds(20)),
            (.throttle, 1, 1.0, .milliseconds(50), .milliseconds(100)),
            (.throttle, 1, 1.0, .seconds(2), .seconds(2)),
            (.throttle, 1, 1.0, .seconds(60), .milliseconds(5_100)),
        ] as [(RetryPolicy.Reason, Int, Double, Duration?, Duration)]
    )
    func delay(
        _ reason: RetryPolicy.Reason,
        _ attempt: Int,
        _ random: Double,
        _ requested: Duration?,
        _ expected: Duration
    ) {
        let delay = RetryPolicy().delay(
            reason,
            attempt: attempt,
            random: random,
            requested: requested
        )
        #expect(delay == expected)
    }
}

@Suite("Life of a batch")
struct BatchWriteTests {
    private static let error = DynamoDBError(
        code: "ValidationException",
        operation: "BatchWriteItem",
        message: "bad"
    )

    private func write(_ items: Int, retryFor: Duration = .seconds(3_600)) -> DrivenWrite {
        DrivenWrite(parts: [Array(0..<items)], retryFor: retryFor)
    }

    private func handle(
        _ write: inout DrivenWrite,
        _ event: BatchWrite.Event,
        at now: Duration = .zero
    ) -> BatchWrite.Action {
        write.handle(event, at: now)
    }

    @Test("a batch that is written in one go is finished")
    func writtenAtOnce() {
        var write = write(3)
        write.sent(bytes: 100)
        #expect(handle(&write, .answered(unprocessed: [], writeUnits: 6)) == .finish)
        #expect(write.outcome.fatal == nil)
        #expect(write.outcome.writeUnits == 6)
        #expect(write.outcome.requests == 1)
        #expect(write.outcome.retries == 0)
        #expect(write.outcome.bytesSent == 100)
    }

    @Test("unprocessed items are sent again alone, until none is left")
    func unprocessed() {
        var write = write(5)
        write.sent(bytes: 100)
        #expect(
            handle(&write, .answered(unprocessed: [1, 3, 4], writeUnits: 2))
                == .send([1, 3, 4], after: .milliseconds(50))
        )
        write.sent(bytes: 60)
        #expect(
            handle(&write, .answered(unprocessed: [1, 3, 4], writeUnits: 0))
                == .send([1, 3, 4], after: .milliseconds(100))
        )
        write.sent(bytes: 60)
        #expect(
            handle(&write, .answered(unprocessed: [3], writeUnits: 2))
                == .send([3], after: .milliseconds(50))
        )
        write.sent(bytes: 20)
        #expect(handle(&write, .answered(unprocessed: [], writeUnits: 1)) == .finish)
        #expect(write.outcome.writeUnits == 5)
        #expect(write.outcome.requests == 4)
        #expect(write.outcome.retries == 3)
        #expect(write.outcome.throttles == 3)
        #expect(write.outcome.bytesSent == 240)
        #expect(write.outcome.fatal == nil)
    }

    @Test("throttles and failures are waited out, longer each time, never to a count")
    func backoff() {
        var write = write(2)
        var now = Duration.zero
        for attempt in 1...500 {
            write.sent(bytes: 10)
            let ceiling = min(Duration.milliseconds(25) * (1 << min(attempt - 1, 20)), .seconds(20))
            #expect(
                handle(&write, .failed(Self.error), at: now)
                    == .send([0, 1], after: ceiling * 0.5)
            )
            now += .milliseconds(1)
        }
        #expect(write.outcome.retries == 499)
        #expect(write.outcome.throttles == 0)
        #expect(
            handle(&write, .throttled(Self.error, retryAfter: .seconds(11)), at: now)
                == .send([0, 1], after: .milliseconds(5_250))
        )
        #expect(write.outcome.throttles == 1)
    }

    @Test("a batch that fails past its deadline is given up with the last error")
    func deadline() {
        var write = write(2, retryFor: .seconds(10))
        write.sent(bytes: 10)
        #expect(
            handle(&write, .failed(Self.error), at: .seconds(100))
                == .send([0, 1], after: .microseconds(12_500))
        )
        write.sent(bytes: 10)
        #expect(handle(&write, .throttled(Self.error), at: .seconds(110)) == .finish)
        var expected = Self.error
        expected.hint = "Gave up after 10 s of failures"
        #expect(write.outcome.fatal as? DynamoDBError == expected)
        #expect(write.outcome.unwritten == 2)
    }

    @Test("a deadline counts from the first failure since the table last achieved something")
    func progressMovesDeadline() {
        var write = write(2, retryFor: .seconds(10))
        _ = handle(&write, .failed(Self.error), at: .seconds(0))
        _ = handle(&write, .answered(unprocessed: [1], writeUnits: 1), at: .seconds(9))
        #expect(
            handle(&write, .throttled(Self.error), at: .seconds(18))
                == .send([1], after: .milliseconds(100))
        )
        #expect(
            handle(&write, .throttled(Self.error), at: .milliseconds(27_999))
                == .send([1], after: .milliseconds(200))
        )
        #expect(handle(&write, .throttled(Self.error), at: .seconds(28)) == .finish)
        #expect(write.outcome.unwritten == 1)
    }

    @Test("one bad item of 25 is found by halving and refused; the other 24 land")
    func bisection() {
        for bad in 0..<25 {
            var write = write(25)
            var landed: [Int] = []
            var action = BatchWrite.Action.send(Array(0..<25), after: .zero)
            var requests = 0
            while case .send(let items, let delay) = action {
                #expect(delay == .zero)
                requests += 1
                write.sent(bytes: 10)
                if items.contains(bad) {
                    action = handle(&write, .invalid(Self.error))
                } else {
                    landed += items
                    action = handle(&write, .answered(unprocessed: [], writeUnits: 1))
                }
            }
            #expect(landed.sorted() == (0..<25).filter { $0 != bad })
            #expect(write.outcome.refused.map(\.index) == [bad])
            #expect(write.outcome.refused.map(\.reason) == ["ValidationException: bad"])
            #expect(write.outcome.fatal == nil)
            #expect(requests <= 12)
        }
    }

    @Test("a batch in which all is bad is refused item by item, in order")
    func allBad() {
        var write = write(5)
        var action = BatchWrite.Action.send(Array(0..<5), after: .zero)
        while case .send = action { action = handle(&write, .tooLarge(Self.error)) }
        #expect(write.outcome.refused.map(\.index) == [0, 1, 2, 3, 4])
        #expect(write.outcome.unwritten == 0)
    }

    @Test("a fatal error ends a batch at once; what was written before is not unwritten")
    func fatal() {
        var write = write(4)
        #expect(handle(&write, .invalid(Self.error)) == .send([0, 1], after: .zero))
        #expect(handle(&write, .invalid(Self.error)) == .send([0], after: .zero))
        #expect(handle(&write, .invalid(Self.error)) == .send([1], after: .zero))
        #expect(
            handle(&write, .answered(unprocessed: [], writeUnits: 1))
                == .send([2, 3], after: .zero)
        )
        #expect(handle(&write, .fatal(Self.error)) == .finish)
        #expect(write.outcome.fatal as? DynamoDBError == Self.error)
        #expect(write.outcome.unwritten == 2)
        #expect(write.outcome.refused.map(\.index) == [0])
    }

    @Test("a cancelled batch says what it has not written")
    func cancel() {
        var write = write(3)
        _ = handle(&write, .answered(unprocessed: [2], writeUnits: 2))
        write.cancel(Self.error)
        #expect(write.outcome.unwritten == 1)
        #expect(write.current.isEmpty)
    }
}
