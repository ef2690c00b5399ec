public import Pipeline
import Synchronization

/// Spill space in memory.
public struct MemorySpill: SpillSpace {
    public init() {}

    public func makeFile() -> any SpillFile { MemorySpillFile() }

    public func keyLog(table: Int) -> any DurableFile { MemorySpillFile() }
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
    private let kept = Mutex<[DeadLetter]>([])

    public init() {}

    public var letters: [DeadLetter] { kept.withLock { $0 } }

    public func write(_ letter: DeadLetter, attempt: UInt32) {
        kept.withLock { $0.append(letter) }
    }

    public func sync() {}
}
