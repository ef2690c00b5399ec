extension Flag {
    /// Flags of `retry` alone.
    static let ofRetry: [Flag] = [
        Flag(
            "contract",
            group: .command,
            kind: .text("FILE", .file) { $0.contractFile = $1 },
            "A mended contract to map the rows by",
            standard: "that of the run",
            commands: [.retry]
        )
    ]
}
