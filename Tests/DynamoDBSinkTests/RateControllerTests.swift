import Testing

@testable import DynamoDBSink

@Suite("Rate of a table")
struct RateControllerTests {
    @Test("there is no limit until the table throttles")
    func unlimited() {
        var simulation = RateSimulation()
        // 16 requests of 25 units every 10 ms, or a step later.
        #expect(simulation.run(seconds: 5) > 36_000)
        #expect(simulation.controller.rate == nil)
        #expect(simulation.unitsThrottled == 0)
    }

    @Test(
        "the rate is at the table's limit within three seconds, and stays there",
        arguments: [20.0, 300, 1_000, 4_000, 12_000]
    )
    func converges(_ limit: Double) {
        var simulation = RateSimulation(limit: limit)
        _ = simulation.run(seconds: 3)
        let before = simulation.unitsThrottled
        for _ in 0..<10 { #expect(simulation.run(seconds: 6) >= 0.9 * limit) }
        // It is not the table that keeps the rate down: little is sent in vain.
        let share = limit < simulation.requestUnits ? 0.35 : 0.15
        #expect(simulation.unitsThrottled - before < share * 60 * limit)
    }

    @Test(
        "the rate follows a limit that rises within a minute, whatever the rise",
        arguments: [1.5, 4, 20]
    )
    func rises(_ factor: Double) {
        var simulation = RateSimulation(limit: 500)
        _ = simulation.run(seconds: 30)
        simulation.limit = 500 * factor
        _ = simulation.run(seconds: 60)
        #expect(simulation.run(seconds: 10) >= 0.9 * 500 * factor)
    }

    @Test("the rate follows a limit that falls within seconds")
    func falls() {
        var simulation = RateSimulation(limit: 4_000)
        _ = simulation.run(seconds: 20)
        simulation.limit = 200
        _ = simulation.run(seconds: 5)
        let before = simulation.requests
        #expect(simulation.run(seconds: 20) >= 0.9 * 200)
        #expect(simulation.requests - before < 20 * 200 / 25 * 2)
    }

    @Test(
        "one request in twenty that is throttled by chance costs next to nothing",
        arguments: [25.0, 1]
    )
    func chance(_ requestUnits: Double) {
        var free = RateSimulation()
        free.requestUnits = requestUnits
        var throttled = RateSimulation(chance: 0.05)
        throttled.requestUnits = requestUnits
        let rate = free.run(seconds: 60)
        #expect(throttled.run(seconds: 60) >= 0.85 * rate)
    }

    @Test(
        "throttles that a lower rate makes no fewer do not bring it down",
        arguments: [0.1, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6]
    )
    func vain(_ part: Double) {
        var free = RateSimulation()
        var throttled = RateSimulation(chance: part)
        let rate = free.run(seconds: 5)
        #expect(throttled.run(seconds: 60) >= 0.85 * (1 - part) * rate)
    }

    @Test("the last requests of a table that throttles by chance do not bring its rate down")
    func vainWithFewRequests() {
        var free = RateSimulation()
        let rate = free.run(seconds: 5)
        var throttled = RateSimulation(chance: 0.4)
        _ = throttled.run(seconds: 10)
        throttled.senders = 1
        throttled.latency = .milliseconds(100)
        _ = throttled.run(seconds: 20)
        throttled.senders = 16
        throttled.latency = .milliseconds(10)
        #expect(throttled.run(seconds: 20) >= 0.75 * 0.6 * rate)
    }

    @Test(
        "a limit is not taken for throttles that a lower rate makes no fewer, whatever is under way",
        arguments: [0.02, 0.1, 0.25, 1, 5],
        [2_000.0, 4_000, 10_000, 16_000, 20_000, 24_000, 30_000]
    )
    func limitIsNotVain(_ burst: Double, _ limit: Double) {
        for seed in UInt64(1)...12 {
            var simulation = RateSimulation(limit: limit)
            simulation.burst = burst
            simulation.seed = seed
            simulation.jitter = seed.isMultiple(of: 2) ? 4 : 0
            simulation.isWhole = seed > 2
            if seed.isMultiple(of: 3) {
                simulation.senders = 224
                simulation.latency = .milliseconds(60)
            }
            // A machine that answers twice or four times as much as the table takes.
            if seed > 4 { simulation.servedPerSecond = limit / 25 * (seed > 8 ? 2 : 4) }
            _ = simulation.run(seconds: 5 + burst * 2)
            let before = (throttled: simulation.unitsThrottled, taken: simulation.units)
            _ = simulation.run(seconds: 20)
            let throttled = simulation.unitsThrottled - before.throttled
            let offered = throttled + simulation.units - before.taken
            #expect(throttled < 0.15 * offered, "seed \(seed)")
        }
    }

    @Test(
        "a limit is found once what the table has saved up in five minutes is used up",
        arguments: [5.0, 25, 100, 200, 1_000],
        [false, true]
    )
    func savedUp(_ limit: Double, isWhole: Bool) {
        guard limit >= 25 || !isWhole else { return }
        for seed in UInt64(1)...8 {
            var simulation = RateSimulation(limit: limit)
            simulation.burst = 300
            simulation.room = limit * 300
            simulation.isWhole = isWhole
            simulation.seed = seed
            simulation.jitter = Double(seed) / 4
            _ = simulation.run(seconds: 4 + simulation.room / 30_000)
            let before = (throttled: simulation.unitsThrottled, requests: simulation.requests)
            #expect(simulation.run(seconds: 60) >= 0.85 * limit, "seed \(seed)")
            let throttled = simulation.unitsThrottled - before.throttled
            let share = limit < simulation.requestUnits ? 0.9 : 0.3
            #expect(throttled < share / (1 - share) * 60 * limit, "seed \(seed)")
            #expect(simulation.requests - before.requests < 120 + Int(60 * limit / 25 * 2))
        }
    }

    @Test(
        "a limit is used though answers take long",
        arguments: [0.1, 0.3, 1, 5],
        [0.2, 0.4, 0.8]
    )
    func slowAnswers(_ latency: Double, _ part: Double) {
        let offered = 224 * 25 / latency
        var simulation = RateSimulation(limit: part * offered)
        simulation.senders = 224
        simulation.latency = .seconds(latency)
        simulation.step = .milliseconds(2)
        _ = simulation.run(seconds: 10 + 10 * latency)
        let before = (throttled: simulation.unitsThrottled, units: simulation.units)
        #expect(simulation.run(seconds: 60) >= 0.8 * part * offered)
        let throttled = simulation.unitsThrottled - before.throttled
        // After five seconds an answer tells of a rate that has long grown on.
        let share = latency > 1 ? 0.45 : 0.2
        #expect(throttled < share * (throttled + simulation.units - before.units))
    }

    @Test("time in which nothing is sent tells nothing of the rate")
    func idle() {
        var controller = RateController()
        var now = Duration.zero
        for _ in 0..<4 {
            for number in 0..<24 where controller.admit(25, now: now) == nil {
                let sentAt = now
                now += .milliseconds(1)
                if number < 4 {
                    controller.throttled(predicted: 25, sentAt: sentAt, now: now)
                } else {
                    controller.answered(
                        predicted: 25,
                        written: 25,
                        consumed: 25,
                        sentAt: sentAt,
                        now: now
                    )
                }
            }
            now += .seconds(60)
        }
        // 25 units a millisecond were sent, so that is what there is to lower.
        #expect((controller.rate ?? 25_000) > 10_000)
    }

    @Test("chance costs little as well where requests are few")
    func chanceAtLowRates() {
        var free = RateSimulation()
        free.senders = 2
        free.latency = .milliseconds(200)
        var throttled = free
        throttled.chance = 0.05
        let rate = free.run(seconds: 120)
        #expect(throttled.run(seconds: 120) >= 0.85 * rate)
    }

    @Test("an hour of nothing but throttles brings requests down to a trickle, and no longer")
    func hour() {
        var simulation = RateSimulation(limit: 2_000)
        _ = simulation.run(seconds: 10)
        simulation.chance = 1
        _ = simulation.run(seconds: 30)
        simulation.step = .milliseconds(10)
        let before = simulation.requests
        #expect(simulation.run(seconds: 3_600) == 0)
        // One a second asks whether there is room again.
        #expect(simulation.requests - before < 3_700)
        #expect(simulation.requests - before > 3_000)
        simulation.step = .milliseconds(1)
        simulation.chance = 0
        _ = simulation.run(seconds: 60)
        #expect(simulation.run(seconds: 10) >= 0.9 * 2_000)
    }

    @Test("hot keys alone do not lower a table's rate")
    func hotKeys() {
        var controller = RateController()
        for step in 0..<1_000 {
            let now = Duration.milliseconds(step)
            #expect(controller.admit(25, now: now) == nil)
            controller.refused(predicted: 25, sentAt: now, now: now)
        }
        #expect(controller.rate == nil)
    }

    @Test("a table whose requests are few is not slowed down by two throttles in a row")
    func fewThrottles() {
        var controller = RateController()
        for second in 0..<2 {
            let now = Duration.seconds(second)
            _ = controller.admit(25, now: now)
            controller.throttled(predicted: 25, sentAt: now, now: now + .seconds(5))
        }
        #expect(controller.rate == nil)
    }
}
