internal import Contract
internal import Mapping

/// Finds the hash of an item's primary key in an item that the service sent back: the same hash
/// that the mapper gave the item when it was written.
struct ItemKeyHash {
    struct Keys {
        var partition: KeyAttribute
        var sort: KeyAttribute?
    }

    /// By the table's index in the run.
    var tables: [Keys]

    /// The hash of the key of `item`; nil where it has no such key.
    func hash(_ item: JSONValue, table: Int) -> UInt64? {
        guard tables.indices.contains(table) else { return nil }
        let keys = tables[table]
        guard let partition = part(item, keys.partition) else { return nil }
        guard let sort = keys.sort else { return KeyHash.hash(partition: partition, sort: nil) }
        guard let part = part(item, sort) else { return nil }
        return KeyHash.hash(partition: partition, sort: part)
    }

    private func part(_ item: JSONValue, _ key: KeyAttribute) -> KeyHash.Part? {
        guard let text = item[key.name]?[key.type.rawValue]?.string else { return nil }
        if key.type == .binary {
            return Base64.decode(text).map { KeyHash.Part(type: .binary, bytes: $0) }
        }
        return KeyHash.Part(type: key.type, bytes: Array(text.utf8))
    }
}
