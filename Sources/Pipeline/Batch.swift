public import Mapping

/// Up to 25 items of one table, as the very bytes of one `BatchWriteItem` request body.
///
/// Filled by a worker, then handed to the sink, then to the accounts; one owner at a time.
public final class Batch: @unchecked Sendable {  // Protected by that one owner.
    /// One put in the batch.
    public struct Item: Sendable {
        /// Where the item's own JSON (`{"PK":{"S":"a"},…}`) lies in `body`.
        public var range: Range<Int>
        public var size: Int
        public var keyHash: UInt64
        public var chunk: ChunkID
        /// Index of the row within its chunk attempt.
        public var row: Int

        public init(range: Range<Int>, size: Int, keyHash: UInt64, chunk: ChunkID, row: Int) {
            self.range = range
            self.size = size
            self.keyHash = keyHash
            self.chunk = chunk
            self.row = row
        }

        /// Stands where there is no item yet.
        static let none = Item(
            range: 0..<0,
            size: 0,
            keyHash: 0,
            chunk: ChunkID(entity: 0, attempt: 0),
            row: 0
        )
    }

    /// Index of the table in the run's list of tables.
    public let table: Int
    /// The target table's name, prefix included.
    public let tableName: String
    public let body: ByteBuffer
    public internal(set) var items: [Item] = []

    public init(table: Int, tableName: String, body: ByteBuffer) {
        self.table = table
        self.tableName = tableName
        self.body = body
        items.reserveCapacity(Limits.batchItemsMax)
    }
}
