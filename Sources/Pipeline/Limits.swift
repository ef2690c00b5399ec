/// Every limit of the pipeline in one place, with its source or reason.
public enum Limits {
    /// Puts a `BatchWriteItem` request.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
    public static let batchItemsMax = 25
    /// Bytes of a `BatchWriteItem` body on the wire: a margin under the service's 16 MiB, which it
    /// answers with 413. (Same page.)
    public static let batchBytesMax = 15 * 1024 * 1024
    /// Bytes at which a batch is closed before it has 25 items, so that memory stays bounded
    /// whatever the items are.
    ///
    /// One item can be larger: 400 KB whose every byte is escaped.
    public static let batchBytesTarget = 2 * 1024 * 1024
    /// How long a batch that is not full waits for more rows of its table.
    public static let batchAgeMax = Duration.milliseconds(500)
    /// How long a stopped run waits for a reader whose server does not answer.
    static let stoppedReaderWait = Duration.seconds(10)
    /// Bytes that a batch has room for at first: 25 items of 600 bytes.
    static let batchBytesFirst = 16 * 1024
    /// Bytes of memory that a table's batches keep between uses, all of them together.
    static let batchBytesKept = 4 * 1024 * 1024
    /// Duplicate keys that a report names, a table.
    public static let duplicateKeysNamedMax = 100
    /// Bytes of a key log that are kept in memory before they are written.
    static let keyLogBufferBytes = 48 * 1024
    /// How often finished chunks are recorded at most: each time costs the disk some milliseconds,
    /// and kill -9 costs the chunks since.
    static let checkpointInterval = Duration.milliseconds(250)
    /// How long a worker waits for rows before it looks whether a batch has waited long enough.
    static let workerWait = Duration.milliseconds(100)
    /// Statements that the server stops before a chunk is cut in two.
    static let statementStopsBeforeSplit = 2
    /// Partitions of a key index: a power of two.
    static let keyPartitions = 256
    /// Bytes of a key index's block: one page, 341 entries.
    static let keyBlockBytes = 4096
    /// Entries that the search for duplicates looks at at a time: 4 MiB, and as much for its hash table.
    static let keySortEntriesMax = 1 << 18
    /// Keys that one pass over the source settles.
    static let duplicatesSettledMax = 20_000

    /// Seconds to wait before the source is asked again: twice as long each time, up to 5.
    ///
    /// `number`: of the try, at least 2.
    static func readPause(beforeTry number: Int) -> Double {
        min(0.05 * Double(1 << min(number, 10)), 5)
    }
}
