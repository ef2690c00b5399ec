public import Pipeline

/// Why something asked of the source server failed.
///
/// Holds no password, no value of a row and no statement: the server's own words are those of its
/// error packet.
public struct MySQLError: SourceError, Sendable, Equatable, CustomStringConvertible {
    /// What may be done about an error.
    public enum Recovery: Sendable, Equatable {
        /// Nothing: it would fail again.
        case none
        /// The same again on the same connection, after a pause.
        case retry
        /// The same again on a new connection, after a pause.
        case reconnect
    }

    /// The server's (1000 and up) or the client library's (2000 to 2999, 5000 to 5999) number of the
    /// error; 0 where this module itself refuses.
    public var code: UInt32
    /// `HY000` where there is none better.
    public var sqlState: String
    /// What was being done: `connect`, `read a chunk`.
    public var operation: String
    /// To what: server, and table or view where there is one.
    public var subject: String
    /// The server's or the library's own words.
    public var message: String
    /// What to do next; nil where nothing can be said.
    public var hint: String?

    /// ER_NO_SUCH_TABLE: a table or view that is not there.
    public static let tableMissing: UInt32 = 1146

    /// ER_VIEW_NO_EXPLAIN: the account may read the view, but not have it explained.
    public static let explainViewRefused: UInt32 = 1345

    public init(
        code: UInt32,
        sqlState: String = "HY000",
        operation: String,
        subject: String,
        message: String,
        hint: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.operation = operation
        self.subject = subject
        self.message = Self.withoutValue(message, code: code)
        let isBroken = Self.isBrokenHandshake(code, message)
        self.hint = hint ?? Self.hint(code: isBroken ? 2013 : code)
        recovery = isBroken ? .reconnect : Self.recovery(code: code)
    }

    public var description: String {
        let number = code == 0 ? "" : " (error \(code), SQLSTATE \(sqlState))"
        let advice = hint.map { " \($0)" } ?? ""
        return "could not \(operation) on \(subject): \(message)\(number).\(advice)"
    }

    /// What may be done about it: decided from the code, in this one place.
    public private(set) var recovery: Recovery

    /// Whether the connection is gone: whatever it was doing must be done again on a new one.
    public var isConnectionLost: Bool { recovery == .reconnect }

    /// Whether the same may succeed later, on this connection or on a new one.
    public var isRetryable: Bool { recovery != .none }

    /// Whether the statement was stopped, by a limit of the server's, by somebody, or by our own read
    /// timeout: two halves of what it read may get through.
    public var isStatementStopped: Bool {
        isReadTimeout || Self.statementStoppedCodes.contains(code)
    }

    /// Whether the connection was given up since nothing came for as long as the read timeout is.
    public private(set) var isReadTimeout = false

    /// Whether whoever reads over this connection is over, but others may go on.
    public private(set) var endsReader = false

    /// Whether it is an answer of the server's that nothing mends, to what a statement was to make of its
    /// rows: a number out of range, say.
    var isOfValue: Bool {
        let isServers = (1000..<2000).contains(code) || (3000..<5000).contains(code)
        return isServers && recovery == .none && !Self.definitionCodes.contains(code)
            && !Self.deniedCodes.contains(code)
    }

    /// Says that the same may succeed later although the server does not say so.
    mutating func becomeRetryable() {
        recovery = .retry
        hint = "It was read again, to no avail: keep ALTER and TRUNCATE away meanwhile."
    }

    mutating func endReader() { endsReader = true }

    /// Says that the connection was lost to the read timeout of so many seconds.
    mutating func becomeReadTimeout(seconds: UInt32) {
        isReadTimeout = true
        message += " (nothing came for the \(seconds) s of the read timeout)"
        hint =
            "If the server was at work, read smaller chunks or wait longer for their first row;"
            + " if not, it is the network."
    }

    /// Whether TLS could not be agreed on since the connection broke meanwhile: the libraries give no
    /// number of its own for it, only OpenSSL's or the system's words.
    var isBrokenHandshake: Bool {
        ["Connection reset", "Broken pipe", "unexpected eof", "SYSCALL", "timed out"].contains {
            message.contains($0)
        }
    }

    /// Takes an error that would be final while connecting for the break of a connection that stood.
    mutating func becomeConnectionLost() {
        recovery = .reconnect
        hint = Self.hint(code: 2013)
    }

    static func recovery(code: UInt32) -> Recovery {
        if connectionLostCodes.contains(code) || refusedForNowCodes.contains(code) {
            return .reconnect
        }
        return retryCodes.contains(code) ? .retry : .none
    }

    /// Whether TLS was not refused, but cut off: the library has one number for both, and the system's
    /// or OpenSSL's words for the second.
    private static func isBrokenHandshake(_ code: UInt32, _ message: String) -> Bool {
        code == 2026 && handshakeBreaks.contains { message.contains($0) }
    }

    private static let handshakeBreaks = [
        "unexpected eof", "Connection reset", "Broken pipe", "Connection timed out",
    ]

    /// The connection broke, or the server is going down.
    private static let connectionLostCodes: Set<UInt32> = [
        1053,  // ER_SERVER_SHUTDOWN
        1077,  // ER_NORMAL_SHUTDOWN
        1079,  // ER_SHUTDOWN_COMPLETE
        1152,  // ER_ABORTING_CONNECTION
        1158, 1159, 1160, 1161,  // ER_NET_READ_ERROR and its like
        1184,  // ER_NEW_ABORTING_CONNECTION
        1927,  // ER_CONNECTION_KILLED (MariaDB)
        2006,  // CR_SERVER_GONE_ERROR
        2013,  // CR_SERVER_LOST
        2027,  // CR_MALFORMED_PACKET: what a cut stream may look like
        2055,  // CR_SERVER_LOST_EXTENDED
        3169,  // ER_SESSION_WAS_KILLED
        4031,  // ER_CLIENT_INTERACTION_TIMEOUT
        5013, 5014,  // CR_ERR_NET_READ, CR_ERR_NET_WRITE (Connector/C)
    ]

    /// The server does not take us now, but may soon: it starts, or is full.
    private static let refusedForNowCodes: Set<UInt32> = [
        1040,  // ER_CON_COUNT_ERROR
        1135,  // ER_CANT_CREATE_THREAD
        1203,  // ER_TOO_MANY_USER_CONNECTIONS
        1226,  // ER_USER_LIMIT_REACHED
        2002, 2003,  // CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR
        2012,  // CR_SERVER_HANDSHAKE_ERR
    ]

    /// The statement was stopped or lost a race; the connection is as good as before.
    private static let retryCodes: Set<UInt32> = [
        1028,  // ER_FILSORT_ABORT: KILL QUERY during a sort
        1205,  // ER_LOCK_WAIT_TIMEOUT
        1213,  // ER_LOCK_DEADLOCK
        1317,  // ER_QUERY_INTERRUPTED
        1969,  // ER_STATEMENT_TIMEOUT (MariaDB)
        3024,  // ER_QUERY_TIMEOUT (MySQL)
        3572,  // ER_LOCK_NOWAIT
    ]

    /// The statement was stopped from outside; a part of `retryCodes`.
    private static let statementStoppedCodes: Set<UInt32> = [1028, 1317, 1969, 3024]

    /// There is no such table, view or database.
    static let missingCodes: Set<UInt32> = [1049, 1051, 1109, tableMissing]

    /// What is read is not as it was: a column or table is gone, a view does not fit, a table was made
    /// anew under a snapshot.
    static let definitionCodes: Set<UInt32> = [1054, tableMissing, 1356, tableRebuilt]

    /// ER_TABLE_DEF_CHANGED: the table was made anew after the transaction's snapshot.
    static let tableRebuilt: UInt32 = 1412

    /// The account may not do it: ER_DBACCESS_DENIED_ERROR and its like.
    static let deniedCodes: Set<UInt32> = [1044, 1045, 1142, 1143, 1227, explainViewRefused, 1370]

    /// The codes whose message quotes a value that may be a row's: `Incorrect DATE value: '…'`.
    private static let valueQuotingCodes: Set<UInt32> = [
        1062, 1292, 1300, 1366, 1367, 1411, 1525, 1977, 3854,
    ]

    /// The message up to its first quoted value.
    private static func withoutValue(_ message: String, code: UInt32) -> String {
        guard valueQuotingCodes.contains(code), let quote = message.firstIndex(of: "'") else {
            return message
        }
        return message[..<quote] + "(value not shown)"
    }

    private static func hint(code: UInt32) -> String? {
        switch code {
        case 1044:
            "Grant the account SELECT on this database, and CREATE VIEW and DROP for views."
        case 1045: "Check the user, the host that it may connect from, and the password."
        case 1049: "Check the database's name in the connection URL."
        case 1142, 1143, 1227, 1370:
            "Grant the account the privilege that the server names."
        case 1054, 1146:
            "Compare the contract with the database: `unglue check` names what is missing."
        case 1290, 1792, 1836:
            "The server is read-only: create the views on its primary, or read without views."
        case 1345:
            "Grant the account SHOW VIEW on the view and SELECT on its tables."
        case 1347: "A table has the view's name: rename one of them."
        case 1356:
            "The view no longer fits its tables: create it anew with `unglue views --apply`."
        case 1412:
            "The table was rebuilt or emptied after the snapshot was taken, which so has no rows of "
                + "it any more: start anew with --fresh, and keep ALTER and TRUNCATE away meanwhile."
        case 1040, 1203: "The server has no free connection: use fewer readers, or allow more."
        case 1969, 3024:
            "The server limits how long a statement may run: use smaller chunks, or a longer limit."
        case 2001, 2004:
            "If it is the limit of open files (24), raise it (`ulimit -n`), or use fewer --readers "
                + "and --in-flight."
        case 2002, 2003, 2005:
            "Check that the server runs and that host, port and firewall let this machine reach it."
        case 2006, 2013, 2055: "The connection broke; it is safe to run the same again."
        case 2059:
            "The installed client library has no such authentication: use an account with "
                + "caching_sha2_password, or the other client library (MariaDB Connector/C, MySQL's)."
        case 2026:
            "TLS could not be agreed on: check the mode, the certificate authority and the host name."
        default: nil
        }
    }
}
