@_spi(Benchmarks) import DynamoDBSink

/// What a request costs beside the bytes of its items.
enum SinkBenchmarks {
    private static let answer = Array(
        #"""
        {"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"Benchmark","CapacityUnits":31.0,\#
        "Table":{"CapacityUnits":25.0},"GlobalSecondaryIndexes":{"ByStatus":{"CapacityUnits":6.0}}}]}
        """#.utf8
    )

    static var all: [Benchmark] {
        let parts = WritePathParts()
        let body = [UInt8](repeating: 0x61, count: 12 * 1024)
        return [
            benchmark("sink/hash-12k", bytes: body.count) { keep(parts.hash(body)) },
            benchmark("sink/sign", bytes: 0) { keep(parts.sign()) },
            benchmark("sink/crc", bytes: answer.count) { keep(parts.checksum(answer)) },
            benchmark("sink/answer", bytes: answer.count) { keep(parts.read(answer)) },
        ]
    }

    private static func benchmark(
        _ name: String,
        bytes: Int,
        _ body: @escaping () -> Void
    ) -> Benchmark {
        let count = 40
        return Benchmark(name: name, unit: "request", items: count, bytes: bytes * count) {
            for _ in 0..<count { body() }
        }
    }
}
