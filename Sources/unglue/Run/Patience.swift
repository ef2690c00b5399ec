import Dispatch
import MySQLSource
import Pipeline

/// Tries again what a server that starts, or a connection that broke, has kept from succeeding.
enum Patience {
    /// How long a server may be away before a command gives up that has not begun its work.
    private static let secondsMax = 60.0

    /// Does `body`, again after a while where its error says that this may help.
    ///
    /// - Parameters:
    ///   - context: tells of the first failure. A signal ends the process: nothing is begun yet.
    ///   - body: must be of no effect where it throws.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws at last.
    static func retrying<Result>(
        _ context: CommandContext,
        _ body: () throws -> Result
    ) throws -> Result {
        let started = ContinuousClock.now
        var pause = 0.1
        while true {
            do {
                return try body()
            } catch let error as MySQLError where error.isRetryable {
                let seconds = (ContinuousClock.now - started).inSeconds
                guard seconds < secondsMax else { throw error }
                if pause == 0.1 { context.log.warning("\(error) Trying again") }
                _ = DispatchSemaphore(value: 0).wait(timeout: .now() + pause)
                pause = min(pause * 2, 5)
            }
        }
    }
}
