/// One thing whose cost is measured.
struct Benchmark {
    /// `map/20-ascii`: what is done, and what of.
    var name: String
    /// What an item is: `row`, `request`.
    var unit: String
    /// Items of one pass.
    var items: Int
    /// Bytes that one pass makes or reads.
    var bytes: Int
    /// One pass; does the same work each time.
    var pass: () -> Void

    static var all: [Benchmark] {
        MapperBenchmarks.all + BatchBenchmarks.all + SinkBenchmarks.all
    }
}
