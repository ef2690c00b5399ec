import Contract
import Pipeline

/// A contract's file that cannot be read.
///
/// Exit status 2.
struct ContractFileError: Error, Sendable, Equatable, CustomStringConvertible {
    var cause: InputFileError
    var description: String { cause.description }
}

/// What every command is given: the settings, and ways to speak.
struct CommandContext: Sendable {
    let settings: Settings
    let log: Log
    let output = StandardOutput()
    let errors: ErrorStream
    let stop: StopSignal

    /// Prints results in the form that `--output` asks for.
    var reporter: any Reporter {
        settings.output.reporter(style: Style(settings, isTerminal: StandardOutput.isTerminal))
    }

    /// The display of a run's progress, ready to be started; nil where none is wanted.
    func progress(_ snapshot: @escaping @Sendable () -> RunProgress) -> ProgressDisplay? {
        guard settings.showsProgress else { return nil }
        let redraws = errors.isTerminal && !settings.terminalIsDumb && settings.log == .text
        return ProgressDisplay(
            redraws: redraws,
            stream: errors,
            log: log,
            style: Style(settings, isTerminal: errors.isTerminal),
            snapshot: snapshot
        )
    }
}
