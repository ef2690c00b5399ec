import Mapping
import TestSupport
import Testing

@testable import Pipeline

@Suite("Verification records")
struct VerificationRecordTests {
    @Test("partitions give back what was put into them, in order, across blocks", arguments: 1...8)
    func partitions(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let partitions = SpillPartitions(spill: MemorySpillFile(), count: 4, blockBytes: 64)
        var expected = Array(repeating: [[UInt8]](), count: 4)
        for _ in 0..<200 {
            let record = (0..<Int.random(in: 0...150, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let partition = Int.random(in: 0..<4, using: &random)
            expected[partition].append(record)
            try partitions.append(record, to: partition)
        }
        for partition in 0..<4 {
            var found: [[UInt8]] = []
            try partitions.forEach(of: partition) { found.append(Array($0)) }
            #expect(found == expected[partition])
            #expect(partitions.records(of: partition) == found.count)
        }
    }

    @Test("buckets are zero again when what was added was taken away")
    func buckets() {
        var random = SeededRandom(seed: 3)
        let all = (0..<1_000).map { _ in
            ItemFingerprint(
                key: UInt128.random(in: 0...UInt128.max, using: &random),
                item: UInt128.random(in: 0...UInt128.max, using: &random)
            )
        }
        var table = BucketTable()
        for fingerprint in all { table.add(fingerprint) }
        for fingerprint in all.shuffled(using: &random) { table.subtract(fingerprint) }
        #expect(table.differing == nil)
        table.add(all[0])
        #expect(table.differing?.contains(all[0].key) == true)
        #expect(table.differing?.contains(all[0].key &+ 1) == false)
    }

    @Test("a chunk of any length is staged whole", arguments: [0, 1, 16_383, 16_384, 40_000])
    func staged(count: Int) {
        var random = SeededRandom(seed: 3)
        var chunk = StagedChunk()
        var table = BucketTable()
        for _ in 0..<count {
            let fingerprint = ItemFingerprint(
                key: UInt128.random(in: 0...UInt128.max, using: &random),
                item: UInt128.random(in: 0...UInt128.max, using: &random)
            )
            chunk.add(fingerprint)
            table.subtract(fingerprint)
        }
        chunk.merge(into: &table)
        #expect(table.differing == nil)
    }

    @Test("a partition that does not fit is joined in several passes, with the same outcome")
    func passes() throws {
        let buckets = try #require(
            {
                var table = BucketTable()
                for bucket in 0..<BucketTable.count {
                    table.add(ItemFingerprint(key: UInt128(bucket), item: 1))
                }
                return table.differing
            }()
        )
        let records = VerificationRecords(
            partitions: SpillPartitions(spill: MemorySpillFile(), count: 2),
            buckets: buckets,
            quotedNames: []
        )
        let attempt = records.begin(
            VerifiedChunk(
                number: 0,
                work: ChunkScheduler.Work(
                    entity: 0,
                    places: ChunkPlaces.planned(0),
                    range: .everything,
                    isReplay: false
                )
            )
        )
        let broken = records.begin(
            VerifiedChunk(
                number: 0,
                work: ChunkScheduler.Work(
                    entity: 0,
                    places: ChunkPlaces.planned(0),
                    range: .everything,
                    isReplay: false
                )
            )
        )
        records.complete(attempt, rows: 1_000, rejected: 0)
        var random = SeededRandom(seed: 9)
        for index in 0..<1_000 {
            let key = UInt128.random(in: 0...UInt128.max, using: &random)
            func record(_ attempt: UInt32?, _ item: UInt128) -> VerificationRecords.Record {
                VerificationRecords.Record(
                    attempt: attempt,
                    row: UInt64(index),
                    fingerprint: ItemFingerprint(key: key, item: item),
                    key: Array("\(index)".utf8)
                )
            }
            // A tenth each: missing, different, extra, only in a broken attempt.
            if index % 10 != 2, index % 10 != 3 { try records.append(record(attempt, 1)) }
            if index % 10 == 3 { try records.append(record(broken, 1)) }
            if index % 10 != 0, index % 10 != 3 {
                try records.append(record(nil, index % 10 == 1 ? 2 : 1))
            }
        }
        for entriesMax in [7, 100, 1_000_000] {
            var join = VerificationJoin(
                records: records,
                toPut: nil,
                toDelete: nil,
                stopping: StopFlag()
            )
            join.entriesMax = entriesMax
            let outcome = try join.run()
            #expect((outcome.missing, outcome.different, outcome.extra) == (100, 100, 100))
            #expect(outcome.named.count == 300)
            #expect(outcome.named.allSatisfy { !$0.json.isEmpty })
        }
    }
}
