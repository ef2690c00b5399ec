import Mapping

/// Rows to the bytes of items.
enum MapperBenchmarks {
    static var all: [Benchmark] {
        [
            map("map/5-ascii", Array(repeating: .ascii, count: 3)),
            map("map/20-ascii", Array(repeating: .ascii, count: 18)),
            map("map/100-ascii", Array(repeating: .ascii, count: 98)),
            map("map/20-escapes", Array(repeating: .escapes, count: 18)),
            map("map/20-emoji", Array(repeating: .emoji, count: 18)),
            map("map/20-integers", Array(repeating: .integer, count: 18)),
            map("map/20-decimals", Array(repeating: .decimal, count: 18)),
            map("map/5-json", Array(repeating: .json, count: 3)),
            map("map/order", Rows.Column.order),
        ]
    }

    private static func map(_ name: String, _ columns: [Rows.Column]) -> Benchmark {
        let rows = Rows(count: 250, columns: columns)
        let mapper = ItemMapper(plan: rows.plan)
        let buffer = ByteBuffer()
        let pass = {
            buffer.truncate(to: 0)
            for row in 0..<rows.slab.rowCount {
                guard case .item = mapper.map(row: row, of: rows.slab, into: buffer) else {
                    preconditionFailure("a benchmark's own row was rejected")
                }
            }
            keep(buffer.count)
        }
        pass()
        return Benchmark(
            name: name,
            unit: "row",
            items: rows.slab.rowCount,
            bytes: buffer.count,
            pass: pass
        )
    }
}
