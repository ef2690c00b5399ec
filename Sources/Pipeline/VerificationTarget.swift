import Dispatch
import Mapping
import Synchronization

/// What is done with the pages of one segment, on its thread.
protocol PageVisitor: AnyObject {
    /// Counts all of a page or nothing.
    ///
    /// - Throws: `MalformedJSON` where the page is not what it should be: it is then read again.
    func take(_ page: ItemPage) throws
    /// No page follows.
    func finish() throws
}

extension PageVisitor {
    func finish() throws {}
}

/// Scans a table in segments, all at once, each with its own reader and visitor.
struct TargetSweep {
    /// How often a page that makes no sense is asked for before that is taken for an answer.
    private static let pageTriesMax = 5

    let target: any TargetStore
    let options: VerificationOptions
    let stopping: StopFlag
    let meter: ReadMeter
    /// The target's name, prefix included.
    let table: String

    /// Starts the segments; each leaves `group` when it is done.
    func start(in group: DispatchGroup, visitor: @escaping @Sendable () -> any PageVisitor) {
        for segment in 0..<options.segments {
            DispatchQueue(label: "unglue.verify.segment.\(segment)").async(group: group) {
                do {
                    try scan(segment: segment, visitor())
                } catch {
                    // What a stopped reader says only follows from the stop.
                    if !stopping.isStopped { stopping.stop(because: error) }
                }
            }
        }
    }

    private func scan(segment: Int, _ visitor: any PageVisitor) throws {
        let stopping = stopping
        let reader = try target.connect(isStopped: { stopping.isStopped })
        var scan = SegmentScan(
            table: table,
            segment: segment,
            segments: options.segments,
            isConsistent: options.isConsistent
        )
        while !stopping.isStopped {
            guard let next = try page(scan, on: reader, visitor) else {
                return try visitor.finish()
            }
            guard next != scan.after else { throw EndlessScan(table: table) }
            scan.after = next
        }
    }

    /// Reads a page and counts it; says where the next one begins.
    private func page(
        _ scan: SegmentScan,
        on reader: any TargetReader,
        _ visitor: any PageVisitor
    ) throws -> [UInt8]? {
        var tries = 1
        while true {
            meter.waitForTurn(stopping)
            let page = try reader.scan(scan)
            meter.spent(page.readUnits)
            do {
                try visitor.take(page)
                return page.next
            } catch let error as MalformedJSON {
                tries += 1
                guard tries <= Self.pageTriesMax else {
                    throw UnreadableItem(table: scan.table, cause: error)
                }
            }
        }
    }
}

/// Counts read units, and keeps them to so many a second where that is asked for.
final class ReadMeter: Sendable {
    private struct State {
        var units = 0.0
        /// When what was spent so far is paid for.
        var free = ContinuousClock.now
    }

    private let unitsPerSecond: Double?
    private let state = Mutex(State())

    init(unitsPerSecond: Double?) {
        self.unitsPerSecond = unitsPerSecond
    }

    var units: Double { state.withLock { $0.units } }

    func spent(_ units: Double) {
        state.withLock { state in
            state.units += units
            guard let unitsPerSecond else { return }
            state.free =
                max(state.free, .now) + .milliseconds(Int64(units / unitsPerSecond * 1000))
        }
    }

    /// Waits until what was spent is paid for, or the verification stops.
    func waitForTurn(_ stopping: StopFlag) {
        guard unitsPerSecond != nil else { return }
        let seconds = (state.withLock { $0.free } - .now).inSeconds
        if seconds > 0 { _ = stopping.wait(seconds: seconds) }
    }
}

/// The target gives the same page for ever.
struct EndlessScan: Error, CustomStringConvertible {
    var table: String

    var description: String {
        "the scan of table \(table) does not move on: each page says that it begins the next one"
    }
}

/// The target sends what is no item, again and again.
struct UnreadableItem: Error, CustomStringConvertible {
    var table: String
    var cause: any Error

    var description: String {
        "table \(table): the target answers with something that is not DynamoDB's JSON of an item, "
            + "or an item without the table's key"
    }
}
