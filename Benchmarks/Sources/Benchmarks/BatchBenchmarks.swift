import Mapping
import Pipeline

/// Rows to full batches: the whole way from the cursor to the sink, threads left out.
enum BatchBenchmarks {
    static var all: [Benchmark] {
        [
            batch("batch/5-ascii", Array(repeating: .ascii, count: 3)),
            batch("batch/order", Rows.Column.order),
        ]
    }

    private final class Worker {
        let rows: Rows
        let mapper: ItemMapper
        let pool: BatchPool
        var batcher: Batcher
        var bytes = 0

        init(columns: [Rows.Column]) {
            // Whole batches, so that each pass leaves nothing behind.
            rows = Rows(count: 10 * Limits.batchItemsMax, columns: columns)
            mapper = ItemMapper(plan: rows.plan)
            pool = BatchPool(table: 0, tableName: "Benchmark")
            batcher = Batcher(pool: pool)
        }

        func pass() {
            bytes = 0
            for row in 0..<rows.slab.rowCount {
                let buffer = batcher.open()
                guard case .item(let item) = mapper.map(row: row, of: rows.slab, into: buffer)
                else { preconditionFailure("a benchmark's own row was rejected") }
                guard let batch = batcher.commit(item, chunk: rows.slab.chunk, row: row) else {
                    continue
                }
                bytes += batch.body.count
                pool.recycle(batch)
            }
        }
    }

    private static func batch(_ name: String, _ columns: [Rows.Column]) -> Benchmark {
        let worker = Worker(columns: columns)
        worker.pass()
        return Benchmark(
            name: name,
            unit: "row",
            items: worker.rows.slab.rowCount,
            bytes: worker.bytes,
            pass: worker.pass
        )
    }
}
