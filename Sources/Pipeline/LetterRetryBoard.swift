import Mapping
import Synchronization

extension LetterOutcome {
    /// What must not be lost comes first.
    var rank: Int {
        switch self {
        case .rejected: 0
        case .open: 1
        case .kept: 2
        case .written: 3
        case .gone: 4
        }
    }
}

/// The letters of a block by their keys, and the rows that were found of each.
struct KeyGroups {
    struct Group {
        var letters: [Int]
        var slots: [Int] = []
        var isRead = false
    }

    /// By entity and key.
    private var groups: [[[[UInt8]]: Group]]
    /// By entity, in the letters' order.
    private var order: [[[[UInt8]]]]

    init(entities: Int) {
        groups = Array(repeating: [:], count: entities)
        order = Array(repeating: [], count: entities)
    }

    mutating func add(_ letter: Int, _ entity: Int, _ key: [[UInt8]]) {
        if groups[entity][key]?.letters.append(letter) == nil {
            groups[entity][key] = Group(letters: [letter])
            order[entity].append(key)
        }
    }

    func keys(of entity: Int) -> [[[UInt8]]] { order[entity] }

    mutating func settle(_ entity: Int, _ key: [[UInt8]], _ slots: [Int]) {
        groups[entity][key]?.slots = slots
        groups[entity][key]?.isRead = true
    }

    /// Those whose rows were looked for.
    var read: [Group] { groups.flatMap { $0.values.filter(\.isRead) } }
}

/// The outcomes of a block's rows, which the sink's thread fills in.
final class RetryBoard: Sendable {
    let sink: any ItemSink
    let stopping = StopFlag()
    /// By table.
    private let keyNames: [[String]]
    private let slots = Mutex<[LetterOutcome]>([])
    private let isCancelled = Atomic<Bool>(false)

    init(sink: any ItemSink, keyNames: [[String]]) {
        self.sink = sink
        self.keyNames = keyNames
    }

    func clear() { slots.withLock { $0.removeAll(keepingCapacity: true) } }

    func addSlot() -> Int {
        slots.withLock { slots in
            slots.append(.open)
            return slots.count - 1
        }
    }

    func outcome(of slot: Int) -> LetterOutcome { slots.withLock { $0[slot] } }

    func reject(_ slot: Int, _ reason: String, key: String, row: String?) {
        slots.withLock { $0[slot] = .rejected(reason: reason, key: key, row: row) }
    }

    /// The sink's answer; where it has given the batch up, what is not known stays open.
    func answered(_ batch: Batch, _ outcome: BatchOutcome) {
        let refused = outcome.refused.map { refusal in
            let item = batch.items[refusal.index]
            let key = ItemKey.json(
                ofItem: batch.body.array(item.range),
                keyNames: keyNames[batch.table]
            )
            return (item.row, LetterOutcome.rejected(reason: refusal.reason, key: key, row: nil))
        }
        slots.withLock { slots in
            if outcome.fatal == nil {
                for item in batch.items { slots[item.row] = .written }
            }
            for index in outcome.kept { slots[batch.items[index].row] = .kept }
            for (slot, rejection) in refused { slots[slot] = rejection }
        }
        if let fatal = outcome.fatal { giveUp(because: fatal) }
    }

    /// Ends the retry, and what is being tried still.
    func giveUp(because error: (any Error)?) {
        guard !isCancelled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        stopping.stop(because: error)
        sink.cancel()
    }
}
