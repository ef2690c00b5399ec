internal import CMySQL
internal import Glibc
public import Mapping

/// One connection to a MySQL or MariaDB server: the only owner of its C handle.
///
/// It blocks, and belongs to one thread at a time; not being `Sendable` sees to that. It stays with the
/// thread that opened it, save where `Snapshot` hands it from one to another. After
/// an error for which `MySQLError.isConnectionLost` holds, and after an abandoned stream, nothing
/// can be done with it but to let it go.
@safe
public final class MySQLConnection {
    /// What a connection is for, and so what it may do.
    public enum Purpose: Sendable, Equatable {
        /// The session is read-only: the server itself refuses to change anything.
        case reading
        /// Creating and dropping views.
        case definition
    }

    public let settings: MySQLSettings
    public let purpose: Purpose
    /// What the server says of itself; read when the session is set up.
    public internal(set) var server: ServerInformation
    private let handle: UnsafeMutablePointer<MYSQL>
    /// The cursor that has not been read to its end; nothing else can be asked meanwhile.
    weak var openCursor: StreamingCursor?
    /// Whether the handle is gone before its owner: a stream was abandoned.
    private var isClosed = false
    private var isEstablished = false
    /// Whether the connection is gone: it broke, or a stream was abandoned.
    private(set) var isBroken = false
    /// When the library last began to wait for the server, in seconds of a monotonic clock.
    private var waitingSince = 0.0

    /// Connects and sets the session up; asserts that the server really speaks utf8mb4 and UTC.
    public init(_ settings: MySQLSettings, purpose: Purpose = .reading) throws(MySQLError) {
        try settings.validate()
        self.settings = settings
        self.purpose = purpose
        server = .unknown
        guard libraryStatus == 0, let handle = unsafe mysql_init(nil) else {
            throw MySQLError(
                code: 2008,
                operation: "connect",
                subject: settings.serverName,
                message: "the MySQL client library could not be started"
            )
        }
        unsafe self.handle = unsafe handle
        // From here on `deinit` closes the handle, also when something below throws.
        try setOptions()
        try connect()
        try requireTLS()
        isEstablished = true
        try setUpSession()
    }

    deinit {
        if !isClosed { unsafe mysql_close(handle) }
    }

    // MARK: Statements

    /// Runs a statement that gives no rows.
    public func execute(_ sql: String, operation: String, on object: String? = nil)
        throws(MySQLError)
    {
        try send(sql, operation: operation, on: object)
        guard let result = unsafe mysql_store_result(handle) else {
            if unsafe mysql_errno(handle) != 0 { throw failure(operation, on: object) }
            return
        }
        unsafe mysql_free_result(result)
    }

    /// Runs a query with a small result and gives all of its rows, cell by cell; nil is NULL.
    public func query(_ sql: String, operation: String, on object: String? = nil)
        throws(MySQLError) -> [[[UInt8]?]]
    {
        try send(sql, operation: operation, on: object)
        guard let result = unsafe mysql_store_result(handle) else {
            throw failure(operation, on: object)
        }
        defer { unsafe mysql_free_result(result) }
        var rows: [[[UInt8]?]] = []
        let columnCount = Int(unsafe mysql_num_fields(result))
        while let row = unsafe mysql_fetch_row(result) {
            guard let lengths = unsafe mysql_fetch_lengths(result) else { break }
            rows.append(
                (0..<columnCount).map { index in
                    guard let cell = unsafe row[index] else { return nil }
                    let bytes = unsafe UnsafeRawBufferPointer(
                        start: cell,
                        count: Int(lengths[index])
                    )
                    return unsafe Array(bytes)
                }
            )
        }
        return rows
    }

    /// Runs a query and streams its rows as the server makes them; nothing is kept.
    public func stream(_ sql: String, operation: String, on object: String? = nil)
        throws(MySQLError) -> StreamingCursor
    {
        try send(sql, operation: operation, on: object)
        guard let result = unsafe mysql_use_result(handle) else {
            throw failure(operation, on: object)
        }
        let cursor = unsafe StreamingCursor(
            takingOwnershipOf: result,
            connection: self,
            operation: operation,
            object: object
        )
        openCursor = cursor
        return cursor
    }

    /// The columns that a SELECT without LIMIT gives; asks for no row of it.
    public func describe(_ selectSQL: String, on object: String? = nil) throws(MySQLError)
        -> [ResultColumn]
    {
        let cursor = try stream(
            "\(selectSQL) LIMIT 0",
            operation: "describe the columns",
            on: object
        )
        while try cursor.advance() {}
        return cursor.columns
    }

    private func send(_ sql: String, operation: String, on object: String?) throws(MySQLError) {
        precondition(openCursor == nil, "a stream is open on this connection")
        guard !isClosed else {
            throw MySQLError(
                code: 2006,
                operation: operation,
                subject: subject(object),
                message: "the connection was broken off before"
            )
        }
        willWait()
        var sql = sql
        let status = sql.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { text in
                unsafe mysql_real_query(handle, text.baseAddress, UInt(text.count))
            }
        }
        if status != 0 { throw failure(operation, on: object) }
    }

    // MARK: For the cursor

    /// To be called before the library waits for the server: tells a read timeout from a break.
    func willWait() { waitingSince = Self.coarseSeconds() }

    /// Some milliseconds exact, and so cheap that it may be asked for every row.
    private static func coarseSeconds() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    var errorCode: UInt32 { unsafe mysql_errno(handle) }

    /// Warnings of the last statement; of a stream only once it was read to its end.
    var warningCount: Int { Int(unsafe mysql_warning_count(handle)) }

    /// Breaks the connection off and closes it, so that what the server still sends is not waited
    /// for, and the server is not left waiting for a reader.
    func abandon(_ result: UnsafeMutablePointer<MYSQL_RES>) {
        unsafe cmysql_abort(handle)
        unsafe mysql_free_result(result)
        unsafe mysql_close(handle)
        isClosed = true
        isBroken = true
    }

    /// The library's last error on this connection.
    func failure(_ operation: String, on object: String?) -> MySQLError {
        let code = unsafe mysql_errno(handle)
        var error = MySQLError(
            code: code == 0 ? 2000 : code,
            sqlState: unsafe mysql_sqlstate(handle).map { unsafe String(cString: $0) } ?? "HY000",
            operation: operation,
            subject: subject(object),
            message: code == 0
                ? "the client library gave no result and no error"
                : unsafe mysql_error(handle).map { unsafe String(cString: $0) } ?? ""
        )
        // A connection that breaks is an error of TLS where there is TLS.
        if code == 2026, isEstablished || error.isBrokenHandshake { error.becomeConnectionLost() }
        let waited = Self.coarseSeconds() - waitingSince
        // The library tells nothing of it: both are error 2013.
        if isEstablished, error.isConnectionLost,
            waited + 0.1 >= Double(readTimeoutSeconds)
        {
            error.becomeReadTimeout(seconds: readTimeoutSeconds)
        }
        if error.isConnectionLost { isBroken = true }
        return error
    }

    func subject(_ object: String?) -> String {
        object.map { "\(settings.serverName) (\($0))" } ?? settings.serverName
    }

    // MARK: Connecting

    private func setOptions() throws(MySQLError) {
        var isSet = true
        func check(_ status: Int32) { isSet = isSet && status == 0 }
        unsafe check(
            cmysql_set_uint_option(
                handle,
                MYSQL_OPT_CONNECT_TIMEOUT,
                settings.connectTimeoutSeconds
            )
        )
        unsafe check(
            cmysql_set_uint_option(handle, MYSQL_OPT_READ_TIMEOUT, readTimeoutSeconds)
        )
        unsafe check(
            cmysql_set_uint_option(handle, MYSQL_OPT_WRITE_TIMEOUT, settings.writeTimeoutSeconds)
        )
        // A rogue server could otherwise ask for any file of this machine.
        unsafe check(cmysql_set_uint_option(handle, MYSQL_OPT_LOCAL_INFILE, 0))
        unsafe check(
            cmysql_set_max_allowed_packet(handle, UInt(SourceLimits.packetBytesMax))
        )
        unsafe check(mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4"))
        if settings.unixSocket == nil { unsafe check(cmysql_use_tcp(handle)) }
        let mode = settings.tlsMode
        unsafe check(
            withOptionalCString(settings.certificateAuthorityPath) { path in
                unsafe cmysql_set_tls(handle, mode.cValue, path)
            }
        )
        unsafe check(cmysql_set_authentication(handle, mode.verifiesCertificate))
        guard isSet else {
            throw MySQLError(
                code: 0,
                operation: "connect",
                subject: settings.serverName,
                message: "the MySQL client library refused an option",
                hint: "Use MariaDB Connector/C 3.3 or MySQL's client library 8.0 or later."
            )
        }
    }

    private func connect() throws(MySQLError) {
        let isConnected =
            unsafe withOptionalCString(settings.unixSocket) { socket in
                unsafe mysql_real_connect(
                    handle,
                    settings.unixSocket == nil ? settings.host : nil,
                    settings.user,
                    settings.password.text,
                    settings.database,
                    UInt32(settings.port),
                    socket,
                    0
                )
            } != nil
        if !isConnected { throw failure("connect", on: nil) }
        guard settings.unixSocket == nil else { return }
        let isWatched =
            unsafe cmysql_watch_peer(
                handle,
                Int32(SourceLimits.keepAliveIdleSeconds),
                Int32(settings.deadPeerSeconds)
            ) == 0
        guard isWatched else {
            throw MySQLError(
                code: 0,
                operation: "connect",
                subject: settings.serverName,
                message: "the connection cannot be watched: error \(errno)"
            )
        }
    }

    private var readTimeoutSeconds: UInt32 {
        settings.readTimeoutSeconds ?? SourceLimits.readTimeoutSeconds
    }

    /// Connector/C may have connected in plain text although TLS was asked for; see the shim.
    private func requireTLS() throws(MySQLError) {
        guard settings.tlsMode.requiresTLS, unsafe mysql_get_ssl_cipher(handle) == nil else {
            return
        }
        throw MySQLError(
            code: 2026,
            operation: "connect",
            subject: settings.serverName,
            message: "TLS is required, but the connection is not encrypted",
            hint: "Enable TLS on the server, or choose tls=preferred if plain text may be used."
        )
    }
}

/// What is global to the client library.
public enum MySQLLibrary {
    /// Prepares the calling thread for connections that another one has opened; may be called again.
    static func threadWillBegin() {
        mysql_thread_init()
    }

    /// Frees what the library keeps for the calling thread: call it where a thread that has used
    /// connections ends, after its last connection is gone.
    public static func threadWillEnd() {
        mysql_thread_end()
    }
}

/// Starts the client library, once, before its first use.
private let libraryStatus: Int32 = cmysql_library_init()

private func withOptionalCString<Result>(
    _ text: String?,
    _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let text else { return body(nil) }
    return unsafe text.withCString { unsafe body($0) }
}

extension MySQLSettings.TLSMode {
    fileprivate var cValue: cmysql_tls_mode {
        switch self {
        case .disabled: CMYSQL_TLS_DISABLED
        case .preferred: CMYSQL_TLS_PREFERRED
        case .required: CMYSQL_TLS_REQUIRED
        case .verifyCA: CMYSQL_TLS_VERIFY_CA
        case .verifyIdentity: CMYSQL_TLS_VERIFY_IDENTITY
        }
    }
}

extension MySQLSettings {
    /// Refuses what the C library would misread.
    fileprivate func validate() throws(MySQLError) {
        let texts = [
            ("host", host), ("user", user), ("password", password.text), ("database", database),
            ("socket", unixSocket ?? ""),
            ("certificate authority path", certificateAuthorityPath ?? ""),
        ]
        for (name, text) in texts where text.utf8.contains(0) {
            throw MySQLError(
                code: 0,
                operation: "connect",
                subject: serverName,
                message: "the \(name) contains a NUL character",
                hint: "Correct the settings."
            )
        }
        if tlsMode == .verifyCA, certificateAuthorityPath == nil {
            throw MySQLError(
                code: 0,
                operation: "connect",
                subject: serverName,
                message: "TLS mode verify-ca needs the certificate authority to verify against",
                hint: "Give its PEM file with ca=, or choose tls=verify-identity."
            )
        }
    }
}
