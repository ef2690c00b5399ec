/// Every limit in one place, with its source.
public enum Limits {
    /// Puts a `BatchWriteItem` request.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
    public static let batchItemsMax = 25
    /// Bytes of a `BatchWriteItem` body on the wire: a margin under the service's 16 MiB, which it
    /// answers with 413. (Same page.)
    public static let batchBytesMax = 15 * 1024 * 1024
    /// Duplicate keys that a report names, a table.
    public static let duplicateKeysNamedMax = 100
}
