internal import Contract
internal import Pipeline

/// What the sink has to know of a table to write to it.
struct TableTraits: Sendable {
    private static let unitBytes = 1_024

    /// Write units of one kilobyte: one for the table and one for each index.
    ///
    /// Too many for an item that some of the indexes do not have; the answers correct that.
    var unitsPerKilobyte = 1
    /// How an item is put where it does not simply replace what is there; nil: it does.
    var condition: PutCondition?
    /// Predicted units that a request should not have more of, if it can be helped; nil: no limit.
    var requestUnitsMax: Double?

    init() {}

    /// - Throws: where the mode needs something that the contract does not give.
    init(_ table: Table, mode: WriteMode, unitsMax: Int?) throws(DynamoDBError) {
        unitsPerKilobyte = 1 + table.indexes.count
        requestUnitsMax = unitsMax.map { UnitsCap.requestUnitsMax(unitsMax: $0) }
        if mode != .replace { condition = try PutCondition(mode, table: table) }
    }

    /// Write units that an item of so many bytes will cost, as far as can be told.
    func units(size: Int) -> Double {
        let kilobytes = max(1, (size + Self.unitBytes - 1) / Self.unitBytes)
        return Double(kilobytes * unitsPerKilobyte)
    }

    /// The same of these items of a batch.
    func units(of items: [Int], in batch: Batch) -> Double {
        items.reduce(0) { $0 + units(size: batch.items[$1].size) }
    }

    /// The batch's items in the parts in which they are to be sent.
    func parts(of batch: Batch) -> [[Int]] {
        let all = Array(batch.items.indices)
        guard let requestUnitsMax else { return [all] }
        var parts: [[Int]] = []
        var units = 0.0
        for index in all {
            let more = self.units(size: batch.items[index].size)
            if parts.isEmpty || units + more > requestUnitsMax {
                parts.append([])
                units = 0
            }
            parts[parts.count - 1].append(index)
            units += more
        }
        return parts
    }
}
