import Contract
import Mapping

@testable import Pipeline

/// Builds batches as the pipeline's batcher does.
enum Batches {
    /// A batch of these items, each DynamoDB JSON; an item's key hash is its place.
    static func batch(_ items: [String], table: String, isReplay: Bool = false) -> Batch {
        let batch = Batch(table: 0, tableName: table, body: ByteBuffer())
        batch.body.append("{\"RequestItems\":{\"\(table)\":[{\"PutRequest\":{\"Item\":")
        for (index, item) in items.enumerated() {
            if index > 0 { batch.body.append("}},{\"PutRequest\":{\"Item\":") }
            let start = batch.body.count
            batch.body.append(item)
            batch.items.append(
                Batch.Item(
                    range: start..<batch.body.count,
                    size: item.utf8.count,
                    keyHash: UInt64(index),
                    chunk: ChunkID(entity: 0, attempt: 0, isReplay: isReplay),
                    row: index
                )
            )
        }
        batch.body.append("}}]},\"ReturnConsumedCapacity\":\"INDEXES\"}")
        return batch
    }

    /// The body of the request that puts these items.
    static func request(_ items: [String], table: String) -> String {
        String(decoding: batch(items, table: table).body.array(), as: UTF8.self)
    }

    /// A table with the partition key `PK` (S) and nothing else.
    ///
    /// But for what is asked for.
    static func table(
        _ name: String,
        indexes: [String] = [],
        versionAttribute: String? = nil
    ) -> Table {
        Table(
            name: name,
            isMultiEntity: false,
            partitionKey: KeyAttribute(name: "PK", type: .string),
            sortKey: nil,
            indexes: indexes.map { attribute in
                SecondaryIndex(
                    name: "by-\(attribute)",
                    partitionKey: KeyAttribute(name: attribute, type: .string),
                    sortKey: nil,
                    projection: .all,
                    path: ""
                )
            },
            entities: [],
            versionAttribute: versionAttribute,
            path: "tables[0]"
        )
    }
}
