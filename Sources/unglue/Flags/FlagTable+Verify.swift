/// The flags of `verify` alone.
extension Flag {
    static let ofVerification: [Flag] = [
        Flag(
            "sample",
            group: .command,
            kind: .number("N", 1...100_000) { $0.sample = $1 },
            "Compare about N rows of each table instead of all",
            details: """
                Some chunks of each table are read, and rows are taken from them at random. Extra \
                items are not looked for.
                """,
            commands: [.verify]
        ),
        Flag(
            "seed",
            group: .command,
            kind: .number("N", 0...Int.max) { $0.seed = $1 },
            "Take the same sample as the verification that named this seed",
            standard: "another each time",
            commands: [.verify]
        ),
        Flag(
            "consistent",
            group: .command,
            kind: .toggle(isOn: false) { $0.consistent = $1 },
            "Scan with consistent reads, which cost twice the read units",
            details: """
                Without it an item that was written a moment ago may be read as it was before. What \
                seems to differ is read again consistently in any case.
                """,
            commands: [.verify]
        ),
        Flag(
            "segments",
            group: .command,
            kind: .number("N", 1...256) { $0.segments = $1 },
            "Parts in which a table is scanned at once",
            standard: "one a processor, at least 4",
            commands: [.verify]
        ),
        Flag(
            "read-units",
            group: .command,
            kind: .number("N", 1...10_000_000) { $0.readUnits = $1 },
            "Consume no more read units a second of a table",
            standard: "no limit",
            commands: [.verify]
        ),
        Flag(
            "examples",
            group: .command,
            kind: .number("N", 0...1_000) { $0.examples = $1 },
            "Differences to name, a table",
            standard: "20",
            commands: [.verify]
        ),
        Flag(
            "repair",
            group: .command,
            kind: .toggle(isOn: false) { $0.repair = $1 },
            "Put the items that are missing or different",
            commands: [.verify]
        ),
        Flag(
            "delete-extra",
            group: .command,
            kind: .toggle(isOn: false) { $0.deleteExtra = $1 },
            "Delete the items that no row makes",
            details: "Items that the application has written by itself are among them.",
            commands: [.verify]
        ),
    ]
}
