import Pipeline

/// How a command's result is printed on standard output: for people, or as one JSON document.
protocol Reporter: Sendable {
    /// The report of a finished, failed or interrupted run.
    func text(of report: RunReport) -> String
}

extension OutputFormat {
    func reporter(style: Style) -> any Reporter {
        switch self {
        case .text: TextReporter(style: style)
        case .json: JSONReporter()
        }
    }
}
