import Mapping
import Synchronization

/// Remembers the key hash of every item that was made, wherever in the run, in the order in which
/// the items were sent: what finds two rows with one key, across processes of the run too.
///
/// An append-only file of 12 bytes an entry. `sync` says how many bytes of it are on the disk; a
/// resumed run cuts the file to what its last checkpoint says and ignores entries of attempts that
/// were not finished.
public final class KeyLog: Sendable {
    /// What is known of an item.
    enum Mark: UInt32, Sendable {
        /// It was made.
        case made = 0
        /// The target refused it, after it was made.
        case refused = 1
        /// The target kept what it has in its place.
        case kept = 2
    }

    struct Entry: Sendable, Equatable {
        var keyHash: UInt64
        var attempt: UInt32
        var mark: Mark

        init(keyHash: UInt64, attempt: UInt32, mark: Mark = .made) {
            self.keyHash = keyHash
            self.attempt = attempt
            self.mark = mark
        }

        /// Writes the entry where it is the `index`th.
        @inline(__always)
        fileprivate func store(to bytes: UnsafeMutableRawBufferPointer, at index: Int) {
            let offset = index * KeyLog.entryBytes
            unsafe bytes.storeBytes(of: keyHash.littleEndian, toByteOffset: offset, as: UInt64.self)
            unsafe bytes.storeBytes(
                of: word.littleEndian,
                toByteOffset: offset + 8,
                as: UInt32.self
            )
        }

        /// Attempt and mark in one word.
        var word: UInt32 { attempt | mark.rawValue << KeyLog.attemptBits }

        init(keyHash: UInt64, word: UInt32) {
            self.keyHash = keyHash
            attempt = word & KeyLog.attemptMax
            mark = Mark(rawValue: word >> KeyLog.attemptBits) ?? .made
        }
    }

    static let entryBytes = 12
    private static let attemptBits: UInt32 = 30
    /// The greatest attempt number that an entry can name: 2^30 - 1.
    static let attemptMax: UInt32 = 1 << attemptBits - 1

    fileprivate struct State {
        var buffer: [UInt8] = []
        /// Bytes of the file, those in the buffer left out.
        var length: Int
    }

    private let file: any DurableFile
    private let state: Mutex<State>

    /// - Parameters:
    ///   - file: the log's own.
    ///   - length: bytes that an earlier process of the run is known to have brought to the disk;
    ///     what lies behind them is cut off.
    /// - Throws: what the file throws.
    init(file: any DurableFile, length: Int) throws {
        self.file = file
        try file.truncate(to: length)
        var state = State(length: length)
        state.buffer.reserveCapacity(Limits.keyLogBufferBytes + Limits.batchItemsMax * 12)
        self.state = Mutex(state)
    }

    /// Records the items of a batch.
    ///
    /// - Throws: what the file throws; the log is then incomplete and the run must stop.
    func record(_ items: [Batch.Item]) throws {
        try state.withLock { state in
            state.append(items)
            // The lock is held across the write on purpose: the log is what it keeps in order.
            if state.buffer.count >= Limits.keyLogBufferBytes { try write(&state) }
        }
    }

    /// Notes what the target answered to an item that was recorded.
    func note(_ mark: Mark, _ item: Batch.Item) throws {
        try state.withLock { state in
            state.append(Entry(keyHash: item.keyHash, attempt: item.chunk.attempt, mark: mark))
            if state.buffer.count >= Limits.keyLogBufferBytes { try write(&state) }
        }
    }

    /// Brings everything recorded so far to the disk.
    ///
    /// - Returns: bytes of the file.
    func sync() throws -> Int {
        let length = try state.withLock { state in
            try write(&state)
            return state.length
        }
        try file.sync()
        return length
    }

    /// Calls `body` with every entry, in order.
    ///
    /// Nothing may be recorded meanwhile.
    func forEachEntry(_ body: (Entry) throws -> Void) throws {
        let length = try state.withLock { state in
            try write(&state)
            return state.length
        }
        let blockBytes = Limits.keyLogBufferBytes / Self.entryBytes * Self.entryBytes
        var offset = 0
        while offset + Self.entryBytes <= length {
            let count = min(blockBytes, (length - offset) / Self.entryBytes * Self.entryBytes)
            let bytes = try file.read(count: count, at: offset)
            try Self.decode(bytes, body)
            offset += count
        }
    }

    private func write(_ state: inout State) throws {
        guard !state.buffer.isEmpty else { return }
        try file.write(state.buffer, at: state.length)
        state.length += state.buffer.count
        state.buffer.removeAll(keepingCapacity: true)
    }

    static func encode(_ entries: [Entry]) -> [UInt8] {
        let count = entries.count * entryBytes
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            for (index, entry) in entries.enumerated() { unsafe entry.store(to: bytes, at: index) }
            initializedCount = count
        }
    }

    /// Calls `body` with each whole entry of `bytes`.
    static func decode(_ bytes: [UInt8], _ body: (Entry) throws -> Void) rethrows {
        for index in 0..<bytes.count / entryBytes {
            let (keyHash, word) = unsafe bytes.withUnsafeBytes { bytes in
                unsafe (
                    UInt64(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: index * entryBytes,
                            as: UInt64.self
                        )
                    ),
                    UInt32(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: index * entryBytes + 8,
                            as: UInt32.self
                        )
                    )
                )
            }
            try body(Entry(keyHash: keyHash, word: word))
        }
    }
}

extension KeyLog.State {
    fileprivate mutating func append(_ entry: KeyLog.Entry) {
        unsafe grow(by: 1) { unsafe entry.store(to: $0, at: 0) }
    }

    /// The hot path: room is made once a batch.
    fileprivate mutating func append(_ items: [Batch.Item]) {
        unsafe grow(by: items.count) { bytes in
            for (index, item) in items.enumerated() {
                let entry = KeyLog.Entry(keyHash: item.keyHash, attempt: item.chunk.attempt)
                unsafe entry.store(to: bytes, at: index)
            }
        }
    }

    private mutating func grow(by entries: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: entries * KeyLog.entryBytes))
        unsafe buffer.withUnsafeMutableBytes { unsafe fill(.init(rebasing: $0[start...])) }
    }
}

/// The key log of an unfinished run does not hold what its checkpoints say.
public struct DamagedKeyLog: Error, CustomStringConvertible {
    public var table: String
    public var attempt: UInt32

    public var description: String {
        """
        the key log of table \(table) is damaged: its entries of chunk attempt \(attempt) are not \
        those of the checkpoint; start the run anew with --fresh: all rows are then written again, \
        which is safe
        """
    }
}
