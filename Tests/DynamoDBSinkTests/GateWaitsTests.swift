import Dispatch
import Pipeline
import Synchronization
import Testing

@testable import DynamoDBSink

@Suite("what callers of the sink wait for")
struct GateWaitsTests {
    private func slept(_ all: Double, heldBack: Double) -> (all: Duration, heldBack: Duration) {
        (.seconds(all), .seconds(heldBack))
    }

    @Test("are answers while the loop sleeps, its rate while it is held back, else the loop itself")
    func parts() {
        let waits = GateWaits()
        waits.note(
            .seconds(4),
            from: slept(10, heldBack: 1),
            to: slept(13, heldBack: 2)
        )
        #expect(waits.sums == SinkWaits(answers: 2, capacity: 1, engine: 1))
    }

    @Test("are never longer than the wait: a sleep that began before it is known when it is over")
    func bounds() {
        let waits = GateWaits()
        waits.note(.seconds(1), from: slept(0, heldBack: 0), to: slept(9, heldBack: 9))
        waits.note(.seconds(1), from: slept(9, heldBack: 9), to: slept(9, heldBack: 9))
        #expect(waits.sums == SinkWaits(answers: 0, capacity: 1, engine: 1))
    }

    @Test("are measured where the gate is full, and exactly zero where it is not")
    func gate() {
        let gate = Gate(activeMax: 1, heldMax: 1, bytesMax: 100)
        let queue = DispatchQueue(label: "unglue.test.gate")
        let waited = Mutex(Duration.zero)
        // Whoever comes late finds it open and has not waited: then it is tried again.
        while waited.withLock({ $0 }) == .zero {
            #expect(gate.enter(size: 1) == .zero)
            let entered = DispatchSemaphore(value: 0)
            queue.async {
                let duration = gate.enter(size: 1)
                waited.withLock { $0 = duration }
                entered.signal()
            }
            #expect(entered.wait(timeout: .now() + 0.01) == .timedOut)
            gate.leave(size: 1)
            entered.wait()
            gate.leave(size: 1)
        }
        #expect(waited.withLock { $0 } > .zero)
    }
}
