/// Keeps what a table sees in any second under a hard cap of write units.
///
/// Nobody knows when the service carries a request out, except that it is between its sending and
/// its answer. So a request counts from the one until a second after the other: whatever second one
/// looks at, all that was carried out in it counted at the moment that the last of it was sent.
///
/// What a request will cost is not known either before it is answered: an item that replaces a
/// larger one costs the larger one's units, and an index entry whose key changes costs two. So
/// what is under way counts with the worst ratio of consumed to predicted units that was seen, and
/// twice that.
struct UnitsCap {
    private struct Settled {
        var until: Duration
        var units: Double
    }

    private static let window = Duration.seconds(1)
    /// Answers that are closer together than this are one entry, with the later one's time.
    private static let grain = Duration.milliseconds(5)
    /// How many answers make the ratio known; until then one request goes at a time.
    private static let cautiousAnswers = 4
    /// What nothing is known of may cost so much more than predicted: each index entry moved.
    private static let unknownRatio = 2.0
    /// How much worse than any before the next request may be.
    private static let surprise = 2.0
    /// A worst ratio is forgotten by half within some 350 answers that are better.
    private static let forgetting = 0.998
    /// The part of a second's units that one request may take, so that the cap can be filled.
    private static let requestShare = 0.02

    let unitsMax: Double
    private var settled = Deque<Settled>()
    private var settledUnits = 0.0
    private var openUnits = 0.0
    private var openRequests = 0
    private var answers = 0
    /// The worst ratio of consumed to predicted units of late; at least 1.
    private var worstRatio = 1.0

    /// `unitsMax`: units a second, at least 1.
    init(unitsMax: Int) {
        self.unitsMax = Double(max(unitsMax, 1))
    }

    /// Predicted units that one request should not have more of, if it can be helped.
    static func requestUnitsMax(unitsMax: Int) -> Double {
        Double(max(unitsMax, 1)) * requestShare
    }

    private var ratio: Double {
        answers < Self.cautiousAnswers ? max(worstRatio, Self.unknownRatio) : worstRatio
    }

    /// Asks to send a request of so many predicted units.
    ///
    /// - Returns: nil where it may go now, and then counts as sent; else how long to wait at most
    ///   before asking again. Any answer may make room sooner.
    mutating func admit(_ units: Double, now: Duration) -> Duration? {
        expire(now)
        guard fits(units) else {
            guard let first = settled.first else { return Self.window }
            return max(first.until - now, .milliseconds(1))
        }
        openUnits += units
        openRequests += 1
        return nil
    }

    private func fits(_ units: Double) -> Bool {
        if openRequests == 0 {
            // What alone is more than the cap has to go at some time.
            if settledUnits == 0 { return true }
            // Where one request is much of the cap, to double it would leave much of the cap unused.
            let isLarge = units > unitsMax * Self.requestShare
            if isLarge, settledUnits + units * ratio <= unitsMax { return true }
        } else if answers < Self.cautiousAnswers {
            return false
        }
        return settledUnits + (openUnits + units) * ratio * Self.surprise <= unitsMax
    }

    /// A request of `predicted` units is over.
    ///
    /// - Parameters:
    ///   - predicted: as it was admitted with.
    ///   - written: predicted units of what was carried out of it.
    ///   - consumed: what that has cost; nil where the answer does not say, or there was none.
    ///   - now: when the answer came, or was given up.
    mutating func end(predicted: Double, written: Double, consumed: Double?, now: Duration) {
        expire(now)
        openRequests -= 1
        openUnits = openRequests == 0 ? 0 : openUnits - predicted
        if let consumed, written > 0 {
            answers += 1
            worstRatio = max(consumed / written, worstRatio * Self.forgetting, 1)
        }
        let units = consumed ?? written * ratio
        guard units > 0 else { return }
        settledUnits += units
        let until = now + Self.window
        if let last = settled.last, until - last.until < Self.grain {
            // Later, if anything: the entry keeps the time of its last answer.
            settled.last = Settled(until: until, units: last.units + units)
        } else {
            settled.append(Settled(until: until, units: units))
        }
    }

    private mutating func expire(_ now: Duration) {
        while let first = settled.first, first.until <= now {
            _ = settled.popFirst()
            settledUnits = settled.isEmpty ? 0 : settledUnits - first.units
        }
    }
}
