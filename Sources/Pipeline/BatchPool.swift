import Mapping
import Synchronization

/// The batches of one table, kept to be filled again.
public final class BatchPool: Sendable {
    static let suffix: StaticString = #"]},"ReturnConsumedCapacity":"INDEXES"}"#

    private let table: Int
    private let tableName: String
    private let prefix: [UInt8]
    private let idle = Mutex<[Batch]>([])

    /// - Parameters:
    ///   - table: index of the table in the run.
    ///   - tableName: the target table's name, which DynamoDB limits to letters, digits and `_.-`.
    public init(table: Int, tableName: String) {
        self.table = table
        self.tableName = tableName
        prefix = Array(#"{"RequestItems":{"\#(tableName)":["#.utf8)
    }

    /// An empty batch, its body begun.
    func take() -> Batch {
        let batch = idle.withLock { $0.popLast() } ?? Batch(table: table, tableName: tableName)
        batch.body.append(prefix)
        return batch
    }

    /// Takes back a batch that nobody uses any more.
    public func recycle(_ batch: Batch) {
        batch.items.removeAll(keepingCapacity: true)
        batch.body.truncate(to: 0, bytesKeptMax: Limits.batchBytesKept)
        idle.withLock { idle in
            if idle.count < Limits.batchesKeptMax { idle.append(batch) }
        }
    }
}
