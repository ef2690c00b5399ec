/// A first-in-first-out line that gives room back in bulk: both ends in constant time on average.
struct Deque<Element> {
    private var elements: [Element?] = []
    private var start = 0

    var isEmpty: Bool { start == elements.count }
    var count: Int { elements.count - start }

    var first: Element? { start < elements.count ? elements[start] : nil }

    /// The last element, to be changed in place; nil where there is none.
    var last: Element? {
        get { isEmpty ? nil : elements[elements.count - 1] }
        set { if !isEmpty { elements[elements.count - 1] = newValue } }
    }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard start < elements.count else { return nil }
        let first = elements[start]
        elements[start] = nil
        start += 1
        if start > 32, start * 2 > elements.count {
            elements.removeFirst(start)
            start = 0
        }
        return first
    }
}
