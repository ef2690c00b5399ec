import Glibc
import Synchronization

/// Standard error, shared by the log and by progress: a line of the log never lands in the middle
/// of a progress display that is redrawn in place.
///
/// What cannot be written (a closed pipe, a full disk) is dropped: no message is worth a run.
final class ErrorStream: Sendable {
    private struct State {
        /// The lines that stand at the bottom of the screen.
        var drawn: [String] = []
        var isClosed = false
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    /// Whether somebody sits before it.
    let isTerminal: Bool

    init(descriptor: Int32 = STDERR_FILENO) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// Columns and rows of the terminal; nil where there is none or it does not say.
    var size: (columns: Int, rows: Int)? {
        var window = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
            return nil
        }
        return (Int(window.ws_col), max(Int(window.ws_row), 1))
    }

    /// Writes a line above whatever is drawn.
    ///
    /// The text must be neutralised already.
    func writeLine(_ line: String) {
        state.withLock { state in
            let frame = Self.erase(state.drawn.count) + line + "\n" + Self.paint(state.drawn)
            write(frame, &state)
        }
    }

    /// Draws lines in place of those drawn before.
    ///
    /// None may be wider than the terminal.
    func draw(_ lines: [String]) {
        state.withLock { state in
            let frame = Self.replace(state.drawn.count, by: lines)
            state.drawn = lines
            write(frame, &state)
        }
    }

    /// Leaves what is drawn where it is: what comes next stands below.
    func finishDrawing() {
        state.withLock { $0.drawn = [] }
    }

    private func write(_ text: String, _ state: inout State) {
        guard !state.isClosed else { return }
        do throws(OutputError) {
            try Descriptor.write(Array(text.utf8), to: descriptor)
        } catch {
            state.isClosed = true
        }
    }

    /// To the beginning of the first drawn line, with everything below it gone.
    private static func erase(_ count: Int) -> String {
        count == 0 ? "" : "\u{1B}[\(count)A\r\u{1B}[J"
    }

    /// Every line as it is, without wrapping, its old rest cleared.
    private static func paint(_ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return "\u{1B}[?7l" + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[?7h"
    }

    /// Overwrites line by line instead of clearing first: nothing flickers.
    private static func replace(_ count: Int, by lines: [String]) -> String {
        let up = count == 0 ? "" : "\u{1B}[\(count)A\r"
        return up + paint(lines) + (count > lines.count ? "\u{1B}[J" : "")
    }
}
