import Mapping
import Testing

@testable import Pipeline

@Suite("Batcher")
struct BatcherTests {
    private let chunk = ChunkID(entity: 0, attempt: 0)

    private func add(
        _ json: String,
        keyHash: UInt64,
        to batcher: inout Batcher,
        row: Int = 0
    ) -> Batch? {
        batcher.open().append(json)
        return batcher.commit(
            MappedItem(size: json.utf8.count, keyHash: keyHash),
            chunk: chunk,
            row: row
        )
    }

    private func expectNone(
        _ batch: Batch?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(batch == nil, sourceLocation: sourceLocation)
    }

    private func text(_ batch: Batch?) -> String? {
        batch.map { String(decoding: $0.body.array(), as: UTF8.self) }
    }

    private func items(_ batch: Batch) -> [String] {
        batch.items.map { String(decoding: batch.body.array($0.range), as: UTF8.self) }
    }

    @Test("a batch is the body of one BatchWriteItem request")
    func body() {
        var batcher = Batcher(pool: BatchPool(table: 0, tableName: "Users"))
        expectNone(add(#"{"PK":{"S":"a"}}"#, keyHash: 1, to: &batcher))
        expectNone(add(#"{"PK":{"S":"b"}}"#, keyHash: 2, to: &batcher))
        let batch = batcher.flush()
        #expect(
            text(batch) == """
                {"RequestItems":{"Users":[{"PutRequest":{"Item":{"PK":{"S":"a"}}}},\
                {"PutRequest":{"Item":{"PK":{"S":"b"}}}}]},"ReturnConsumedCapacity":"INDEXES"}
                """
        )
        let rest = batcher.flush()
        #expect(rest == nil)
    }

    @Test("the 25th item makes a batch full")
    func full() throws {
        var batcher = Batcher(pool: BatchPool(table: 0, tableName: "T"))
        for number in 0..<24 {
            expectNone(add("{}", keyHash: UInt64(number), to: &batcher))
        }
        let full = add("{}", keyHash: 24, to: &batcher)
        let batch = try #require(full)
        #expect(batch.items.count == 25)
        let rest = batcher.flush()
        #expect(rest == nil)
    }

    @Test("a key that is in the batch already starts the next one")
    func sameKey() throws {
        var batcher = Batcher(pool: BatchPool(table: 0, tableName: "T"))
        _ = add(#"{"a":1}"#, keyHash: 1, to: &batcher, row: 0)
        _ = add(#"{"b":2}"#, keyHash: 2, to: &batcher, row: 1)
        let full = add(#"{"c":3}"#, keyHash: 1, to: &batcher, row: 2)
        let first = try #require(full)
        #expect(items(first) == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(
            text(first) == """
                {"RequestItems":{"T":[{"PutRequest":{"Item":{"a":1}}},\
                {"PutRequest":{"Item":{"b":2}}}]},"ReturnConsumedCapacity":"INDEXES"}
                """
        )
        let rest = batcher.flush()
        let second = try #require(rest)
        #expect(items(second) == [#"{"c":3}"#])
        #expect(second.items.map(\.row) == [2])
        #expect(
            text(second) == """
                {"RequestItems":{"T":[{"PutRequest":{"Item":{"c":3}}}]},\
                "ReturnConsumedCapacity":"INDEXES"}
                """
        )
    }

    @Test("an item that would make the body too large starts the next batch")
    func tooLarge() throws {
        var batcher = Batcher(pool: BatchPool(table: 0, tableName: "T"))
        let large = "\"" + String(repeating: "x", count: Limits.batchBytesTarget / 2) + "\""
        expectNone(add(large, keyHash: 1, to: &batcher))
        let full = add(large, keyHash: 2, to: &batcher)
        let first = try #require(full)
        let rest = batcher.flush()
        #expect(first.items.map(\.keyHash) == [1])
        #expect(rest?.items.map(\.keyHash) == [2])
    }

    @Test("a single item may be larger than the target")
    func single() throws {
        var batcher = Batcher(pool: BatchPool(table: 0, tableName: "T"))
        let large = "\"" + String(repeating: "x", count: Limits.batchBytesTarget + 1) + "\""
        expectNone(add(large, keyHash: 1, to: &batcher))
        let batch = batcher.flush()
        #expect(batch?.items.count == 1)
    }

    @Test("an item that is rolled back leaves no trace")
    func rollBack() {
        var batcher = Batcher(pool: BatchPool(table: 0, tableName: "T"))
        batcher.open().append("{broken")
        batcher.rollBack()
        _ = add("{}", keyHash: 1, to: &batcher)
        batcher.open().append("{broken")
        batcher.rollBack()
        let batch = batcher.flush()
        #expect(
            text(batch) == """
                {"RequestItems":{"T":[{"PutRequest":{"Item":{}}}]},\
                "ReturnConsumedCapacity":"INDEXES"}
                """
        )
    }

    @Test("a recycled batch starts afresh")
    func recycled() throws {
        let pool = BatchPool(table: 0, tableName: "T")
        var batcher = Batcher(pool: pool)
        _ = add(#"{"a":1}"#, keyHash: 1, to: &batcher)
        let used = batcher.flush()
        pool.recycle(try #require(used))
        _ = add(#"{"b":1}"#, keyHash: 1, to: &batcher)
        let fresh = batcher.flush()
        #expect(items(try #require(fresh)) == [#"{"b":1}"#])
    }
}
