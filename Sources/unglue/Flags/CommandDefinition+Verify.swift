extension CommandDefinition {
    static let verify = CommandDefinition(
        "Compare every item of the tables with every row; mend what differs if asked",
        description: [
            """
            Reads all rows and scans the tables in full, and compares each item attribute by \
            attribute: numbers by value, sets and maps without order, types exactly. What is \
            missing, different or extra is counted, and the first of them are named. Memory does \
            not grow with the tables. The estimated cost in read units is printed before it \
            starts.
            """,
            """
            --repair puts what is missing or different, from the rows as they are then. \
            --delete-extra deletes items that no row makes. Both ask nothing further, and both are \
            followed by another look at what they have mended.
            """,
        ],
        operand: .contract,
        exitStatuses: [.done, .failed, .usage, .different, .interrupted, .terminated],
        examples: [
            Example(
                commandLine: "unglue verify store.json",
                meaning: "Compare all tables of the contract."
            ),
            Example(
                commandLine: "unglue verify store.json --sample 10000",
                meaning: "Compare about ten thousand rows of each table, for a quick look."
            ),
            Example(
                commandLine: "unglue verify store.json --repair --output json",
                meaning: "Put what is missing or different, and report as JSON."
            ),
        ]
    )
}
