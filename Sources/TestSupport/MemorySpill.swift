public import Pipeline
import Synchronization

/// Spill space in memory; its key logs are kept, for a run that is resumed.
public final class MemorySpill: SpillSpace {
    private let keyLogs = Mutex<[Int: MemorySpillFile]>([:])

    public init() {}

    public func makeFile() -> any SpillFile { MemorySpillFile() }

    public func keyLog(table: Int) -> any DurableFile {
        keyLogs.withLock { logs in
            let log = logs[table] ?? MemorySpillFile()
            logs[table] = log
            return log
        }
    }
}

public final class MemorySpillFile: DurableFile {
    private let bytes = Mutex<[UInt8]>([])

    public init() {}

    public func write(_ piece: [UInt8], at offset: Int) {
        bytes.withLock { bytes in
            let end = offset + piece.count
            if bytes.count < end { bytes += Array(repeating: 0, count: end - bytes.count) }
            bytes.replaceSubrange(offset..<end, with: piece)
        }
    }

    public func read(count: Int, at offset: Int) -> [UInt8] {
        bytes.withLock { Array($0[offset..<offset + count]) }
    }

    public func sync() {}

    public func truncate(to count: Int) {
        bytes.withLock { bytes in
            if bytes.count > count { bytes.removeLast(bytes.count - count) }
        }
    }
}

/// Dead letters in memory.
public final class MemoryDeadLetters: DeadLetters {
    private let kept = Mutex<[(letter: DeadLetter, attempt: UInt32)]>([])

    public init() {}

    public var letters: [DeadLetter] { kept.withLock { $0.map(\.letter) } }

    /// Those of attempts that count.
    public func letters(dropping broken: Set<UInt32>) -> [DeadLetter] {
        kept.withLock { $0.filter { !broken.contains($0.attempt) }.map(\.letter) }
    }

    public func write(_ letter: DeadLetter, attempt: UInt32) {
        kept.withLock { $0.append((letter, attempt)) }
    }

    public func sync() {}
}

/// A ledger in memory, which keeps what a resumed run is given.
public final class MemoryLedger: Ledger {
    private struct State {
        var chunks: [ChunkRecord] = []
        var last: Checkpoint?
        var count = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Checkpoints recorded.
    public var checkpoints: Int { state.withLock { $0.count } }

    public var chunks: [ChunkRecord] { state.withLock { $0.chunks } }

    public func record(_ checkpoint: Checkpoint) {
        state.withLock { state in
            state.chunks += checkpoint.chunks
            state.last = checkpoint
            state.count += 1
        }
    }

    /// Where the run stands; nil before the first checkpoint.
    public func resumePoint(entities: Int) -> ResumePoint? {
        state.withLock { state in
            guard let last = state.last else { return nil }
            var chunks = Array(repeating: [ChunkRecord](), count: entities)
            for chunk in state.chunks { chunks[chunk.entity].append(chunk) }
            return ResumePoint(
                chunks: chunks.map { $0.sorted { $0.places.lowerBound < $1.places.lowerBound } },
                totals: last.totals,
                keyLogBytes: last.keyLogBytes,
                seconds: last.seconds
            )
        }
    }
}
