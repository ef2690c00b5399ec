/// What a table's capacity allows, and what it was asked for.
struct Throughput: Sendable {
    private var limits: [(limit: FakeDynamoDB.Limit, bucket: TokenBucket)] = []
    /// Units, added up by the millisecond since the fake's start.
    private(set) var consumed: [(millisecond: Int, units: Double)] = []
    private(set) var throttled = 0

    init() {}

    mutating func setLimits(_ wanted: [FakeDynamoDB.Limit], now: Duration) {
        limits = wanted.map { ($0, TokenBucket($0, now: now)) }
    }

    /// Takes units for the key out of every bucket that it belongs to, or out of none.
    ///
    /// - Returns: the limit that does not allow it.
    mutating func take(
        _ units: Double,
        key: String,
        now: Duration
    ) -> FakeDynamoDB.Limit? {
        let concerned = limits.indices.filter { limits[$0].limit.covers(key) }
        for index in concerned where !limits[index].bucket.has(units, now: now) {
            throttled += 1
            return limits[index].limit
        }
        for index in concerned { limits[index].bucket.spend(units) }
        note(units, now: now)
        return nil
    }

    private mutating func note(_ units: Double, now: Duration) {
        let millisecond = Int(now / .milliseconds(1))
        if let last = consumed.indices.last, consumed[last].millisecond >= millisecond {
            consumed[last].units += units
        } else {
            consumed.append((millisecond, units))
        }
    }

    /// The most units of any window of so many milliseconds.
    func peak(milliseconds: Int) -> Double {
        var (peak, sum, first) = (0.0, 0.0, 0)
        for entry in consumed {
            sum += entry.units
            while consumed[first].millisecond <= entry.millisecond - milliseconds {
                sum -= consumed[first].units
                first += 1
            }
            peak = max(peak, sum)
        }
        return peak
    }
}

/// Fills at a rate up to its size; what is larger than its size passes when it is full.
struct TokenBucket: Sendable {
    private let rate: Double
    private let size: Double
    private var tokens: Double
    private var updated: Duration

    init(_ limit: FakeDynamoDB.Limit, now: Duration) {
        rate = limit.unitsPerSecond
        size = limit.burst
        tokens = limit.burst
        updated = now
    }

    mutating func has(_ units: Double, now: Duration) -> Bool {
        tokens = min(size, tokens + rate * ((now - updated) / .seconds(1)))
        updated = now
        return tokens >= min(units, size)
    }

    mutating func spend(_ units: Double) { tokens -= units }
}

extension FakeDynamoDB {
    /// A limit of a table's throughput.
    public struct Limit: Sendable {
        /// Whose limit it is: decides the error's type and reason.
        public enum Kind: String, Sendable, CaseIterable {
            case provisioned = "ProvisionedThroughputExceeded"
            case maxOnDemand = "MaxOnDemandThroughputExceeded"
            case account = "AccountLimitExceeded"
            case keyRange = "KeyRangeThroughputExceeded"
        }

        public var kind: Kind
        public var unitsPerSecond: Double
        /// Units that can be had at once after a rest.
        public var burst: Double
        /// Only partition keys that begin so; nil for the whole table.
        public var keyPrefix: String?

        /// - Parameters:
        ///   - kind: whose limit it is.
        ///   - unitsPerSecond: the rate in the long run.
        ///   - burst: units that can be had at once after a rest; by default those of a second.
        ///   - keyPrefix: only partition keys that begin so; nil for the whole table.
        public init(
            _ kind: Kind = .provisioned,
            unitsPerSecond: Double,
            burst: Double? = nil,
            keyPrefix: String? = nil
        ) {
            self.kind = kind
            self.unitsPerSecond = unitsPerSecond
            self.burst = burst ?? unitsPerSecond
            self.keyPrefix = keyPrefix
        }

        /// `key`: canonical, so that the partition key's value comes after its length and a colon.
        func covers(_ key: String) -> Bool {
            guard let keyPrefix else { return true }
            return key.drop { $0 != ":" }.dropFirst().hasPrefix(keyPrefix)
        }
    }
}
