/// How all connections of a run are brought into one snapshot, and how long it may be used.
public struct SnapshotPolicy: Sendable {
    /// Ways to one snapshot over several connections.
    public enum Way: Sendable, Equatable, CaseIterable {
        case lock
        case binlogPosition
    }

    /// Connections to open: one a reader, and one for the settling of duplicate keys.
    public var connections: Int
    /// How old the snapshot may become; the server keeps every old version of every row for it.
    public var ageMax: Duration
    /// Seconds to wait for the global read lock.
    ///
    /// Whoever wants to write waits as long.
    public var lockWaitSeconds: Int
    /// How often the position of the binary log is compared before giving up.
    public var tries: Int
    /// The ways that are tried, in this order; what is left is a single connection.
    public var ways: [Way]
    /// Told, once in a while, when the server keeps very many old versions; on a reader's thread.
    public var warn: @Sendable (String) -> Void

    public init(
        connections: Int,
        ageMax: Duration = SourceLimits.snapshotAgeMax,
        lockWaitSeconds: Int = SourceLimits.lockWaitSeconds,
        tries: Int = SourceLimits.positionTries,
        ways: [Way] = Way.allCases,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.connections = max(1, connections)
        self.ageMax = ageMax
        self.lockWaitSeconds = max(1, lockWaitSeconds)
        self.tries = max(1, tries)
        self.ways = ways
        self.warn = warn
    }
}

/// Where the server's binary log ended at some moment.
public struct BinlogPosition: Sendable, Equatable, CustomStringConvertible {
    public var file: String
    public var offset: String
    /// Transactions executed, as the server prints them; empty where it does not count them.
    public var gtids: String

    public init(file: String, offset: String, gtids: String = "") {
        self.file = file
        self.offset = offset
        self.gtids = gtids
    }

    public var description: String {
        "\(file):\(offset)" + (gtids.isEmpty ? "" : " (\(gtids))")
    }
}

/// How a run's connections came into one snapshot; recorded with the run.
public enum SnapshotMethod: Sendable, Equatable, CustomStringConvertible {
    /// No one could write while the snapshots were taken. Where the log then ended, if there is one
    /// and the account may see it.
    case lock(BinlogPosition?)
    /// The binary log did not move while the snapshots were taken.
    case binlogPosition(BinlogPosition)
    /// One connection reads everything; why there are not more.
    case singleConnection(reason: String)

    public var description: String {
        switch self {
        case .lock(let position):
            "lock" + (position.map { ", binary log at \($0)" } ?? "")
        case .binlogPosition(let position):
            "binary log unmoved at \(position)"
        case .singleConnection(let reason):
            "single connection (\(reason))"
        }
    }
}
