extension CommandDefinition {
    static let retry = CommandDefinition(
        "Map and send the rejected rows of a run again, after their cause is mended",
        description: [
            """
            Goes through the dead-letter file of RUN, a finished run. Each rejected row is read \
            again from MySQL by its key, as it is now, then mapped and put. What is written leaves \
            the file and counts as written; what is rejected again stays, with its new reason. A \
            row that is gone from MySQL is counted and leaves the file. Where a row cannot be found \
            again (a view without a key), the row of the letter itself is mapped; an item that \
            DynamoDB refused is put as it was.
            """,
            """
            An item that the table has already stays and is counted as kept, since it may be that \
            of another row, unless --mode replace is given. Endpoint, region, table prefix, \
            database, server and tables must be those of the run.
            """,
        ],
        operand: .requiredName("RUN"),
        exitStatuses: [.done, .failed, .usage, .rejected, .interrupted, .terminated],
        examples: [
            Example(
                commandLine: "unglue retry 20261123T000319Z-40cf",
                meaning: "After the rows were corrected in MySQL."
            ),
            Example(
                commandLine: "unglue retry 20261123T000319Z-40cf --contract mended.json",
                meaning: "After the contract was corrected."
            ),
        ]
    )
}
