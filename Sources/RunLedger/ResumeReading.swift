internal import Pipeline

/// Reads where an unfinished run stands, and makes sure that it fits together.
struct ResumeReading {
    private let reader: LedgerReader
    private let content: JournalContent
    private let operation: String

    init(_ reader: LedgerReader, _ content: JournalContent, _ operation: String) {
        self.reader = reader
        self.content = content
        self.operation = operation
    }

    func point() throws(LedgerError) -> ResumePoint {
        var chunks = content.entities.map { _ in [ChunkRecord]() }
        var attempts: Set<UInt32> = []
        var counts = content.jobs.map { _ in 0 }
        var seals = content.jobs.map { _ in UInt64(0) }
        try reader.chunks(of: content.run.number) { (chunk, seal) throws(LedgerError) in
            guard chunks.indices.contains(chunk.entity) else {
                throw damaged("a chunk belongs to no entity of the run")
            }
            let entity = content.entities[chunk.entity]
            guard attempts.insert(chunk.attempt).inserted else {
                throw damaged("attempt \(chunk.attempt) has finished two chunks")
            }
            try confirm(chunk, after: chunks[chunk.entity].last, entity)
            chunks[chunk.entity].append(chunk)
            counts[entity.table] += 1
            seals[entity.table] &+= seal
        }
        for job in content.jobs
        where job.chunks != counts[job.index] || job.chunkSeals != seals[job.index] {
            throw damaged("the chunks of \(job.report.table) are not those of its last checkpoint")
        }
        return ResumePoint(
            chunks: chunks,
            totals: content.jobs.map(\.totals),
            keyLogBytes: content.jobs.map(\.keyLogBytes),
            seconds: content.run.seconds
        )
    }

    /// A chunk lies behind the one before it, and begins where that ends if nothing is between them.
    private func confirm(
        _ chunk: ChunkRecord,
        after previous: ChunkRecord?,
        _ entity: EntityRow
    ) throws(LedgerError) {
        guard chunk.places.lowerBound >= 0,
            !chunk.range.isNullKeys || chunk.range.lower == nil && chunk.range.upper == nil
        else { throw damaged("a chunk of \(entity.name) is none that can be") }
        guard let previous else { return }
        guard previous.places.upperBound <= chunk.places.lowerBound else {
            throw damaged("two chunks of \(entity.name) overlap")
        }
        let isAdjacent = previous.places.upperBound == chunk.places.lowerBound
        guard !isAdjacent || previous.range.upper == chunk.range.lower else {
            throw damaged("a chunk of \(entity.name) does not begin where the one before it ends")
        }
        // Only the last range with keys has no end, and only the first no beginning.
        let isOpenBefore = previous.range.upper == nil && !previous.range.isNullKeys
        let isOpenAfter = chunk.range.lower == nil && !chunk.range.isNullKeys
        guard !(isOpenBefore && !chunk.range.isNullKeys),
            !(isOpenAfter && !previous.range.isNullKeys)
        else { throw damaged("a chunk in the midst of \(entity.name) has no bound") }
    }

    private func damaged(_ message: String) -> LedgerError {
        .damaged(operation, reader.path, message)
    }
}
