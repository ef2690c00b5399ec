/// What the mapper says of an item that it has written.
public struct MappedItem: Sendable, Equatable {
    /// Size by DynamoDB's own rules, in bytes (names and values, not the JSON).
    public var size: Int
    /// Hash of the canonical primary key: equal keys have equal hashes, whatever spelling their
    /// numbers have; see `KeyHash`.
    public var keyHash: UInt64

    public init(size: Int, keyHash: UInt64) {
        self.size = size
        self.keyHash = keyHash
    }
}

/// Why a row cannot become an item.
public struct Rejection: Error, Sendable, Equatable {
    /// A sentence that names the attribute and, where it helps, the limit; never the value.
    public var reason: String
    /// The item's key as DynamoDB JSON, as far as it could be made; `{}` if not at all.
    public var key: String

    public init(reason: String, key: String) {
        self.reason = reason
        self.key = key
    }
}
