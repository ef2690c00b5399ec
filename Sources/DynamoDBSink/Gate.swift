internal import Glibc

/// Lets as much through as may be in flight, and makes callers wait for the rest.
///
/// What is resting (waiting to be sent again) makes room for others on the wire, so that some
/// throttled requests do not stand in the way of all; but it still counts against what is held.
@safe
final class Gate: @unchecked Sendable {  // Protected by `mutex`.
    private let activeMax: Int
    private let heldMax: Int
    private let bytesMax: Int
    private var held = 0
    private var resting = 0
    private var bytes = 0
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    /// - `activeMax`: requests that may be on the wire at once.
    /// - `heldMax`: those and the resting ones.
    /// - `bytesMax`: bytes of all that is held; one is let in whatever its size.
    init(activeMax: Int, heldMax: Int, bytesMax: Int) {
        self.activeMax = activeMax
        self.heldMax = heldMax
        self.bytesMax = bytesMax
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        let made =
            unsafe pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(changed, nil) == 0
        precondition(made, "the system has no room for a lock")
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Waits until there is room for `size` more bytes, and takes it.
    ///
    /// - Returns: how long that was; exactly zero where there was room.
    @discardableResult
    func enter(size: Int) -> Duration {
        var begun: Duration?
        lock()
        while held - resting >= activeMax || held >= heldMax
            || (held > 0 && bytes + size > bytesMax)
        {
            if begun == nil { begun = EventLoop.now() }
            unsafe pthread_cond_wait(changed, mutex)
        }
        held += 1
        bytes += size
        unlock()
        return begun.map { EventLoop.now() - $0 } ?? .zero
    }

    func leave(size: Int) {
        lock()
        held -= 1
        bytes -= size
        unsafe pthread_cond_broadcast(changed)
        unlock()
    }

    func rest() {
        lock()
        resting += 1
        unsafe pthread_cond_broadcast(changed)
        unlock()
    }

    func resume() {
        lock()
        resting -= 1
        unlock()
    }

    /// Waits until nothing is held.
    func waitUntilEmpty() {
        lock()
        while held > 0 { unsafe pthread_cond_wait(changed, mutex) }
        unlock()
    }

    private func lock() {
        unsafe pthread_mutex_lock(mutex)
    }

    private func unlock() {
        unsafe pthread_mutex_unlock(mutex)
    }
}
