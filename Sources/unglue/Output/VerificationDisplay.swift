import Contract
import Dispatch
import Pipeline
import Synchronization

/// Shows how a verification goes on: one line, redrawn in place on a terminal, and a plain line every
/// few seconds elsewhere.
final class VerificationDisplay: Sendable {
    /// Seconds between two looks.
    private static let redrawnEvery = 0.25
    private static let loggedEvery = 5.0

    private let redraws: Bool
    private let clearsAtEnd: Bool
    private let stream: ErrorStream
    private let log: Log
    private let snapshot: @Sendable () -> VerificationProgress
    private let queue = DispatchQueue(label: "unglue.verify.progress")
    private let isShowing = Mutex(false)

    /// nil where no progress is wanted.
    init?(_ context: CommandContext, snapshot: @escaping @Sendable () -> VerificationProgress) {
        guard context.settings.showsProgress else { return nil }
        redraws =
            context.errors.isTerminal && !context.settings.terminalIsDumb
            && context.settings.log == .text
        clearsAtEnd = StandardOutput.isTerminal
        stream = context.errors
        log = context.log
        self.snapshot = snapshot
    }

    func start() {
        isShowing.withLock { $0 = true }
        scheduleNext()
    }

    /// Shows the last state and stops.
    func finish() {
        isShowing.withLock { $0 = false }
        queue.sync {
            guard redraws else { return }
            if clearsAtEnd { stream.draw([]) } else { stream.finishDrawing() }
        }
    }

    private func scheduleNext() {
        let seconds = redraws ? Self.redrawnEvery : Self.loggedEvery
        queue.asyncAfter(deadline: .now() + seconds) { [weak self] in
            guard let self, isShowing.withLock({ $0 }) else { return }
            show()
            scheduleNext()
        }
    }

    private func show() {
        let progress = snapshot()
        guard let line = Self.line(progress) else { return }
        if redraws {
            stream.draw([line.fitted(to: stream.size?.columns ?? 80)])
        } else {
            log.write(.info, line, Self.fields(progress))
        }
    }

    /// nil between two tables.
    static func line(_ progress: VerificationProgress) -> String? {
        guard let table = progress.table else { return nil }
        var line =
            "\(Neutral.text(table)): \(progress.step.rawValue): "
            + "\(Quantity.grouped(progress.rows)) rows"
        if progress.step == .comparing, let estimated = progress.rowsEstimated, estimated > 0 {
            line += " of about \(Quantity.grouped(max(estimated, progress.rows)))"
        }
        line += ", \(Quantity.grouped(progress.items)) items"
        if progress.tables > 1 {
            line += "; table \(progress.tablesDone + 1) of \(progress.tables)"
        }
        return line
    }

    private static func fields(_ progress: VerificationProgress) -> [JSONMember] {
        [
            JSONMember(name: "table", value: .string(progress.table ?? "")),
            JSONMember(name: "step", value: .string(progress.step.rawValue)),
            JSONMember(name: "rows", value: .integer(progress.rows)),
            JSONMember(name: "items", value: .integer(progress.items)),
        ]
    }
}
