import Dispatch
public import Mapping

/// A dead letter that is to be tried again.
public struct RetriedLetter: Sendable {
    public enum Content: Sendable {
        /// The row is read again by its key, one value a column of its entity's row key.
        case key(entity: Int, values: [[UInt8]])
        /// The row cannot be found again: its slab holds it alone, as it was saved.
        case saved(entity: Int, row: RowSlab)
        /// An item that the target refused, as DynamoDB JSON, and what the mapper said of it.
        case item([UInt8], MappedItem)
    }

    /// Index of the table in the plan.
    public var table: Int
    public var content: Content

    public init(table: Int, content: Content) {
        self.table = table
        self.content = content
    }
}

/// What became of a dead letter.
public enum LetterOutcome: Sendable, Equatable {
    /// Its item is in the target.
    case written
    /// The target keeps another item with the same key.
    case kept
    /// The source has no such row any more.
    case gone
    /// It is rejected again.
    ///
    /// `row` is nil where the letter's own row still says it best.
    case rejected(reason: String, key: String, row: String?)
    /// Nothing is known, since the retry was stopped or has failed: it stays as it is.
    case open
}

/// Tries dead letters again, some hundred at a time: reads their rows, maps and sends them.
///
/// Used on one thread but for `stop` and `abort`. Every put is safe to be repeated: an item that
/// stands there already and is the very same counts as written.
public final class LetterRetry {
    /// What may be asked of a retry from any thread.
    public struct Handle: Sendable {
        fileprivate let board: RetryBoard

        /// Ends it early: what was sent is still waited for.
        public func stop() { board.stopping.stop(because: nil) }

        /// Gives up what is still being tried when that takes longer.
        public func abort(afterSeconds seconds: Double) {
            DispatchQueue(label: "unglue.abort").asyncAfter(deadline: .now() + seconds) { [board] in
                board.giveUp(because: nil)
            }
        }
    }

    /// Keys of one statement: an index lookup each, and far below what a statement may hold.
    private static let keysPerRead = 100

    private let plan: MigrationPlan
    /// By entity: where in its result the columns of the row key are.
    private let keyColumns: [[Int]]
    private let source: any RowSource
    private let options: MigrationOptions
    private let board: RetryBoard
    private let mappers: [ItemMapper]
    private var batchers: [Batcher]
    private let pools: [BatchPool]
    private var reader: (any KeyedRowReader)?
    /// By table: hashes of the keys that were sent, in mode `replace` only, where the target itself
    /// would let the last of two rows win.
    private var sent: [Set<UInt64>]

    /// - Parameters:
    ///   - plan: how rows become items.
    ///   - keyColumns: by entity, where in its result the columns of its row key are.
    ///   - options: of them the mode and `connectFor` count.
    ///   - source: its readers must be `KeyedRowReader`s.
    ///   - sink: writes in the options' mode.
    public init(
        plan: MigrationPlan,
        keyColumns: [[Int]],
        options: MigrationOptions,
        source: any RowSource,
        sink: any ItemSink
    ) {
        self.plan = plan
        self.keyColumns = keyColumns
        self.options = options
        self.source = source
        mappers = plan.entities.map { ItemMapper(plan: $0.plan) }
        pools = plan.tables.enumerated().map {
            BatchPool(table: $0.offset, tableName: $0.element.targetName)
        }
        batchers = pools.map { Batcher(pool: $0) }
        board = RetryBoard(sink: sink, keyNames: plan.tables.map(\.keyNames))
        sent = plan.tables.map { _ in [] }
    }

    public var handle: Handle { Handle(board: board) }

    /// Whether nothing further is tried, and why if that was not asked for.
    public var isStopped: Bool { board.stopping.isStopped }
    public var errors: [any Error] { board.stopping.errors }

    /// Tries the letters, and waits until each is settled.
    ///
    /// Letters with one key share its rows: those that are rejected are counted first.
    ///
    /// - Returns: one outcome a letter; `open` only where the retry was stopped or has failed.
    public func retry(_ letters: [RetriedLetter]) -> [LetterOutcome] {
        board.clear()
        var slots = [[Int]?](repeating: nil, count: letters.count)
        var outcomes = [LetterOutcome](repeating: .open, count: letters.count)
        var groups = KeyGroups(entities: plan.entities.count)
        do {
            for (index, letter) in letters.enumerated() where !isStopped {
                switch letter.content {
                case .key(let entity, let values): groups.add(index, entity, values)
                case .saved(let entity, let slab):
                    var hashes = sent[letter.table]
                    slots[index] = [map(0, of: slab, entity, &hashes)]
                    sent[letter.table] = hashes
                case .item(let bytes, let mapped):
                    slots[index] = [put(bytes, mapped, letter.table)]
                }
            }
            for entity in plan.entities.indices {
                try read(&groups, entity)
            }
        } catch is ReadingStopped {
            // Somebody has asked to stop: what was not read stays open.
        } catch {
            board.stopping.stop(because: error)
        }
        flush()
        board.sink.drain()
        for (index, slots) in slots.enumerated() {
            if let slot = slots?.first { outcomes[index] = board.outcome(of: slot) }
        }
        for group in groups.read {
            settle(group.letters, group.slots.map { board.outcome(of: $0) }, &outcomes)
        }
        return outcomes
    }

    /// Lets go of the connection, on the thread that has used it.
    public func finish() {
        reader = nil
    }

    // MARK: Rows

    private func read(_ groups: inout KeyGroups, _ entity: Int) throws {
        let keys = groups.keys(of: entity)
        var start = 0
        while start < keys.count, !isStopped {
            let part = Array(keys[start..<min(start + Self.keysPerRead, keys.count)])
            start += part.count
            let found = try read(part, entity, isOneKey: false)
            for key in part {
                var slots = found.slots[key] ?? []
                // The server takes for equal what has other bytes: then each key is asked alone.
                if slots.isEmpty, found.hasStrangers {
                    guard !isStopped else { return }
                    slots = try read([key], entity, isOneKey: true).slots[key] ?? []
                }
                groups.settle(entity, key, slots)
            }
        }
    }

    private struct Found {
        /// By key, the slots of its rows.
        var slots: [[[UInt8]]: [Int]] = [:]
        /// Whether there were rows with a key that was not asked for, byte by byte.
        var hasStrangers = false
    }

    /// Reads, maps and sends the rows with these keys; all of them, or it throws.
    private func read(_ keys: [[[UInt8]]], _ entity: Int, isOneKey: Bool) throws -> Found {
        let table = plan.entities[entity].table
        let wanted = Set(keys)
        return try reading { reader in
            var found = Found()
            // An attempt that breaks off is made again: its keys are not those of other rows.
            var hashes = sent[table]
            _ = try reader.read(
                entity: entity,
                keys: keys,
                chunk: ChunkID(entity: UInt32(entity), attempt: 0, isReplay: true),
                first: RowSlab(columnCount: plan.entities[entity].columns.count)
            ) { slab in
                for row in 0..<slab.rowCount {
                    let key =
                        isOneKey
                        ? keys[0]
                        : keyColumns[entity].map { slab.value(row: row, column: $0) ?? [] }
                    guard wanted.contains(key) else {
                        found.hasStrangers = true
                        continue
                    }
                    found.slots[key, default: []].append(map(row, of: slab, entity, &hashes))
                }
                return slab
            }
            sent[table] = hashes
            return found
        }
    }

    /// Runs `body` with a connection, again with a new one while that may help.
    private func reading<Result>(_ body: (any KeyedRowReader) throws -> Result) throws -> Result {
        let start = ContinuousClock.now
        var tries = 0
        while true {
            do {
                return try body(try connected())
            } catch let error as any SourceError where error.isRetryable {
                reader = nil
                tries += 1
                guard (ContinuousClock.now - start).inSeconds < options.connectFor else {
                    throw error
                }
                let pause = Limits.readPause(beforeTry: tries + 1)
                if board.stopping.wait(seconds: pause) { throw ReadingStopped() }
            }
        }
    }

    private func connected() throws -> any KeyedRowReader {
        if let reader { return reader }
        guard let new = try source.connect() as? any KeyedRowReader else {
            preconditionFailure("the readers of a retry find single rows")
        }
        reader = new
        return new
    }

    // MARK: Items

    /// Maps a row and sends its item; returns the slot of its outcome.
    private func map(
        _ row: Int,
        of slab: RowSlab,
        _ entity: Int,
        _ hashes: inout Set<UInt64>
    ) -> Int {
        let table = plan.entities[entity].table
        let slot = board.addSlot()
        let buffer = batchers[table].open()
        switch mappers[entity].map(row: row, of: slab, into: buffer) {
        case .item(let item):
            if isTaken(item.keyHash, &hashes) {
                batchers[table].rollBack()
                board.reject(
                    slot,
                    Self.taken,
                    key: mappers[entity].keyJSON(row: row, of: slab),
                    row: RowText.json(row: row, of: slab, columns: plan.entities[entity].columns)
                )
            } else {
                commit(item, slot, table, entity)
            }
        case .rejected(let rejection):
            batchers[table].rollBack()
            board.reject(
                slot,
                rejection.reason,
                key: rejection.key,
                row: RowText.json(row: row, of: slab, columns: plan.entities[entity].columns)
            )
        }
        return slot
    }

    private func put(_ item: [UInt8], _ mapped: MappedItem, _ table: Int) -> Int {
        let slot = board.addSlot()
        if isTaken(mapped.keyHash, &sent[table]) {
            let key = ItemKey.json(ofItem: item, keyNames: plan.tables[table].keyNames)
            board.reject(slot, Self.taken, key: key, row: nil)
            return slot
        }
        batchers[table].open().append(item)
        commit(mapped, slot, table, 0)
        return slot
    }

    private static let taken = "another rejected row has the same key, and its item was sent"

    /// Whether an item with this key was sent already, where that would be replaced in silence.
    private func isTaken(_ hash: UInt64, _ hashes: inout Set<UInt64>) -> Bool {
        options.mode == .replace && !hashes.insert(hash).inserted
    }

    private func commit(_ item: MappedItem, _ slot: Int, _ table: Int, _ entity: Int) {
        let chunk = ChunkID(entity: UInt32(entity), attempt: 0, isReplay: true)
        if let batch = batchers[table].commit(item, chunk: chunk, row: slot) { send(batch) }
    }

    private func flush() {
        for table in batchers.indices {
            if let batch = batchers[table].flush() { send(batch) }
        }
    }

    private func send(_ batch: Batch) {
        board.sink.submit(batch) { [board, pool = pools[batch.table]] batch, outcome in
            board.answered(batch, outcome)
            pool.recycle(batch)
        }
    }

    /// Gives the letters of one key the outcomes of its rows.
    private func settle(
        _ letters: [Int],
        _ rows: [LetterOutcome],
        _ outcomes: inout [LetterOutcome]
    ) {
        var rest = rows.sorted { $0.rank < $1.rank }[...]
        let isOpen = rows.contains(.open)
        for letter in letters { outcomes[letter] = isOpen ? .open : rest.popFirst() ?? .gone }
    }
}
