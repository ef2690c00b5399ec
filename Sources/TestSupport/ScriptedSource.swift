import Mapping
public import Pipeline
import Synchronization

/// A source in memory: rows of text an entity, cut into chunks of a fixed number of rows, with
/// failures where a test wants them.
public final class ScriptedSource: RowSource {
    /// Breaks the reading of one chunk after some rows, so many times.
    public struct Failure: Sendable {
        public var entity: Int
        /// Index of the chunk's first row; -1: of a reading by keys.
        public var firstRow: Int
        public var afterRows: Int
        public var times: Int
        public var isRetryable: Bool
        /// Whether the reader is over with it.
        public var endsReader: Bool

        public init(
            entity: Int,
            firstRow: Int,
            afterRows: Int,
            times: Int = 1,
            isRetryable: Bool = true,
            endsReader: Bool = false
        ) {
            self.entity = entity
            self.firstRow = firstRow
            self.afterRows = afterRows
            self.times = times
            self.isRetryable = isRetryable
            self.endsReader = endsReader
        }
    }

    public struct Broken: SourceError, Equatable, CustomStringConvertible {
        public var isRetryable: Bool
        public var isStatementStopped = false
        public var endsReader = false
        public var description: String { "the scripted source broke off" }
    }

    public typealias Row = [String?]

    fileprivate let entities: [[Row]]
    fileprivate let rowsPerChunk: Int
    fileprivate let rowsPerSlab: Int
    fileprivate let rowsPerStatementMax: Int
    fileprivate let failures: Mutex<[Failure]>
    private let opened = Atomic<Int>(0)
    private let refusals: Mutex<Int>
    private let cutRefusals: Int

    /// - Parameters:
    ///   - entities: the rows of each entity.
    ///   - rowsPerChunk: rows of a chunk.
    ///   - rowsPerSlab: rows of a slab.
    ///   - failures: where reading breaks off.
    ///   - rowsPerStatementMax: rows after which the server stops a statement.
    ///   - refusals: how often a connection cannot be opened, from the second one on.
    ///   - cutRefusals: how often each entity's planner cannot say where to cut a chunk in two.
    public init(
        entities: [[Row]],
        rowsPerChunk: Int = 10,
        rowsPerSlab: Int = 3,
        failures: [Failure] = [],
        rowsPerStatementMax: Int = .max,
        refusals: Int = 0,
        cutRefusals: Int = 0
    ) {
        self.cutRefusals = cutRefusals
        self.rowsPerStatementMax = rowsPerStatementMax
        self.refusals = Mutex(refusals)
        self.entities = entities
        self.rowsPerChunk = rowsPerChunk
        self.rowsPerSlab = rowsPerSlab
        self.failures = Mutex(failures)
    }

    public var connections: Int { opened.load(ordering: .relaxed) }

    public func connect() throws -> any RowReader {
        let isRefused = refusals.withLock { refusals in
            guard refusals > 0, connections > 0 else { return false }
            refusals -= 1
            return true
        }
        if isRefused { throw Broken(isRetryable: true) }
        opened.add(1, ordering: .relaxed)
        return ScriptedReader(source: self)
    }

    public func planner(entity: Int, after last: ChunkRange?) -> any ChunkPlanner {
        let first = last?.upper?.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
        return ScriptedPlanner(
            first: last == nil ? 0 : first,
            rows: entities[entity].count,
            rowsPerChunk: rowsPerChunk,
            cutRefusals: cutRefusals
        )
    }
}

private final class ScriptedPlanner: ChunkPlanner {
    private let next: Mutex<Int>
    private let cutRefusals: Mutex<Int>
    private let rows: Int
    private let rowsPerChunk: Int

    init(first: Int, rows: Int, rowsPerChunk: Int, cutRefusals: Int) {
        self.cutRefusals = Mutex(cutRefusals)
        self.rows = rows
        self.rowsPerChunk = rowsPerChunk
        next = Mutex(first)
    }

    func next(on reader: any RowReader) -> ChunkRange? {
        next.withLock { next in
            guard next < rows else { return nil }
            defer { next += rowsPerChunk }
            return ChunkRange(
                lower: [Array("\(next)".utf8)],
                upper: [Array("\(min(next + rowsPerChunk, rows))".utf8)]
            )
        }
    }

    func middle(of range: ChunkRange, on reader: any RowReader) throws -> [[UInt8]]? {
        let isRefused = cutRefusals.withLock { left in
            left -= 1
            return left >= 0
        }
        if isRefused { throw ScriptedSource.Broken(isRetryable: true) }
        let bounds = [range.lower, range.upper].compactMap { bound in
            bound?.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        }
        guard bounds.count == 2, bounds[1] - bounds[0] >= 2 else { return nil }
        return [Array("\((bounds[0] + bounds[1]) / 2)".utf8)]
    }
}

private final class ScriptedReader: KeyedRowReader {
    private let source: ScriptedSource

    init(source: ScriptedSource) {
        self.source = source
    }

    func read(
        entity: Int,
        range: ChunkRange,
        isOrdered: Bool,
        chunk: ChunkID,
        first slab: RowSlab,
        deliver: (RowSlab) -> RowSlab?
    ) throws -> Int {
        let bounds = [range.lower, range.upper].map {
            Int(String(decoding: $0?.first ?? [], as: UTF8.self)) ?? 0
        }
        let failure = failure(entity, firstRow: bounds[0])
        let rows = source.entities[entity][bounds[0]..<bounds[1]]
        return try stream(Array(rows), failure, chunk, slab, deliver)
    }

    /// The key is the first column; its case does not count, as with most collations.
    func read(
        entity: Int,
        keys: [[[UInt8]]],
        chunk: ChunkID,
        first slab: RowSlab,
        deliver: (RowSlab) -> RowSlab?
    ) throws -> Int {
        let wanted = Set(keys.map { String(decoding: $0[0], as: UTF8.self).lowercased() })
        let rows = source.entities[entity].filter { wanted.contains(($0[0] ?? "").lowercased()) }
        return try stream(rows, failure(entity, firstRow: -1), chunk, slab, deliver)
    }

    private func failure(_ entity: Int, firstRow: Int) -> ScriptedSource.Failure? {
        source.failures.withLock { failures in
            let index = failures.firstIndex {
                $0.entity == entity && $0.firstRow == firstRow && $0.times > 0
            }
            guard let index else { return nil }
            failures[index].times -= 1
            return failures[index]
        }
    }

    private func stream(
        _ rows: [ScriptedSource.Row],
        _ failure: ScriptedSource.Failure?,
        _ chunk: ChunkID,
        _ slab: RowSlab,
        _ deliver: (RowSlab) -> RowSlab?
    ) throws -> Int {
        var slab = slab
        slab.reset(columnCount: rows.first?.count ?? 0, chunk: chunk, firstRow: 0)
        for (number, row) in rows.enumerated() {
            if let failure, number == failure.afterRows {
                throw ScriptedSource.Broken(
                    isRetryable: failure.isRetryable,
                    endsReader: failure.endsReader
                )
            }
            if number == source.rowsPerStatementMax {
                throw ScriptedSource.Broken(isRetryable: true, isStatementStopped: true)
            }
            for cell in row {
                guard var cell else {
                    unsafe slab.append(cell: nil)
                    continue
                }
                cell.withUTF8 { unsafe slab.append(cell: $0) }
            }
            slab.endRow()
            if slab.rowCount == source.rowsPerSlab {
                guard let next = deliver(slab) else { throw ReadingStopped() }
                slab = next
                slab.reset(columnCount: row.count, chunk: chunk, firstRow: number + 1)
            }
        }
        if let failure, failure.afterRows >= rows.count {
            throw ScriptedSource.Broken(isRetryable: failure.isRetryable)
        }
        guard deliver(slab) != nil else { throw ReadingStopped() }
        return rows.count
    }
}
