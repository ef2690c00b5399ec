/// Work to be done at a time, in the order of the times.
///
/// Some hundred entries, a thousand where items are put one by one: a sorted array is all it takes.
struct TimerQueue {
    struct ID: Hashable {
        fileprivate var number: Int
    }

    private struct Entry {
        var id: ID
        var time: Duration
        var work: () -> Void
    }

    /// Latest first.
    private var entries: [Entry] = []
    private var nextNumber = 0

    /// When the first entry is due; nil if there is none.
    var next: Duration? { entries.last?.time }

    mutating func add(at time: Duration, _ work: @escaping () -> Void) -> ID {
        let id = ID(number: nextNumber)
        nextNumber += 1
        entries.insert(Entry(id: id, time: time, work: work), at: place(of: time))
        return id
    }

    /// Before all entries of the same time, which are taken from the end and so come first.
    private func place(of time: Duration) -> Int {
        var lower = 0
        var upper = entries.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if entries[middle].time <= time { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }

    mutating func cancel(_ id: ID) {
        entries.removeAll { $0.id == id }
    }

    /// Takes out the first entry that is due.
    mutating func popDue(now: Duration) -> (() -> Void)? {
        guard let last = entries.last, last.time <= now else { return nil }
        entries.removeLast()
        return last.work
    }
}
