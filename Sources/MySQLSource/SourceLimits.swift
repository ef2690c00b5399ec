/// Every number of this module in one place, with its reason.
public enum SourceLimits {
    /// Rows a slab: enough that a hand-over between threads is nothing a row, few enough that the
    /// first items are on their way at once.
    public static let slabRowsMax = 256
    /// Bytes of cells a slab, unless a single row has more: a slab stays within a core's
    /// second-level cache between the cursor that fills it and the worker that maps it.
    public static let slabBytesMax = 128 * 1024
    /// Rows a chunk where nothing else is asked for: 10 to 50 ms of reading, so that what is read again
    /// after a lost connection costs little, the child rows that are read before the first of them
    /// delay it little, and a chunk's planning and its queries are nothing.
    public static let chunkRows = 5_000
    /// Rows that are counted at most to find the middle of a chunk that is to be split: some 50 ms of
    /// an index, and many times what a chunk has.
    static let middleRowsMax = 200_000
    /// Bytes of the arrays of a chunk that a reader keeps while it joins them to their rows, 24 MiB
    /// with four readers; a chunk with more is read by its view.
    static let childTextBytesMax = 6 << 20
    /// Child rows a row of a chunk: with more, they have no parent, or are too many to be kept.
    static let childRowsPerRowMax = 16
    /// Rows from the first to the last child row of a chunk, a child row of it: while there are no more,
    /// to read all of them is cheaper than to look each child row up, which takes the time of some
    /// five (MySQL 9.7: 1.1 to 0.2 µs).
    static let childPlacesPerRowMax = 2
    /// Chunks in a row whose child rows lie apart before a reader asks no more where they lie.
    static let scatteredChunksMax = 3
    /// Chunks in a row whose child rows cannot be kept before a reader reads the view for good.
    static let givenUpChunksMax = 3
    /// Integer keys are cut by arithmetic while there are at most this many possible keys a row;
    /// sparser keys are cut by stepping through the index.
    public static let keysPerRowMax = 4
    /// The longest packet that the protocol can have, 1 GiB: a longer row cannot be sent at all.
    /// https://dev.mysql.com/doc/refman/8.4/en/packet-too-large.html
    public static let packetBytesMax: UInt = 1 << 30
    /// Seconds that the server waits for a reader that does not read; its default of 60 would cut
    /// the stream whenever the target throttles for longer.
    public static let netWriteTimeoutSeconds = 3600
    /// Seconds that the server keeps a connection which asks nothing: a reader that waits for a target
    /// which throttles, and the spare connection of a snapshot, ask nothing for long.
    public static let idleTimeoutSeconds = 86400
    /// Bytes of a `GROUP_CONCAT`: no fewer than the longest packet, so that nothing is ever cut.
    public static let groupConcatBytesMax: UInt = 1 << 30
    /// Bytes of a text that ORDER BY looks at: the servers' default, and enough for the texts by which
    /// child rows may be ordered.
    static let sortBytesMax = 1024
    /// Seconds for which a look at the definitions holds: no look costs a chunk more than about 1 %.
    static let lookHoldsSeconds = 0.1
    /// Lines and characters a line that a message shows of what has changed.
    static let differenceLinesMax = 12
    static let differenceLineLength = 160
    /// A third of a working day: what is longer is better read in chunks.
    public static let snapshotAgeMax = Duration.seconds(6 * 3600)
    /// Seconds for which writers may be kept waiting by the lock that a snapshot begins with.
    public static let lockWaitSeconds = 5
    public static let positionTries = 10
    /// Seconds between two looks at the binary log: longer than a commit takes from its log to its
    /// rows.
    static let positionPauseSeconds = 0.1
    /// Engines, in lower case, whose tables a consistent snapshot holds.
    static let snapshotEngines: Set<String> = ["innodb", "rocksdb"]
    /// Old versions from which on a snapshot is a burden worth a warning, and how often it is looked.
    static let historyLengthMax = 1_000_000
    static let historyPause = Duration.seconds(60)
    public static let connectTimeoutSeconds: UInt32 = 10
    /// As long as a query that must first read everything may take to its first row.
    public static let readTimeoutSeconds: UInt32 = 3600
    /// What reads ranges of an index has rows soon; a range that does not is read in halves.
    static let rangeReadTimeoutSeconds: UInt32 = 300
    /// A day.
    public static let readTimeoutSecondsMax: UInt32 = 86_400
    /// Quiet seconds after which the kernel asks the peer whether it is still there.
    static let keepAliveIdleSeconds: UInt32 = 60
    /// Quiet seconds in all after which a peer that has not answered the kernel is gone.
    public static let deadPeerSeconds: UInt32 = 120
    /// The same in a snapshot, which ends with its connection: an outage that passes is to be survived.
    static let snapshotDeadPeerSeconds: UInt32 = 900
    public static let writeTimeoutSeconds: UInt32 = 60
    /// Rows that a query outside the stream may give; those are catalogs and counts.
    static let smallResultRowsMax = 1_000_000
}
