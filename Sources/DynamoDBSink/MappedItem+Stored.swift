public import Contract
public import Mapping

extension MappedItem {
    /// What the mapper would say of an item that was made some time ago; nil where it does not have
    /// the table's key.
    ///
    /// - Parameters:
    ///   - item: DynamoDB JSON, `{"PK":{"S":"a"},…}`.
    ///   - table: the table that it is of.
    public init?(stored item: JSONValue, of table: Table) {
        let keys = ItemKeyHash(
            tables: [ItemKeyHash.Keys(partition: table.partitionKey, sort: table.sortKey)]
        )
        guard let hash = keys.hash(item, table: 0) else { return nil }
        self.init(size: ItemSize.bytes(of: item), keyHash: hash)
    }
}
