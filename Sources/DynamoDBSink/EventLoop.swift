internal import CCurl
internal import Dispatch
internal import Glibc
internal import Synchronization

/// One thread that drives many HTTP transfers over kept-alive connections, and timers.
///
/// `post`, `stop` and `join` may be called from any thread; everything else belongs to the loop's own
/// thread, on which all completions run. They must be quick: every transfer waits for them.
@safe
final class EventLoop: @unchecked Sendable {  // `inbox` by its lock, the rest by the loop's thread.
    typealias Completion = (Result<HTTPResponse, TransportFailure>) -> Void

    private struct Inbox {
        var work: [@Sendable () -> Void] = []
        /// Whether the loop sleeps, or is about to: only then must it be woken.
        var isAsleep = false
        var isStopped = false
    }

    private struct Waiting {
        var request: HTTPRequest
        var completion: Completion
    }

    private let inbox = Mutex(Inbox())
    private let queue: DispatchQueue
    private let finished = DispatchGroup()
    private let settings: TransportSettings
    private let connectionsMax: Int
    private let wakeReader: Int32
    private let wakeWriter: Int32

    private let multi: UnsafeMutableRawPointer
    private var handles: [EasyHandle] = []
    private var idle: [Int] = []
    private var completions: [ObjectIdentifier: (index: Int, completion: Completion)] = [:]
    private var waiting = Deque<Waiting>()
    private var timers = TimerQueue()
    /// The kernel's list of the sockets that libcurl wants to be told of, and the wake-up pipe: waiting
    /// costs the same with a hundred connections as with one.
    private let watched: Int32
    /// What the kernel has told last.
    private var news = unsafe [epoll_event](repeating: epoll_event(), count: 128)
    /// When libcurl wants to be called at the latest, on the loop's clock.
    private var transferDeadline: Duration?
    /// Whether something waits on the loop that may not be sent yet.
    var isHeldBack = false
    private let sleptNanoseconds = Atomic<Int>(0)
    private let sleptHeldBackNanoseconds = Atomic<Int>(0)

    /// Makes the loop and starts its thread.
    ///
    /// `connectionsMax`: requests on the wire at once; more wait their turn.
    init(label: String, connectionsMax: Int, settings: TransportSettings) {
        CurlLibrary.start()
        var pipe: [Int32] = [0, 0]
        let made = unsafe Glibc.pipe(&pipe)
        precondition(made == 0, "no pipe for the event loop: the limit of open files is too low")
        for end in pipe {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        wakeReader = pipe[0]
        wakeWriter = pipe[1]
        guard let multi = unsafe curl_multi_init() else {
            preconditionFailure("libcurl could not make a multi handle: out of memory")
        }
        unsafe self.multi = unsafe multi
        self.settings = settings
        self.connectionsMax = connectionsMax
        queue = DispatchQueue(label: label)
        watched = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(watched >= 0, "no event loop: the limit of open files is too low")
        configure()
        watch(wakeReader, CURL_POLL_IN)
        queue.async(group: finished) { self.run() }
    }

    deinit {
        handles.removeAll()
        unsafe curl_multi_cleanup(multi)
        close(watched)
        close(wakeReader)
        close(wakeWriter)
    }

    /// Runs `work` on the loop soon, after what was posted before it.
    func post(_ work: @escaping @Sendable () -> Void) {
        let mustWake = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if mustWake { wake() }
    }

    /// Makes the loop's thread end; transfers that are still under way are broken off and their
    /// completions never run.
    func stop() {
        inbox.withLock { $0.isStopped = true }
        wake()
    }

    /// Waits until the loop's thread has ended.
    ///
    /// Not to be called on it.
    func join() {
        finished.wait()
    }

    /// How long the loop has slept so far: in all, and while it was held back.
    ///
    /// From any thread.
    var slept: (all: Duration, heldBack: Duration) {
        (
            .nanoseconds(sleptNanoseconds.load(ordering: .relaxed)),
            .nanoseconds(sleptHeldBackNanoseconds.load(ordering: .relaxed))
        )
    }

    /// Time since the system's start, on the clock that no one sets.
    static func now() -> Duration { .nanoseconds(nanoseconds()) }

    private static func nanoseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private func wake() {
        var byte: UInt8 = 0
        // A full pipe wakes as well: nothing is lost when the write is refused.
        _ = unsafe write(wakeWriter, &byte, 1)
    }
}

// MARK: On the loop's thread

extension EventLoop {
    /// Sends a request as soon as a connection is free; `completion` runs once, on the loop.
    func send(_ request: HTTPRequest, completion: @escaping Completion) {
        guard let index = idle.popLast() ?? makeHandle() else {
            waiting.append(Waiting(request: request, completion: completion))
            return
        }
        start(request, on: index, completion)
    }

    /// Runs `work` on the loop when `delay` is over.
    ///
    /// - Returns: what `cancel(timer:)` takes.
    @discardableResult
    func after(_ delay: Duration, _ work: @escaping () -> Void) -> TimerQueue.ID {
        timers.add(at: Self.now() + delay, work)
    }

    func cancel(timer: TimerQueue.ID) {
        timers.cancel(timer)
    }

    private func makeHandle() -> Int? {
        guard handles.count < connectionsMax else { return nil }
        handles.append(EasyHandle(settings: settings))
        return handles.count - 1
    }

    private func start(_ request: HTTPRequest, on index: Int, _ completion: @escaping Completion) {
        let handle = handles[index]
        handle.prepare(request)
        completions[ObjectIdentifier(handle)] = (index, completion)
        check(unsafe curl_multi_add_handle(multi, handle.pointer))
    }

    private func run() {
        while true {
            let work = inbox.withLock { inbox -> [@Sendable () -> Void]? in
                if inbox.isStopped { return nil }
                defer { inbox.work.removeAll() }
                return inbox.work
            }
            guard let work else { return breakOff() }
            for item in work { item() }
            while let due = timers.popDue(now: Self.now()) { due() }
            if let deadline = transferDeadline, deadline <= Self.now() {
                transferDeadline = nil
                act(CURL_SOCKET_TIMEOUT, 0)
            }
            collect()
            sleep()
        }
    }

    /// Waits until a socket is ready, a time has come or somebody wakes the loop.
    private func sleep() {
        let mayCommit = inbox.withLock { inbox in
            inbox.isAsleep = inbox.work.isEmpty && !inbox.isStopped
            return inbox.isAsleep
        }
        let timeout = mayCommit ? pollTimeout() : 0
        let begun = Self.nanoseconds()
        let ready = unsafe news.withUnsafeMutableBufferPointer { news in
            unsafe epoll_wait(watched, news.baseAddress, Int32(news.count), timeout)
        }
        if timeout != 0 { noteSleep(since: begun) }
        inbox.withLock { $0.isAsleep = false }
        guard ready > 0 else { return }
        for index in 0..<Int(ready) { unsafe tell(news[index]) }
        collect()
    }

    /// Tells libcurl what a socket is ready for.
    ///
    /// It may have closed that socket since, because of another one's news, and may even have a new one
    /// of that number: it then finds nothing to do there.
    @unsafe
    private func tell(_ event: epoll_event) {
        let socket = unsafe event.data.fd
        guard socket != wakeReader else { return drainPipe() }
        var events: Int32 = 0
        let (input, output) = (EPOLLIN.rawValue | EPOLLHUP.rawValue, EPOLLOUT.rawValue)
        if unsafe event.events & input != 0 { events |= CURL_CSELECT_IN }
        if unsafe event.events & output != 0 { events |= CURL_CSELECT_OUT }
        if unsafe event.events & EPOLLERR.rawValue != 0 { events |= CURL_CSELECT_ERR }
        act(socket, events)
    }

    private func noteSleep(since begun: Int) {
        let slept = Self.nanoseconds() - begun
        sleptNanoseconds.add(slept, ordering: .relaxed)
        if isHeldBack { sleptHeldBackNanoseconds.add(slept, ordering: .relaxed) }
    }

    private func pollTimeout() -> Int32 {
        var next = timers.next
        if let transferDeadline { next = min(transferDeadline, next ?? transferDeadline) }
        guard let deadline = next else { return -1 }
        let rest = deadline - Self.now()
        return rest <= .zero ? 0 : Int32(clamping: min(rest.milliseconds, 60_000))
    }

    private func drainPipe() {
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while unsafe read(wakeReader, buffer.baseAddress, 64) == 64 {}
        }
    }

    private func act(_ socket: curl_socket_t, _ events: Int32) {
        var running: Int32 = 0
        check(unsafe curl_multi_socket_action(multi, socket, events, &running))
    }

    /// Hands the finished transfers to their owners, and their connections to whoever waits.
    private func collect() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let pointer = unsafe message.pointee.easy_handle
            else { continue }
            let result = unsafe ccurl_message_result(message)
            let handle = unsafe EasyHandle.owner(of: pointer)
            check(unsafe curl_multi_remove_handle(multi, pointer))
            guard let entry = completions.removeValue(forKey: ObjectIdentifier(handle)) else {
                preconditionFailure("a transfer ended twice")
            }
            let outcome = handle.finish(result)
            if let next = waiting.popFirst() {
                start(next.request, on: entry.index, next.completion)
            } else {
                idle.append(entry.index)
            }
            entry.completion(outcome)
        }
    }

    /// Ends all transfers, under way or waiting, as failed.
    func abandonTransfers() {
        var ended: [Completion] = []
        for (index, handle) in handles.enumerated() {
            guard let entry = completions.removeValue(forKey: ObjectIdentifier(handle)) else {
                continue
            }
            check(unsafe curl_multi_remove_handle(multi, handle.pointer))
            _ = handle.finish(CURLE_ABORTED_BY_CALLBACK)
            idle.append(index)
            ended.append(entry.completion)
        }
        while let next = waiting.popFirst() { ended.append(next.completion) }
        for completion in ended {
            completion(
                .failure(
                    TransportFailure(message: "the request was broken off", isPermanent: false)
                )
            )
        }
    }

    private func breakOff() {
        for handle in handles where completions[ObjectIdentifier(handle)] != nil {
            check(unsafe curl_multi_remove_handle(multi, handle.pointer))
        }
        completions.removeAll()
    }
}

// MARK: What libcurl asks

extension EventLoop {
    private func configure() {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        check(unsafe ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)))
        check(unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsMax))
        check(unsafe ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context))
        check(unsafe ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context))
        check(
            unsafe ccurl_multi_set_socket_callback(multi) { _, socket, what, context, _ in
                unsafe EventLoop.from(context).watch(socket, what)
                return 0
            }
        )
        check(
            unsafe ccurl_multi_set_timer_callback(multi) { _, milliseconds, context in
                unsafe EventLoop.from(context).setTransferTimer(milliseconds)
                return 0
            }
        )
    }

    @unsafe
    private static func from(_ context: UnsafeMutableRawPointer?) -> EventLoop {
        guard let context = unsafe context else {
            preconditionFailure("the event loop is lost")
        }
        return unsafe Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    }

    private func watch(_ socket: curl_socket_t, _ what: Int32) {
        var event = unsafe epoll_event()
        unsafe event.data.fd = socket
        if what == CURL_POLL_REMOVE {
            // One that is closed already has left the list by itself.
            _ = unsafe epoll_ctl(watched, EPOLL_CTL_DEL, socket, &event)
            return
        }
        if what & CURL_POLL_IN != 0 { unsafe event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { unsafe event.events |= EPOLLOUT.rawValue }
        var status = unsafe epoll_ctl(watched, EPOLL_CTL_ADD, socket, &event)
        if status != 0, errno == EEXIST {
            status = unsafe epoll_ctl(watched, EPOLL_CTL_MOD, socket, &event)
        }
        precondition(status == 0, "a socket cannot be waited for (error \(errno))")
    }

    private func setTransferTimer(_ milliseconds: Int) {
        transferDeadline = milliseconds < 0 ? nil : Self.now() + .milliseconds(milliseconds)
    }

    private func check(_ code: CURLMcode, line: Int = #line) {
        precondition(code == CURLM_OK, "libcurl failed (code \(code.rawValue), line \(line))")
    }
}
