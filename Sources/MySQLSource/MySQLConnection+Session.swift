public import Mapping

/// What the server says of itself and of the session.
public struct ServerInformation: Sendable, Equatable {
    public var version: ServerVersion
    /// The server's own text: `10.11.19-MariaDB-0+deb12u1`.
    public var versionText: String
    /// 0: table names are compared with their case; 1 and 2: without.
    public var lowerCaseTableNames: Int

    static let unknown = ServerInformation(
        version: ServerVersion(flavour: .mysql, major: 0, minor: 0, patch: 0),
        versionText: "",
        lowerCaseTableNames: 0
    )
}

extension MySQLConnection {
    /// Every setting of the session on which the values and the number of rows depend.
    ///
    /// A server may be configured otherwise in each of them: a `sql_select_limit` cuts results in
    /// silence, `sql_auto_is_null` turns `IS NULL` into something else, an autocommit that is off
    /// makes one long transaction of all chunks.
    private static let sessionSQL = """
        SET NAMES utf8mb4, \
        SESSION time_zone = '+00:00', \
        SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION', \
        SESSION autocommit = 1, \
        SESSION sql_select_limit = 18446744073709551615, \
        SESSION sql_big_selects = 1, \
        SESSION sql_auto_is_null = 0, \
        SESSION max_sort_length = \(SourceLimits.sortBytesMax), \
        SESSION lc_time_names = 'en_US', \
        SESSION sql_quote_show_create = 1, \
        SESSION wait_timeout = \(SourceLimits.idleTimeoutSeconds), \
        SESSION net_write_timeout = \(SourceLimits.netWriteTimeoutSeconds), \
        SESSION group_concat_max_len = \(SourceLimits.groupConcatBytesMax)
        """

    /// What is asked back, and the only answer that is good; nil where the answer is information.
    private static let assertions: [(variable: String, expected: String?)] = [
        ("character_set_client", "utf8mb4"),
        ("character_set_connection", "utf8mb4"),
        ("character_set_results", "utf8mb4"),
        ("time_zone", "+00:00"),
        ("sql_mode", "NO_ENGINE_SUBSTITUTION"),
        ("sql_select_limit", "18446744073709551615"),
        ("version", nil),
        ("lower_case_table_names", nil),
    ]

    /// Sets the session up and asserts that the server, or a proxy before it, has really done so.
    func setUpSession() throws(MySQLError) {
        let operation = "set up the session"
        try execute(Self.sessionSQL, operation: operation)
        if purpose == .reading {
            try execute(
                "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                operation: operation
            )
        }
        let variables = Self.assertions.map { "@@\($0.variable)" }.joined(separator: ", ")
        let rows = try query("SELECT \(variables)", operation: operation)
        let answers = rows.first?.map { $0.map { String(decoding: $0, as: UTF8.self) } ?? "NULL" }
        guard let answers, answers.count == Self.assertions.count else {
            throw MySQLError(
                code: 0,
                operation: operation,
                subject: settings.serverName,
                message: "the server did not answer what its settings are"
            )
        }
        for (assertion, answer) in zip(Self.assertions, answers) {
            guard let expected = assertion.expected, answer != expected else { continue }
            throw MySQLError(
                code: 0,
                operation: operation,
                subject: settings.serverName,
                message: "\(assertion.variable) is \(answer) although it was set to \(expected)",
                hint: "Connect to the server itself, not to a proxy that drops session settings."
            )
        }
        let versionText = answers[6]
        guard let version = ServerVersion(serverText: versionText) else {
            throw MySQLError(
                code: 0,
                operation: operation,
                subject: settings.serverName,
                message: "the server's version is not understood: \(versionText)",
                hint: "Use MySQL 8.0 or later, or MariaDB 10.6 or later."
            )
        }
        server = ServerInformation(
            version: version,
            versionText: versionText,
            lowerCaseTableNames: Int(answers[7]) ?? 0
        )
    }
}

extension MySQLConnection {
    /// Whether a transaction of this session can be of one moment: under another isolation level than
    /// ours, as a proxy may leave it, it is not, and MariaDB does not say so.
    public func hasSnapshots() throws(MySQLError) -> Bool {
        let isMariaDB = server.version.flavour == .mariadb
        let name = isMariaDB ? "tx_isolation" : "transaction_isolation"
        let answer = try query("SELECT @@\(name)", operation: "ask for the isolation level").first
        return answer == [Array("REPEATABLE-READ".utf8)]
    }
}

extension ServerVersion {
    /// Reads the text of `@@version`: `9.7.4`, `8.0.36-0ubuntu0.22.04.1`,
    /// `10.11.19-MariaDB-0+deb12u1`, or `5.5.5-10.11.2-MariaDB`, which some proxies show.
    ///
    /// nil if it does not begin with two numbers.
    public init?(serverText: String) {
        let isMariaDB = serverText.lowercased().contains("mariadb")
        var text = Substring(serverText)
        // Old replicas refuse a version from 10 on; MariaDB puts this before it for them.
        if isMariaDB, text.hasPrefix("5.5.5-") { text = text.dropFirst(6) }
        let numbers = text.prefix { $0 == "." || ("0"..."9").contains($0) }
            .split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2 else { return nil }
        self.init(
            flavour: isMariaDB ? .mariadb : .mysql,
            major: numbers[0],
            minor: numbers[1],
            patch: numbers.count > 2 ? numbers[2] : 0
        )
    }
}
