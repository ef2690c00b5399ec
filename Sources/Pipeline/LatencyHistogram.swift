/// Counts how long things took, in buckets that are at most 3.2 % wide.
///
/// Log-linear: durations up to 31 µs are counted exactly, above that each power of two is cut into
/// 32 buckets. A quantile is the middle of its bucket, so it is at most 1.6 % off; the longest is
/// exact. Recording is a shift and an increment; the whole takes 8 KiB.
public struct LatencyHistogram: Sendable, Equatable {
    /// Bits of a value that its bucket keeps, below the leading one.
    private static let bits = 5
    private static let steps = 1 << bits
    /// Durations of 2^36 µs, 19 hours, and more share the last bucket.
    private static let powersMax = 36

    /// How many durations were recorded.
    public private(set) var count = 0
    /// The longest; zero where nothing was recorded.
    public private(set) var longest = Duration.zero
    private var buckets = [Int](repeating: 0, count: steps * (powersMax - bits + 1))

    public init() {}

    public mutating func record(_ duration: Duration) {
        count += 1
        longest = max(longest, duration)
        buckets[Self.bucket(of: duration.microseconds)] += 1
    }

    /// The duration that `share` of the recorded ones do not exceed, 0...1; nil where nothing was
    /// recorded.
    public func quantile(_ share: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = min(count, max(1, Int((share * Double(count)).rounded(.up))))
        var seen = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += bucket
            guard seen >= rank else { continue }
            return min(longest, .microseconds(Self.middle(of: index)))
        }
        return longest
    }

    private static func bucket(of microseconds: Int) -> Int {
        let value = min(max(0, microseconds), 1 << powersMax - 1)
        guard value >= steps else { return value }
        let shift = Int.bitWidth - 1 - value.leadingZeroBitCount - bits
        return (shift + 1) << bits + (value >> shift - steps)
    }

    private static func middle(of bucket: Int) -> Int {
        guard bucket >= steps else { return bucket }
        let shift = bucket >> bits - 1
        return (steps + bucket & (steps - 1)) << shift + (1 << shift) / 2
    }
}

/// How long the requests of a run took, from the moment they were handed to the transport.
public struct LatencySummary: Sendable, Equatable {
    public var median: Duration
    /// 90 % took no longer.
    public var p90: Duration
    /// 99 % took no longer.
    public var p99: Duration
    public var longest: Duration

    public init(median: Duration, p90: Duration, p99: Duration, longest: Duration) {
        self.median = median
        self.p90 = p90
        self.p99 = p99
        self.longest = longest
    }

    /// nil where nothing was recorded.
    public init?(_ histogram: LatencyHistogram) {
        guard let median = histogram.quantile(0.5), let p90 = histogram.quantile(0.9),
            let p99 = histogram.quantile(0.99)
        else { return nil }
        self.init(median: median, p90: p90, p99: p99, longest: histogram.longest)
    }
}

extension LatencySummary: CustomStringConvertible {
    /// Such as `0.8 ms (median), 1.2 (90 %), 3.0 (99 %), 17.4 (longest)`.
    public var description: String {
        let texts = [median, p90, p99, longest].map { Self.milliseconds($0) }
        return "\(texts[0]) ms (median), \(texts[1]) (90 %), \(texts[2]) (99 %), "
            + "\(texts[3]) (longest)"
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let tenths = Int((duration.inSeconds * 10_000).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Duration {
    /// Whole microseconds, rounded down.
    fileprivate var microseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 1 << 40 else { return .max }
        return Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000)
    }
}
