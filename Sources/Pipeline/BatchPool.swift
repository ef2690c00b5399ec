import Mapping
import Synchronization

/// The batches of one table, kept to be filled again.
public final class BatchPool: Sendable {
    static let suffix: StaticString = #"]},"ReturnConsumedCapacity":"INDEXES"}"#

    private let table: Int
    private let tableName: String
    private let prefix: [UInt8]
    private let idle = Mutex(Idle())

    private struct Idle {
        var batches: [Batch] = []
        /// Room in them.
        var bytes = 0

        mutating func take() -> Batch? {
            let batch = batches.popLast()
            bytes -= batch?.body.capacity ?? 0
            return batch
        }

        mutating func keep(_ batch: Batch) {
            guard bytes + batch.body.capacity <= Limits.batchBytesKept else { return }
            bytes += batch.body.capacity
            batches.append(batch)
        }
    }

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
        let batch = idle.withLock { $0.take() } ?? make()
        batch.body.append(prefix)
        return batch
    }

    /// Takes back a batch that nobody uses any more.
    public func recycle(_ batch: Batch) {
        batch.items.removeAll(keepingCapacity: true)
        batch.body.truncate(to: 0)
        idle.withLock { $0.keep(batch) }
    }

    private func make() -> Batch {
        let body = ByteBuffer(capacity: Limits.batchBytesFirst)
        return Batch(table: table, tableName: tableName, body: body)
    }
}
