import Testing

@testable import DynamoDBSink

@Suite("Cap on a table's write units")
struct UnitsCapTests {
    /// Requests with latencies of 1 to `latencyMax` milliseconds, carried out anywhere in between.
    private struct Service {
        var cap: UnitsCap
        var latencyMax = 8
        var now = 0
        /// Units that were consumed in each millisecond.
        var consumed: [Double] = []
        private var open: [(answerAt: Int, appliedAt: Int, predicted: Double, cost: Double)] = []
        private var seed: UInt64 = 7

        init(unitsMax: Int) {
            cap = UnitsCap(unitsMax: unitsMax)
        }

        mutating func run(milliseconds: Int, predicted: Double, costFactor: Double) {
            for _ in 0..<milliseconds {
                consumed.append(open.filter { $0.appliedAt == now }.reduce(0) { $0 + $1.cost })
                for request in open where request.answerAt == now {
                    cap.end(
                        predicted: request.predicted,
                        written: request.predicted,
                        consumed: request.cost,
                        now: .milliseconds(now)
                    )
                }
                open.removeAll { $0.answerAt == now }
                while open.count < 64, cap.admit(predicted, now: .milliseconds(now)) == nil {
                    let latency = 1 + random(latencyMax)
                    open.append(
                        (
                            answerAt: now + latency,
                            appliedAt: now + 1 + random(latency),
                            predicted: predicted,
                            cost: predicted * costFactor
                        )
                    )
                }
                now += 1
            }
        }

        /// The most that was consumed in any second.
        var most: Double {
            var sum = 0.0
            var most = 0.0
            for (index, units) in consumed.enumerated() {
                sum += units
                if index >= 1_000 { sum -= consumed[index - 1_000] }
                most = max(most, sum)
            }
            return most
        }

        func rate(from start: Int, to end: Int) -> Double {
            consumed[start..<end].reduce(0, +) / Double(end - start) * 1_000
        }

        private mutating func random(_ count: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % count
        }
    }

    @Test(
        "is never exceeded in any second, and reached to nine tenths",
        arguments: [
            // units a second, predicted units of a request, what it costs for each predicted one
            (10, 1.0, 1.0), (40, 1, 1), (100, 2, 1), (1_000, 20, 1), (5_000, 75, 1),
            (40_000, 75, 1), (1_000, 20, 2), (1_000, 20, 0.5), (60, 3, 1),
        ]
    )
    func kept(_ unitsMax: Int, _ predicted: Double, _ costFactor: Double) {
        var service = Service(unitsMax: unitsMax)
        service.run(milliseconds: 20_000, predicted: predicted, costFactor: costFactor)
        #expect(service.most <= Double(unitsMax))
        #expect(service.rate(from: 5_000, to: 20_000) >= 0.9 * Double(unitsMax))
    }

    @Test("is not exceeded where items begin to cost twice what they did")
    func costRises() {
        var service = Service(unitsMax: 1_000)
        for _ in 0..<20 {
            service.run(milliseconds: 1_500, predicted: 10, costFactor: 1)
            service.run(milliseconds: 1_500, predicted: 10, costFactor: 2)
        }
        #expect(service.most <= 1_000)
    }

    @Test("is kept where the service is slow, though not reached in full")
    func slowService() {
        var service = Service(unitsMax: 1_000)
        service.latencyMax = 300
        service.run(milliseconds: 30_000, predicted: 20, costFactor: 1)
        #expect(service.most <= 1_000)
        #expect(service.rate(from: 10_000, to: 30_000) >= 500)
    }

    @Test("a request that alone is more than the cap goes when nothing else counts")
    func tooLarge() {
        var cap = UnitsCap(unitsMax: 10)
        #expect(cap.admit(400, now: .zero) == nil)
        #expect(cap.admit(1, now: .zero) != nil)
        cap.end(predicted: 400, written: 400, consumed: 400, now: .milliseconds(5))
        #expect(cap.admit(1, now: .milliseconds(900)) == .milliseconds(105))
        #expect(cap.admit(1, now: .milliseconds(1_005)) == nil)
    }

    @Test("a request of which nobody knows what came counts as carried out")
    func lost() {
        var controller = RateController(unitsMax: 10)
        #expect(controller.admit(10, now: .zero) == nil)
        controller.lost(predicted: 10, sentAt: .zero, now: .milliseconds(100))
        #expect(controller.admit(1, now: .milliseconds(1_099)) == .milliseconds(1))
        #expect(controller.admit(1, now: .milliseconds(1_100)) == nil)
    }

    @Test("what was throttled or refused does not count")
    func throttled() {
        var controller = RateController(unitsMax: 10)
        #expect(controller.admit(10, now: .zero) == nil)
        controller.throttled(predicted: 10, sentAt: .zero, now: .milliseconds(1))
        #expect(controller.admit(10, now: .milliseconds(1)) == nil)
        controller.refused(predicted: 10, sentAt: .zero, now: .milliseconds(2))
        #expect(controller.admit(10, now: .milliseconds(2)) == nil)
    }
}
