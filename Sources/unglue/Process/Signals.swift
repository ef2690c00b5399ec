import Glibc

/// What the process does about signals, and what it never leaves behind.
enum Signals {
    /// Sets the process up.
    ///
    /// Called once, before any other thread exists, so that every thread inherits the mask and only
    /// the one made here takes these signals.
    ///
    /// SIGINT, SIGTERM and SIGHUP: the first is told to `stop`, the second ends the process at once
    /// with 130 or 143. A signal that the parent has made the process ignore (`nohup`) stays ignored.
    /// SIGPIPE is ignored: a closed pipe is an error of the write. No core file is ever written,
    /// since it would hold passwords.
    static func install(stop: StopSignal) {
        openStandardStreams()
        _ = signal(SIGPIPE, SIG_IGN)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)

        var taken = sigset_t()
        _ = unsafe sigemptyset(&taken)
        for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
            _ = unsafe sigaddset(&taken, number)
        }
        guard unsafe pthread_sigmask(SIG_BLOCK, &taken, nil) == 0 else { return }
        startThread(Waiter(signals: taken, stop: stop))
    }

    /// Opens what the parent has closed of standard input, output and error: else the next
    /// connection would get its number, and messages would be written into that.
    private static func openStandardStreams() {
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is this one. To write into it fails, as it would without.
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        let ignored = unsafe unsafeBitCast(SIG_IGN, to: Int.self)
        return handler == ignored
    }

    /// A thread of its own, not a queue: signals are heard however busy the queues are.
    private static func startThread(_ waiter: Waiter) {
        var thread = pthread_t()
        // The thread takes over this reference and keeps it for good.
        let context = unsafe Unmanaged.passRetained(waiter).toOpaque()
        let code = unsafe pthread_create(&thread, nil, waitForSignals, context)
        if code == 0 {
            _ = pthread_detach(thread)
        } else {
            // Without the thread the signals must at least keep their usual effect.
            unsafe Unmanaged<Waiter>.fromOpaque(context).release()
            var signals = waiter.signals
            _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        }
    }

    fileprivate final class Waiter: Sendable {
        let signals: sigset_t
        let stop: StopSignal

        init(signals: sigset_t, stop: StopSignal) {
            self.signals = signals
            self.stop = stop
        }

        func run() -> Never {
            var signals = signals
            while true {
                var number: Int32 = 0
                guard unsafe sigwait(&signals, &number) == 0 else { continue }
                if stop.receive(number) == .exit { _exit(ExitStatus(signal: number).rawValue) }
            }
        }
    }
}

/// The signal thread's first and only function; its context is a retained `Waiter`.
private func waitForSignals(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Signals.Waiter>.fromOpaque(context).takeUnretainedValue().run()
}
