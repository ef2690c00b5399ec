import Dispatch
import Synchronization
import Testing

@testable import Pipeline

@Suite("BoundedQueue")
struct BoundedQueueTests {
    @Test("elements come out in the order in which they went in")
    func order() {
        let queue = BoundedQueue<Int>(capacity: 3)
        for element in 1...3 { #expect(queue.push(element)) }
        queue.close()
        #expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()] == [1, 2, 3, nil])
    }

    @Test("a closed queue takes nothing, and answers nil once it is empty, however often asked")
    func closed() {
        let queue = BoundedQueue<Int>(capacity: 1)
        queue.close()
        #expect(!queue.push(1))
        #expect(queue.pop() == nil)
        #expect(queue.pop() == nil)
    }

    @Test("discarding forgets what is inside")
    func discarded() {
        let queue = BoundedQueue<Int>(capacity: 2)
        queue.push(1)
        queue.closeAndDiscard()
        #expect(queue.pop() == nil)
    }

    @Test("closing wakes everyone who waits to push")
    func wakesPushers() {
        let queue = BoundedQueue<Int>(capacity: 1)
        queue.push(0)
        let group = DispatchGroup()
        for number in 0..<4 {
            DispatchQueue(label: "pusher.\(number)").async(group: group) { queue.push(number) }
        }
        queue.close()
        #expect(group.wait(timeout: .now() + 10) == .success)
    }

    @Test("many pushers and poppers lose nothing and make nothing twice")
    func concurrent() {
        let queue = BoundedQueue<Int>(capacity: 5)
        let sums = Mutex<[Int]>([])
        let pushers = DispatchGroup()
        let poppers = DispatchGroup()
        for number in 0..<4 {
            DispatchQueue(label: "pusher.\(number)").async(group: pushers) {
                for element in 0..<1000 { queue.push(number * 1000 + element) }
            }
            DispatchQueue(label: "popper.\(number)").async(group: poppers) {
                var taken: [Int] = []
                while let element = queue.pop() { taken.append(element) }
                sums.withLock { $0 += taken }
            }
        }
        pushers.wait()
        queue.close()
        #expect(poppers.wait(timeout: .now() + 30) == .success)
        #expect(sums.withLock { $0.sorted() } == Array(0..<4000))
    }
}
