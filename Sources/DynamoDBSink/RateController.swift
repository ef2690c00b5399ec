internal import Glibc

/// How fast one table may be written: events in, permits out, in write units, indexes included.
///
/// A pure value: no I/O, no chance, and time is told. It has no limit until the table throttles.
/// Then it looks at windows of a quarter of a second or more: at what part of the units that were
/// offered was throttled, and how many were accepted. A part of up to a tenth is put up with: that
/// is what chance, or probing for room, throttles. For certain above it, the rate falls to what was
/// accepted and a twentieth (multiplicative decrease); below, it grows by a fixed part of what was
/// accepted last (additive increase), and by itself once that has found no limit for some seconds.
///
/// Not every throttle is of the table's limit: where some keys are hot, a part of every batch comes
/// back whatever the rate is. So where the rate has fallen by half in some steps, and the part that
/// is throttled has stayed as it was, the fall was in vain: it is undone, and that part put up with
/// for a minute.
///
/// A window begins once most requests of before the last fall are answered, a second after it at
/// the latest: as long as they are on the wire, the table is offered more than the rate says. Time
/// in which nothing was to be sent is left out of a window.
///
/// Beside that, and whether or not the table throttles, it keeps a hard cap (`UnitsCap`).
struct RateController {
    private enum Constants {
        static let windowMin = Duration.milliseconds(250)
        /// The same where most of many requests were throttled: it takes no longer to see that.
        static let shortWindowMin = Duration.milliseconds(50)
        static let throttledMany = 20.0
        /// A window that has seen too few requests to judge by, or to be certain, goes on till then.
        static let windowMax = Duration.seconds(4)
        /// The same where nothing at all was accepted.
        static let deadWindow = Duration.seconds(1)
        /// A window begins once no larger part of what is on the wire is of before the last fall.
        static let outdatedShare = 0.1
        /// Where answers do not come, it begins so long after the fall.
        static let settlingMax = Duration.seconds(1)
        /// Requests by which a window can be judged; or throttled ones, where they are most of them.
        static let requestsEnough = 50.0
        static let throttledEnough = 10.0
        /// Standard errors by which a part lies above another for certain.
        ///
        /// A window is looked at again and again, so it is more than for a single look.
        static let certainErrors = 3.0
        /// Fewer throttled requests are chance, whatever part of the window they are.
        static let throttledMin = 3.0
        static let toleratedFraction = 0.10
        /// What is still offered above what was accepted: so the limit's rise is noticed, and its
        /// whole is used.
        static let overshoot = 0.05
        /// What the rate falls to where nothing was accepted.
        static let blindFactor = 0.5
        /// Above this part it is always the limit that throttles.
        static let vainFractionMax = 0.75
        /// A fall is judged as long after its beginning.
        static let fallMax = Duration.seconds(60)
        /// How often the rate is lowered before that is judged: one window alone is chance, and
        /// saved-up units end.
        static let fallStepsMin = 3
        static let toleranceTime = Duration.seconds(60)
        /// How far chance takes a window above the part that is put up with.
        static let toleranceMargin = 0.15
        /// A part that has stayed as it was.
        static let sameFraction = 0.5
        /// Growth in a second, as a part of the rate that was last accepted under throttling.
        static let growth = 0.08
        /// A longer window grows the rate by no more than so many seconds' part.
        static let growthSecondsMax = 1.5
        /// Growth in a second, as a factor, when there was no limit for `growthPatience`.
        static let fastGrowth = 1.2
        static let growthPatience = Duration.seconds(4)
        /// The rate never falls under so many typical requests a second: one has to ask.
        static let trickle = 1.0
        /// Seconds of the rate that may be sent at once.
        static let burst = 0.05
        /// Weight of the newest request in averages.
        static let smoothing = 1.0 / 16
    }

    private struct Window {
        var start: Duration?
        var requests = 0.0
        var throttledRequests = 0.0
        var accepted = 0.0
        var throttled = 0.0
        /// Whether a request had to wait for the rate: only then has the rate been tried out.
        var wasHeld = false
    }

    /// A fall of the rate: how it was before.
    private struct Fall {
        /// What was offered.
        var rate: Double
        /// What might have been offered; nil: all.
        var ceiling: Double?
        var fraction: Double
        var accepted: Double
        var at: Duration
        /// How often the rate was lowered.
        var steps = 1
    }

    private var cap: UnitsCap?
    /// Units a second that may be offered to the table; nil: as many as there are.
    private(set) var rate: Double?
    /// Units a second that were accepted when the table last throttled.
    private var accepted = 0.0
    private var tokens = 0.0
    private var refilledAt = Duration.zero
    private var window = Window()
    private var loweredAt: Duration?
    /// Requests on the wire.
    private var underWay = 0
    /// Those of them that were sent at a rate that has been given up already.
    private var outdated = 0
    /// Up to when answers were counted, or left out because of those; nil before the first.
    private var countedUntil: Duration?
    /// Since when nothing has been on the wire, nor was anything held back; nil where something is.
    private var idleSince: Duration?
    /// The fall that is under way, until the table throttles no more than is put up with.
    private var fall: Fall?
    private var tolerated = Constants.toleratedFraction
    private var toleratedUntil = Duration.zero
    /// Consumed units for each predicted one, on average.
    private var ratio = 1.0
    /// Predicted units of a request, on average.
    private var typical = 1.0

    /// `unitsMax`: the hard cap in units a second; nil: none.
    init(unitsMax: Int? = nil) {
        cap = unitsMax.map { UnitsCap(unitsMax: $0) }
    }

    /// Asks to send a request of so many predicted units.
    ///
    /// - Returns: nil where it may go now; then it counts as sent, and one of the functions
    ///   below must be told what came of it. Else how long to wait at most before asking again.
    mutating func admit(_ units: Double, now: Duration) -> Duration? {
        if let rate {
            refill(rate, now)
            guard tokens > 0 else {
                window.wasHeld = true
                idleSince = nil
                return max(.seconds(-tokens / rate), .milliseconds(1))
            }
        }
        if let wait = cap?.admit(units, now: now) {
            idleSince = nil
            return wait
        }
        leaveOutIdleTime(now)
        if rate != nil { tokens -= units * ratio }
        typical += (units - typical) * Constants.smoothing
        underWay += 1
        return nil
    }

    /// The request was carried out, wholly or in part.
    ///
    /// - Parameters:
    ///   - predicted: as it was admitted with.
    ///   - written: predicted units of what was carried out; the rest was throttled.
    ///   - consumed: units that the answer reports; 0 where it reports none.
    ///   - sentAt: when it was admitted.
    ///   - now: when the answer came.
    mutating func answered(
        predicted: Double,
        written: Double,
        consumed: Double,
        sentAt: Duration,
        now: Duration
    ) {
        let isKnown = consumed > 0 && written > 0
        end(predicted, written: written, consumed: isKnown ? consumed : nil, sentAt, now)
        if isKnown { ratio += (consumed / written - ratio) * Constants.smoothing }
        let share = predicted > 0 ? (predicted - written) / predicted : 0
        note(
            accepted: isKnown ? consumed : written * ratio,
            throttled: (predicted - written) * ratio,
            share: share,
            sentAt: sentAt,
            now: now
        )
    }

    /// The put's condition did not hold, so nothing was written; but to look costs units as well:
    /// those of the item that stands there, in the table alone.
    mutating func stood(predicted: Double, consumed: Double, sentAt: Duration, now: Duration) {
        end(predicted, written: 0, consumed: consumed, sentAt, now)
        note(accepted: consumed, throttled: 0, share: 0, sentAt: sentAt, now: now)
    }

    /// All of the request was throttled: by the table's limit, its index's or the account's.
    mutating func throttled(predicted: Double, sentAt: Duration, now: Duration) {
        end(predicted, written: 0, consumed: nil, sentAt, now)
        note(accepted: 0, throttled: predicted * ratio, share: 1, sentAt: sentAt, now: now)
    }

    /// Nobody knows what came of the request: it may have been carried out.
    mutating func lost(predicted: Double, sentAt: Duration, now: Duration) {
        end(predicted, written: predicted, consumed: nil, sentAt, now)
    }

    /// The request was not carried out, and that says nothing of the table's limit: it was refused,
    /// or its keys alone are hot.
    mutating func refused(predicted: Double, sentAt: Duration, now: Duration) {
        end(predicted, written: 0, consumed: nil, sentAt, now)
    }

    /// A window measures what is sent in a time: one in which there was nothing to send is none.
    private mutating func leaveOutIdleTime(_ now: Duration) {
        guard let idleSince else { return }
        self.idleSince = nil
        window.start? += now - idleSince
        countedUntil? += now - idleSince
    }

    private mutating func end(
        _ predicted: Double,
        written: Double,
        consumed: Double?,
        _ sentAt: Duration,
        _ now: Duration
    ) {
        cap?.end(predicted: predicted, written: written, consumed: consumed, now: now)
        underWay -= 1
        if underWay == 0 { idleSince = now }
        if isOutdated(sentAt) { outdated -= 1 }
    }

    private func isOutdated(_ sentAt: Duration) -> Bool {
        loweredAt.map { sentAt < $0 } ?? false
    }

    private mutating func refill(_ rate: Double, _ now: Duration) {
        let seconds = (now - refilledAt).asSeconds
        refilledAt = now
        tokens = min(tokens + rate * seconds, max(rate * Constants.burst, 1))
    }
}

// MARK: Windows

extension RateController {
    private mutating func note(
        accepted: Double,
        throttled: Double,
        share: Double,
        sentAt: Duration,
        now: Duration
    ) {
        if isOutdated(sentAt) || isSettling(now) {
            countedUntil = now
            return
        }
        // Where the very first answers take long, they come at the pace of the sending, but late.
        let first = now - sentAt > Constants.windowMin ? now : sentAt
        let start = window.start ?? countedUntil ?? first
        window.start = start
        window.requests += 1
        window.throttledRequests += share
        window.accepted += accepted
        window.throttled += throttled
        let elapsed = now - start
        let isClear =
            window.throttledRequests >= Constants.throttledMany
            && window.throttled > window.accepted
        guard elapsed >= (isClear ? Constants.shortWindowMin : Constants.windowMin),
            isEnough(elapsed)
        else { return }
        guard review(elapsed, now) else { return }
        let wasHeld = window.wasHeld && rate != nil
        window = Window()
        countedUntil = now
        // Whoever waits now is still held in the next window.
        window.wasHeld = wasHeld && tokens <= 0
    }

    /// Whether the table is offered more than the rate says, since many requests of before the last
    /// fall are on the wire.
    private func isSettling(_ now: Duration) -> Bool {
        guard let loweredAt, now - loweredAt < Constants.settlingMax else { return false }
        return Double(outdated) > Double(underWay) * Constants.outdatedShare
    }

    private func isEnough(_ elapsed: Duration) -> Bool {
        window.requests >= Constants.requestsEnough
            || window.throttledRequests >= Constants.throttledEnough
                && window.throttled > window.accepted
            || elapsed >= Constants.windowMax
            || elapsed >= Constants.deadWindow && window.accepted == 0
                && window.throttledRequests >= Constants.throttledMin
    }

    /// Changes the rate by what the window has seen.
    ///
    /// - Returns: false where that may be chance: then more has to be seen.
    private mutating func review(_ elapsed: Duration, _ now: Duration) -> Bool {
        let offered = window.accepted + window.throttled
        guard offered > 0 else { return true }
        let fraction = window.throttled / offered
        let seconds = max(elapsed.asSeconds, 0.001)
        if now >= toleratedUntil { tolerated = Constants.toleratedFraction }
        if fraction > tolerated {
            let error = (tolerated * (1 - tolerated) / window.requests).squareRoot()
            let isCertain = fraction > tolerated + error * Constants.certainErrors
            guard isCertain || elapsed >= Constants.windowMax else { return false }
            guard window.throttledRequests >= Constants.throttledMin else { return true }
            if let fall, isVain(fall, fraction, accepted: window.accepted / seconds, now) {
                endInVain(fall, fraction, now)
            } else {
                lower(fraction: fraction, offered: offered / seconds, now)
            }
            return true
        }
        if let fall, !isSame(fraction, fall.fraction) { self.fall = nil }
        if let rate, window.wasHeld {
            let seconds = min(seconds, Constants.growthSecondsMax)
            let isPatient = now - (loweredAt ?? .zero) < Constants.growthPatience
            self.rate =
                isPatient
                ? rate + accepted * Constants.growth * seconds
                : rate * pow(Constants.fastGrowth, seconds)
        }
        return true
    }

    private mutating func lower(fraction: Double, offered: Double, _ now: Duration) {
        let isFirst = rate == nil
        // Where the rate was the limit, it is what was offered; the window's count is less sure.
        let base =
            window.wasHeld ? min(rate ?? offered, offered * 2) : min(rate ?? offered, offered)
        let isBlind = window.accepted == 0
        if !isBlind { accepted = base * (1 - fraction) }
        if accepted == 0 { accepted = base }
        // One that has helped is over, and what goes on is another.
        let isOver = fall.map {
            now - $0.at > Constants.fallMax || !isSame(fraction, $0.fraction)
        }
        if isOver ?? true {
            fall = Fall(
                rate: base,
                ceiling: rate,
                fraction: fraction,
                accepted: base * (1 - fraction),
                at: now
            )
        } else {
            fall?.steps += 1
        }
        let factor =
            isBlind ? Constants.blindFactor : (1 - fraction) * (1 + Constants.overshoot)
        rate = max(base * factor, typical * ratio * Constants.trickle)
        loweredAt = now
        outdated = underWay
        if isFirst { refilledAt = now }
        tokens = min(tokens, 0)
    }

    /// Whether the rate fell by half, and took what is accepted with it, but not the part that is
    /// throttled.
    private func isVain(
        _ fall: Fall,
        _ fraction: Double,
        accepted: Double,
        _ now: Duration
    ) -> Bool {
        guard let rate, rate <= fall.rate / 2, now - fall.at <= Constants.fallMax,
            fall.steps >= Constants.fallStepsMin
        else { return false }
        return max(fraction, fall.fraction) <= Constants.vainFractionMax
            && isSame(fraction, fall.fraction)
            && accepted > 0 && accepted <= fall.accepted * 0.7
    }

    /// Whether a part has stayed as it was: what was throttled of it, and what was not.
    private func isSame(_ fraction: Double, _ before: Double) -> Bool {
        fraction >= before * Constants.sameFraction
            && 1 - fraction >= (1 - before) * Constants.sameFraction
    }

    private mutating func endInVain(_ fall: Fall, _ fraction: Double, _ now: Duration) {
        rate = fall.ceiling
        accepted = fall.accepted
        tolerated = max(fraction, fall.fraction) + Constants.toleranceMargin
        toleratedUntil = now + Constants.toleranceTime
        // Requests of before say nothing of the rate that now is.
        loweredAt = now
        outdated = underWay
        self.fall = nil
    }
}

extension Duration {
    var asSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
