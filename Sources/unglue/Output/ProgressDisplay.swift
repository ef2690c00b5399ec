import Contract
import Dispatch
import Pipeline
import Synchronization

/// Shows how a run goes on, from a timer of its own: lines redrawn in place on a terminal, plain
/// lines every few seconds elsewhere.
final class ProgressDisplay: Sendable {
    private enum Manner {
        case redrawn
        case logged
    }

    private struct State {
        var lines = ProgressLines()
        var isShowing = false
    }

    /// Seconds between two looks at the run.
    private static let redrawnEvery = 0.25
    private static let loggedEvery = 5.0

    private let manner: Manner
    private let stream: ErrorStream
    private let log: Log
    private let style: Style
    private let clearsAtEnd: Bool
    private let snapshot: @Sendable () -> RunProgress
    private let queue = DispatchQueue(label: "unglue.progress")
    private let state = Mutex(State())

    /// A display that looks at the run through `snapshot`, on a queue of its own, and redraws its
    /// lines in place if `redraws`, which only a terminal that knows escapes can bear; at the end it
    /// takes them away again if `clearsAtEnd`, for a report that comes in their place.
    init(
        redraws: Bool,
        clearsAtEnd: Bool,
        stream: ErrorStream,
        log: Log,
        style: Style,
        snapshot: @escaping @Sendable () -> RunProgress
    ) {
        manner = redraws ? .redrawn : .logged
        self.stream = stream
        self.log = log
        self.style = style
        self.clearsAtEnd = clearsAtEnd
        self.snapshot = snapshot
    }

    func start() {
        state.withLock { $0.isShowing = true }
        scheduleNext()
    }

    /// Shows the last state and stops.
    ///
    /// Nothing is shown after it has returned.
    func finish() {
        state.withLock { $0.isShowing = false }
        queue.sync {
            if manner == .redrawn, clearsAtEnd {
                stream.draw([])
            } else {
                show()
                stream.finishDrawing()
            }
        }
    }

    private func scheduleNext() {
        let seconds = manner == .redrawn ? Self.redrawnEvery : Self.loggedEvery
        queue.asyncAfter(deadline: .now() + seconds) { [weak self] in
            guard let self, state.withLock({ $0.isShowing }) else { return }
            show()
            scheduleNext()
        }
    }

    private func show() {
        let progress = snapshot()
        switch manner {
        case .redrawn:
            let size = stream.size ?? (columns: 80, rows: 24)
            let figures = state.withLock { $0.lines.update(progress) }
            stream.draw(
                ProgressLines.display(
                    figures,
                    seconds: progress.seconds,
                    columns: size.columns,
                    rows: size.rows,
                    style: style
                )
            )
        case .logged:
            let lines = state.withLock { state in
                let figures = state.lines.update(progress)
                return state.lines.logLines(figures)
            }
            for line in lines { log.write(.info, line.message, line.fields) }
        }
    }
}
