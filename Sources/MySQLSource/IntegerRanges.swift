internal import Pipeline

/// Cuts the integers between two by arithmetic.
struct IntegerRanges: Sendable {
    /// The least key, as its bits.
    ///
    /// Keys are kept as their distance from it, which fits 64 bits for
    /// every pair of keys.
    private let origin: UInt64
    private let isUnsigned: Bool
    private let distance: UInt64
    /// Possible keys of a range.
    let width: UInt64
    /// The last bound that was handed out, as a key; nil: none.
    private var lower: [UInt8]?
    /// The next bound; nil beyond the end of 64 bits.
    private var bound: UInt64?
    private(set) var isFinished = false

    /// nil where the keys are too sparse for it, or no integers.
    ///
    /// - Parameters:
    ///   - least: digits of the least key.
    ///   - greatest: digits of the greatest key.
    ///   - isUnsigned: whether keys may lie above the greatest signed number.
    ///   - rows: estimate of how many there are; at least 1.
    ///   - rowsPerChunk: how many a range should hold on average; at least 1.
    ///   - after: digits of the key behind which the ranges begin; nil: they hold all keys.
    init?(
        least: [UInt8],
        greatest: [UInt8],
        isUnsigned: Bool,
        rows: Int,
        rowsPerChunk: Int,
        after: [UInt8]? = nil
    ) {
        self.isUnsigned = isUnsigned
        if isUnsigned {
            guard let low = UInt64(digits: least), let high = UInt64(digits: greatest), high >= low
            else { return nil }
            (origin, distance) = (low, high - low)
        } else {
            guard let low = Int64(digits: least), let high = Int64(digits: greatest), high >= low
            else { return nil }
            (origin, distance) = (UInt64(bitPattern: low), UInt64(bitPattern: high &- low))
        }
        let perRow = distance / UInt64(rows)
        guard perRow < UInt64(SourceLimits.keysPerRowMax) else { return nil }
        // At most the limit times the rows asked for, which no overflow is near of.
        let exact = Double(rowsPerChunk) * (Double(distance) + 1) / Double(rows)
        width = max(1, UInt64(max(exact, Double(rowsPerChunk))))
        lower = after
        bound = width - 1
        guard let after else { return }
        if isUnsigned {
            guard let key = UInt64(digits: after) else { return nil }
            if key >= origin { bound = Self.sum(key - origin, width) }
        } else {
            guard let key = Int64(digits: after) else { return nil }
            let least = Int64(bitPattern: origin)
            if key >= least { bound = Self.sum(UInt64(bitPattern: key &- least), width) }
        }
    }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64? {
        let (sum, overflows) = a.addingReportingOverflow(b)
        return overflows ? nil : sum
    }

    /// The next range; nil after the last, which is unbounded above.
    mutating func next() -> ChunkRange? {
        if isFinished { return nil }
        let from = lower.map { [$0] }
        guard let bound, bound < distance else {
            isFinished = true
            return ChunkRange(lower: from, upper: nil)
        }
        let upper = key(bound)
        lower = upper
        self.bound = Self.sum(bound, width)
        return ChunkRange(lower: from, upper: [upper])
    }

    /// Whether a key, which is none below the least, lies in the range that is next.
    func firstHolds(_ key: [UInt8]) -> Bool {
        guard let bound, bound < distance else { return true }
        let bits =
            isUnsigned ? UInt64(digits: key) : Int64(digits: key).map(UInt64.init(bitPattern:))
        return bits.map { $0 &- origin <= bound } ?? false
    }

    private func key(_ offset: UInt64) -> [UInt8] {
        let bits = origin &+ offset
        return Array((isUnsigned ? String(bits) : String(Int64(bitPattern: bits))).utf8)
    }
}
