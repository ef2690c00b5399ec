internal import CMeasure

/// What one benchmark has cost, an item.
struct Measurement: Equatable {
    var name: String
    var unit: String
    /// Nanoseconds: the median of the samples, and the bounds between which half of them lie.
    var median: Double
    var lower: Double
    var upper: Double
    var samples: Int
    var itemsPerSecond: Double
    var megabytesPerSecond: Double
    var allocations: Double
    var allocatedBytes: Double
}

/// Runs benchmarks: first until the caches are warm, then many samples of some milliseconds each.
struct Harness {
    var samples = 60
    /// Nanoseconds that a sample should take: long beside the clock's own cost, short beside the
    /// time that another process takes the core for.
    var sampleNanoseconds = 4_000_000.0
    var warmUpNanoseconds = 150_000_000.0

    func measure(_ benchmark: Benchmark) -> Measurement {
        let passes = warmUp(benchmark)
        let count = allocations(benchmark)
        var times: [Double] = []
        for _ in 0..<samples {
            let start = measure_nanoseconds()
            for _ in 0..<passes { benchmark.pass() }
            let time = Double(measure_nanoseconds() - start)
            times.append(time / Double(passes * benchmark.items))
        }
        times.sort()
        let median = times[times.count / 2]
        return Measurement(
            name: benchmark.name,
            unit: benchmark.unit,
            median: median,
            lower: times[times.count / 4],
            upper: times[times.count * 3 / 4],
            samples: samples,
            itemsPerSecond: 1e9 / median,
            megabytesPerSecond: Double(benchmark.bytes) / Double(benchmark.items) * 1e3 / median,
            allocations: count.number,
            allocatedBytes: count.bytes
        )
    }

    /// Allocations an item of one pass; the same each time, however busy the machine is.
    func allocations(_ benchmark: Benchmark) -> (number: Double, bytes: Double) {
        for _ in 0..<3 { benchmark.pass() }
        let number = measure_allocations()
        let bytes = measure_allocated_bytes()
        benchmark.pass()
        let items = Double(benchmark.items)
        return (
            Double(measure_allocations() - number) / items,
            Double(measure_allocated_bytes() - bytes) / items
        )
    }

    /// For valgrind: one pass in `measure_region`, after others that are not in it.
    func runForInstructions(_ benchmark: Benchmark) {
        for _ in 0..<2 { benchmark.pass() }
        var pass = benchmark.pass
        unsafe withUnsafeMutablePointer(to: &pass) { pass in
            unsafe measure_region(
                { context in
                    guard let context = unsafe context else { return }
                    unsafe context.assumingMemoryBound(to: (() -> Void).self).pointee()
                },
                pass
            )
        }
    }

    /// - Returns: passes that fill a sample.
    private func warmUp(_ benchmark: Benchmark) -> Int {
        let start = measure_nanoseconds()
        var passes = 0
        while Double(measure_nanoseconds() - start) < warmUpNanoseconds {
            benchmark.pass()
            passes += 1
        }
        let time = Double(measure_nanoseconds() - start) / Double(passes)
        return max(1, Int(sampleNanoseconds / time))
    }
}

/// Keeps the compiler from leaving out what made `value`.
func keep<Value>(_ value: Value) {
    unsafe withUnsafePointer(to: value) { unsafe measure_keep($0) }
}
