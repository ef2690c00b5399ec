@testable import DynamoDBSink

/// A table with a limit, and senders that have always more to send, in a time of their own.
struct RateSimulation {
    /// Units a second that the table takes; nil: all.
    var limit: Double?
    /// Seconds of the limit that the table saves up.
    var burst = 1.0
    /// Units that are saved up.
    var room = 0.0
    /// Part of the requests that are throttled whatever the limit says.
    var chance = 0.0
    var controller: RateController
    /// Requests on the wire at once.
    var senders = 16
    var latency = Duration.milliseconds(10)
    /// How much longer an answer may take, as a part of the latency: by chance, so that later
    /// requests may be answered before earlier ones.
    var jitter = 0.0
    var requestUnits = 25.0
    var step = Duration.milliseconds(1)
    /// Requests a second that the machine has time for, in any order; nil: all.
    var servedPerSecond: Double?
    /// Whether a request is taken or throttled as a whole only.
    var isWhole = false

    private(set) var now = Duration.zero
    private(set) var requests = 0
    private(set) var unitsThrottled = 0.0
    /// Units that the table took.
    private(set) var units = 0.0
    private var served = 0.0
    private var onTheWire: [(sentAt: Duration, answerAt: Duration)] = []
    var seed: UInt64 = 42

    init(limit: Double? = nil, chance: Double = 0, controller: RateController = RateController()) {
        self.limit = limit
        self.chance = chance
        self.controller = controller
    }

    /// Lets time pass.
    ///
    /// - Returns: units a second that the table took meanwhile.
    mutating func run(seconds: Double) -> Double {
        let end = now + .seconds(seconds)
        let before = units
        while now < end {
            now += step
            if let limit { room = min(room + limit * step.asSeconds, limit * burst) }
            serve()
            while onTheWire.count < senders,
                controller.admit(requestUnits, now: now) == nil
            {
                requests += 1
                let extra = jitter > 0 ? jitter * random() : 0
                onTheWire.append((now, now + latency * (1 + extra)))
            }
        }
        return (units - before) / seconds
    }

    private mutating func serve() {
        if let servedPerSecond {
            served = min(served + servedPerSecond * step.asSeconds, 20)
            while served >= 1, !onTheWire.isEmpty {
                served -= 1
                let index = Int(random() * Double(onTheWire.count))
                answer(onTheWire.remove(at: index).sentAt)
            }
            return
        }
        let answered = onTheWire.filter { $0.answerAt <= now }
        guard !answered.isEmpty else { return }
        onTheWire.removeAll { $0.answerAt <= now }
        for (sentAt, _) in answered { answer(sentAt) }
    }

    private mutating func answer(_ sentAt: Duration) {
        var written = requestUnits
        if random() < chance {
            written = 0
        } else if limit != nil {
            written = min(written, room.rounded(.down))
            if isWhole, written < requestUnits { written = 0 }
            room -= written
        }
        units += written
        unitsThrottled += requestUnits - written
        if written == 0 {
            controller.throttled(predicted: requestUnits, sentAt: sentAt, now: now)
        } else {
            controller.answered(
                predicted: requestUnits,
                written: written,
                consumed: written,
                sentAt: sentAt,
                now: now
            )
        }
    }

    /// 0 to 1, the same in every run.
    ///
    /// https://prng.di.unimi.it/splitmix64.c
    private mutating func random() -> Double {
        seed &+= 0x9e37_79b9_7f4a_7c15
        var word = seed
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((word ^ (word >> 31)) >> 11) / Double(1 << 53)
    }
}
