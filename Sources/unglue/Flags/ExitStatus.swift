import Glibc
import Pipeline

/// What the process says of itself when it ends.
enum ExitStatus: Int32, Sendable, Equatable, CaseIterable {
    case done = 0
    case failed = 1
    case usage = 2
    case rejected = 3
    case different = 4
    case interrupted = 130
    case terminated = 143

    /// How a run ended, as a status: the one place where that is decided.
    ///
    /// - Parameters:
    ///   - state: the state of the run's report.
    ///   - signal: the signal that asked the run to stop, if one did.
    init(state: RunState, signal: Int32?) {
        switch state {
        case .succeeded: self = .done
        case .partial: self = .rejected
        case .interrupted: self = signal.map(ExitStatus.init(signal:)) ?? .interrupted
        case .ready, .running, .failed: self = .failed
        }
    }

    /// How a verification ended, as a status.
    init(state: VerificationState, signal: Int32?) {
        switch state {
        case .identical: self = .done
        case .different: self = .different
        case .interrupted: self = signal.map(ExitStatus.init(signal:)) ?? .interrupted
        case .failed: self = .failed
        }
    }

    /// SIGINT is 130; SIGTERM, and SIGHUP which is treated like it, 143.
    init(signal: Int32) {
        self = signal == SIGINT ? .interrupted : .terminated
    }

    /// For help and the manual page.
    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "failed"
        case .usage: "bad usage, contract or settings; nothing was changed"
        case .rejected: "finished, but some rows were rejected"
        case .different: "verification found differences"
        case .interrupted: "interrupted by Ctrl-C (SIGINT)"
        case .terminated: "interrupted by SIGTERM or SIGHUP"
        }
    }
}
