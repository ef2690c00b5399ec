/// Faults for a fake, drawn by a seed.
///
/// The n-th request gets the same fault in every run with one seed, whatever came before it.
public struct FaultSchedule: Sendable {
    public var seed: UInt64
    /// Of 1, how many requests get a fault of `survivable`.
    public var faultRate = 0.0
    /// Of 1, how many are throttled.
    public var throttleRate = 0.0
    /// Of 1, how many come back with a part or all of their items unprocessed.
    public var unprocessedRate = 0.0
    /// Of 1, how many are never answered, and applied after `late` if at all.
    public var blackHoleRate = 0.0
    /// How long after a request that was never answered its work may be done.
    public var late = Duration.seconds(3)

    public init(seed: UInt64) {
        self.seed = seed
    }

    /// The fault of a request; nil for a sound answer.
    ///
    /// Only operations on items: to make and describe tables is another program's business.
    public func fault(of request: FakeDynamoDB.Request) -> FakeDynamoDB.Fault? {
        guard Self.operations.contains(request.operation) else { return nil }
        var random = SeededRandom(seed: seed &+ UInt64(request.number) &* 0xD6E8_FEB8_6659_FD93)
        var draw = Double.random(in: 0..<1, using: &random)
        func falls(_ rate: Double) -> Bool {
            defer { draw -= rate }
            return draw >= 0 && draw < rate
        }
        if falls(throttleRate) {
            return FakeDynamoDB.Fault.throttles.randomElement(using: &random)
        }
        if falls(unprocessedRate) {
            let count = Int.random(in: 1...25, using: &random)
            let indexes = (0..<25).shuffled(using: &random).prefix(count)
            return .unprocessed(Array(indexes), isReversed: Bool.random(using: &random))
        }
        if falls(blackHoleRate) {
            return Bool.random(using: &random)
                ? .late(late) : .delivery(.blackHole, applies: Bool.random(using: &random))
        }
        if falls(faultRate) {
            return FakeDynamoDB.Fault.survivable.randomElement(using: &random)
        }
        return nil
    }

    private static let operations: Set = [
        "BatchWriteItem", "PutItem", "DeleteItem", "BatchGetItem", "GetItem", "Scan",
    ]
}
