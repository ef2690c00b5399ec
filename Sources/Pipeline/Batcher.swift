public import Mapping

/// Fills batches of one table: at most 25 items, within the byte limits, no key twice in a batch.
///
/// Items are written in place: `open` starts one, the mapper appends its JSON to the returned
/// buffer, and `commit` or `rollBack` ends it. A batch that is full comes out of `commit`.
public struct Batcher {
    private let pool: BatchPool
    /// The batch being filled; nil before its first row.
    private var batch: Batch?
    /// That batch's; not to be touched without one.
    private var body = ByteBuffer(capacity: 0)
    /// Where the item being written starts, separator and put frame included.
    private var frameStart = 0
    private var itemStart = 0
    /// When the batch being filled was begun.
    private var begun = ContinuousClock.now
    /// The first `count` are in the batch being filled, which gets them when it is closed: here no
    /// memory is shared with another, and counting no reference costs a row nothing.
    private var items = InlineArray<25, Batch.Item>(repeating: .none)
    private var keyHashes = InlineArray<25, UInt64>(repeating: 0)
    private var count = 0

    public init(pool: BatchPool) {
        self.pool = pool
    }

    /// Starts an item; the caller appends its JSON to the buffer.
    @inline(__always)
    public mutating func open() -> ByteBuffer {
        if batch == nil { begin(pool.take()) }
        frameStart = body.count
        if count > 0 { body.append(UInt8(ascii: ",")) }
        body.append(#"{"PutRequest":{"Item":"#)
        itemStart = body.count
        return body
    }

    /// Takes back the item being written.
    public mutating func rollBack() {
        guard batch != nil else { return }
        body.truncate(to: frameStart)
    }

    /// Ends the item that was written.
    ///
    /// - Returns: a batch to send, if this item made one full or did not fit beside the others.
    @inline(__always)
    public mutating func commit(_ item: MappedItem, chunk: ChunkID, row: Int) -> Batch? {
        precondition(batch != nil, "commit without open")
        body.append("}}")
        let fits =
            count == 0
            || (body.count <= Limits.batchBytesTarget && !has(item.keyHash))
        guard fits else { return commitToNext(item, chunk: chunk, row: row) }
        add(item, range: itemStart..<body.count - 2, chunk: chunk, row: row)
        return count == Limits.batchItemsMax ? flush() : nil
    }

    /// Ends the item that was written: the first of the next batch.
    ///
    /// - Returns: the batch that it was written in, without it.
    @inline(never)
    private mutating func commitToNext(_ item: MappedItem, chunk: ChunkID, row: Int) -> Batch? {
        let next = pool.take()
        let start = next.body.count
        next.body.append(body, frameStart + 1..<body.count)
        let range = start + (itemStart - frameStart - 1)..<next.body.count - 2
        body.truncate(to: frameStart)
        let full = flush()
        begin(next)
        add(item, range: range, chunk: chunk, row: row)
        return full
    }

    /// Closes the batch being filled and hands it out; nil if it has no item.
    public mutating func flush() -> Batch? {
        guard let batch, count > 0 else { return nil }
        for index in 0..<count { batch.items.append(items[index]) }
        body.append(BatchPool.suffix)
        self.batch = nil
        count = 0
        return batch
    }

    /// Hands out the batch being filled if it was begun before that moment: a row must not wait
    /// for others of its table that may be long in coming.
    mutating func flush(begunBefore moment: ContinuousClock.Instant) -> Batch? {
        begun < moment ? flush() : nil
    }

    private func has(_ keyHash: UInt64) -> Bool {
        for index in 0..<count where keyHashes[index] == keyHash { return true }
        return false
    }

    private mutating func begin(_ batch: Batch) {
        begun = .now
        self.batch = batch
        body = batch.body
    }

    @inline(__always)
    private mutating func add(
        _ item: MappedItem,
        range: Range<Int>,
        chunk: ChunkID,
        row: Int
    ) {
        keyHashes[count] = item.keyHash
        items[count] = Batch.Item(
            range: range,
            size: item.size,
            keyHash: item.keyHash,
            chunk: chunk,
            row: row
        )
        count += 1
    }
}
