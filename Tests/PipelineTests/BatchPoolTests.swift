import Mapping
import Testing

@testable import Pipeline

@Suite("Batch pool")
struct BatchPoolTests {
    /// Batches whose bodies have grown to some size, given back.
    private func recycled(_ count: Int, bytes: Int) -> (pool: BatchPool, given: [Batch]) {
        let pool = BatchPool(table: 0, tableName: "T")
        let batches = (0..<count).map { _ in pool.take() }
        for batch in batches {
            batch.body.reserve(bytes)
            pool.recycle(batch)
        }
        return (pool, batches)
    }

    @Test("a batch that is given back is used again, empty and with its memory")
    func reuse() {
        let (pool, given) = recycled(1, bytes: 100_000)
        let batch = pool.take()
        #expect(batch === given[0])
        #expect(batch.items.isEmpty)
        #expect(batch.body.capacity >= 100_000)
        #expect(String(decoding: batch.body.array(), as: UTF8.self) == #"{"RequestItems":{"T":["#)
        #expect(pool.take() !== batch)
    }

    @Test(
        "what is kept is bounded in bytes, however large the batches are",
        arguments: [1, 90_000]
    )
    func bounded(_ bytes: Int) {
        let (pool, given) = recycled(600, bytes: bytes)
        let taken = (0..<600).map { _ in pool.take() }
        let kept = taken.filter { batch in given.contains { $0 === batch } }
        let room = kept.reduce(0) { $0 + $1.body.capacity }
        #expect(room <= Limits.batchBytesKept)
        #expect(room > Limits.batchBytesKept / 2)
    }

    @Test("a batch that is larger than all that may be kept is let go")
    func large() {
        let (pool, given) = recycled(1, bytes: Limits.batchBytesKept + 1)
        #expect(pool.take() !== given[0])
    }
}
