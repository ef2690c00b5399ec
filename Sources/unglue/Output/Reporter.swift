import Pipeline

/// How a command's result is printed on standard output: for people, or as one JSON document.
protocol Reporter: Sendable {
    /// The report of a finished, failed or interrupted run.
    func text(of report: RunReport) -> String
    /// What a retry has made of a run's dead letters.
    func text(of report: RetryReport) -> String
    /// What a verification has found.
    func text(of result: VerificationResult) -> String
    /// What `check` has found.
    func text(of report: CheckReport) -> String
    /// What became of views or tables; `kind` is `view` or `table`.
    func text(of outcomes: [NamedOutcome], kind: String) -> String
}

extension OutputFormat {
    func reporter(style: Style) -> any Reporter {
        switch self {
        case .text: TextReporter(style: style)
        case .json: JSONReporter()
        }
    }
}
