public import Mapping

/// Fills batches of one table: at most 25 items, within the byte limits, no key twice in a batch.
///
/// Items are written in place: `open` starts one, the mapper appends its JSON to the returned
/// buffer, and `commit` or `rollBack` ends it. A batch that is full comes out of `commit`.
public struct Batcher {
    private let pool: BatchPool
    private var batch: Batch?
    /// Where the item being written starts, separator and put frame included.
    private var frameStart = 0
    private var itemStart = 0
    /// When the batch being filled was begun.
    private var begun = ContinuousClock.now
    /// Of the first `count` items in the batch being filled; here, where no row is looked up for
    /// them, and no memory is shared with another.
    private var keyHashes = InlineArray<25, UInt64>(repeating: 0)
    private var count = 0

    public init(pool: BatchPool) {
        self.pool = pool
    }

    /// Starts an item; the caller appends its JSON to the buffer.
    @inline(__always)
    public mutating func open() -> ByteBuffer {
        let batch: Batch
        if let begun = self.batch {
            batch = begun
        } else {
            batch = take()
            self.batch = batch
        }
        frameStart = batch.body.count
        if count > 0 { batch.body.append(UInt8(ascii: ",")) }
        batch.body.append(#"{"PutRequest":{"Item":"#)
        itemStart = batch.body.count
        return batch.body
    }

    /// Takes back the item being written.
    public mutating func rollBack() {
        batch?.body.truncate(to: frameStart)
    }

    /// Ends the item that was written.
    ///
    /// - Returns: a batch to send, if this item made one full or did not fit beside the others.
    @inline(__always)
    public mutating func commit(_ item: MappedItem, chunk: ChunkID, row: Int) -> Batch? {
        guard let batch else { preconditionFailure("commit without open") }
        batch.body.append("}}")
        let fits =
            count == 0
            || (batch.body.count <= Limits.batchBytesTarget && !has(item.keyHash))
        if fits {
            add(item, to: batch, range: itemStart..<batch.body.count - 2, chunk: chunk, row: row)
            return count == Limits.batchItemsMax ? flush() : nil
        }
        // The item starts the next batch instead.
        let next = take()
        let frame = frameStart + 1..<batch.body.count
        let start = next.body.count
        next.body.append(batch.body, frame)
        let range = start + (itemStart - frameStart - 1)..<next.body.count - 2
        batch.body.truncate(to: frameStart)
        let full = flush()
        self.batch = next
        add(item, to: next, range: range, chunk: chunk, row: row)
        return full
    }

    /// Closes the batch being filled and hands it out; nil if it has no item.
    public mutating func flush() -> Batch? {
        guard let batch, count > 0 else { return nil }
        self.batch = nil
        count = 0
        batch.body.append(BatchPool.suffix)
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

    private mutating func take() -> Batch {
        begun = .now
        return pool.take()
    }

    private mutating func add(
        _ item: MappedItem,
        to batch: Batch,
        range: Range<Int>,
        chunk: ChunkID,
        row: Int
    ) {
        keyHashes[count] = item.keyHash
        count += 1
        batch.items.append(
            Batch.Item(
                range: range,
                size: item.size,
                keyHash: item.keyHash,
                chunk: chunk,
                row: row
            )
        )
    }
}
