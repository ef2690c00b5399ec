internal import CSQLite

/// One connection to a SQLite file: the only place that calls SQLite.
///
/// Used by one thread at a time.
@safe
final class Database {
    enum Access {
        case readWrite
        case readOnly
        /// Of a file that nobody writes and beside which nothing can be made: no locks, no log.
        case immutable
        /// Of nothing on the disk.
        case memory
    }

    /// How long a statement waits for another connection's lock, in milliseconds.
    private static let busyMilliseconds: Int32 = 5_000
    /// Transactions after which the write-ahead log is copied into the database.
    ///
    /// A checkpoint of a run writes some ten to thirty pages of 4 KiB, so the log stays below about
    /// 8 MB.
    private static let transactionsPerCopy = 64

    private let handle: OpaquePointer
    /// As the user knows the file.
    let path: String
    /// Compiled statements, by their text.
    private var statements: [String: Statement] = [:]
    private var transactions = 0
    /// Set once the disk has failed: nothing is written any more, since a write that is tried again
    /// after a failed fsync may be reported as safe when it is not.
    private var failure: LedgerError?

    /// Opens `file`, no part of whose path is a symbolic link, and calls it `path` in errors.
    init(file: String, path: String, access: Access) throws(LedgerError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        let code =
            switch access {
            case .readWrite:
                unsafe sqlite3_open_v2(file, &opened, flags | SQLITE_OPEN_READWRITE, nil)
            case .readOnly:
                unsafe sqlite3_open_v2(file, &opened, flags | SQLITE_OPEN_READONLY, nil)
            case .immutable:
                unsafe sqlite3_open_v2(
                    Self.immutableURI(file),
                    &opened,
                    flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                    nil
                )
            case .memory:
                unsafe sqlite3_open_v2(
                    ":memory:",
                    &opened,
                    flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY,
                    nil
                )
            }
        guard code == SQLITE_OK, let database = unsafe opened else {
            let message = unsafe opened.map { unsafe String(cString: sqlite3_errmsg($0)) }
            unsafe sqlite3_close_v2(opened)
            throw .sqlite(code, message ?? Self.text(of: code), "open", path)
        }
        unsafe handle = database
        self.path = path
        unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        for (option, isOn) in [
            (SQLITE_DBCONFIG_DEFENSIVE, true), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (SQLITE_DBCONFIG_ENABLE_FKEY, true), (SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            (SQLITE_DBCONFIG_ENABLE_VIEW, false), (SQLITE_DBCONFIG_DQS_DDL, false),
            (SQLITE_DBCONFIG_DQS_DML, false),
        ] {
            try check(unsafe csqlite_configure(handle, Int32(option), isOn ? 1 : 0), "open")
        }
    }

    deinit {
        // A statement that is not finished holds the connection open.
        statements.removeAll()
        unsafe sqlite3_close_v2(handle)
    }

    private static func immutableURI(_ file: String) -> String {
        var uri = "file:"
        for byte in file.utf8 {
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                uri += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return uri + "?immutable=1"
    }

    private static func text(of code: Int32) -> String {
        unsafe sqlite3_errstr(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// Takes a result code for success or throws what it means.
    fileprivate func check(_ code: Int32, _ operation: String) throws(LedgerError) {
        guard code != SQLITE_OK, code != SQLITE_ROW, code != SQLITE_DONE else { return }
        let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) }
        throw .sqlite(code, message ?? Self.text(of: code), operation, path)
    }

    /// Makes sure that SQLite could open the file for writing, and did not fall back to reading.
    func confirmWritable() throws(LedgerError) {
        guard unsafe sqlite3_db_readonly(handle, "main") != 0 else { return }
        throw .sqlite(SQLITE_READONLY, "it may not be written", "open", path)
    }

    // MARK: - Statements

    /// Runs one statement to its end; it stays compiled.
    func execute(
        _ sql: String,
        _ operation: String,
        _ values: [SQLValue] = []
    ) throws(LedgerError) {
        let statement = try statement(sql, operation)
        defer { statement.reset() }
        try statement.bind(values, operation)
        while try statement.step(operation) {}
    }

    /// Hands over the rows of a query one by one.
    func query(
        _ sql: String,
        _ operation: String,
        _ values: [SQLValue] = [],
        row: ([SQLValue]) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        let statement = try statement(sql, operation)
        defer { statement.reset() }
        try statement.bind(values, operation)
        while try statement.step(operation) { try row(statement.values) }
    }

    /// The first value of the first row; NULL where there is none.
    func value(
        _ sql: String,
        _ operation: String,
        _ values: [SQLValue] = []
    ) throws(LedgerError) -> SQLValue {
        var found = SQLValue.null
        var isFirst = true
        try query(sql, operation, values) { (row: [SQLValue]) throws(LedgerError) in
            if isFirst, let value = row.first { found = value }
            isFirst = false
        }
        return found
    }

    /// Rows that the last statement has changed.
    var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    private func statement(_ sql: String, _ operation: String) throws(LedgerError) -> Statement {
        if let statement = statements[sql] { return statement }
        var compiled: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            handle,
            sql,
            -1,
            UInt32(SQLITE_PREPARE_PERSISTENT),
            &compiled,
            nil
        )
        try check(code, operation)
        guard let compiled = unsafe compiled else {
            preconditionFailure("an empty statement is a mistake of this module: \(sql)")
        }
        let statement = unsafe Statement(takingOwnership: compiled, of: self)
        statements[sql] = statement
        return statement
    }

    // MARK: - Transactions

    /// All of it or nothing, and durable when it returns.
    ///
    /// After a failure of the disk nothing is written any more: every later call throws the same.
    func transaction<Result>(
        _ operation: String,
        _ body: () throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        if let failure { throw failure }
        do throws(LedgerError) {
            try execute("BEGIN IMMEDIATE", operation)
            let result: Result
            do throws(LedgerError) {
                result = try body()
                try execute("COMMIT", operation)
            } catch {
                try rollBack(after: error, operation)
                throw error
            }
            try copyLog(operation)
            return result
        } catch {
            // What SQLite itself has not told of is a row that says what cannot be.
            let isOfTheDisk = error.kind == .inputOutput || error.kind == .damaged
            if isOfTheDisk, error.code != 0 { failure = error }
            throw error
        }
    }

    /// Several queries on one state of the ledger, whatever others write meanwhile.
    func snapshot<Result>(
        _ operation: String,
        _ body: () throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        try execute("BEGIN", operation)
        let result: Result
        do throws(LedgerError) {
            result = try body()
            try execute("COMMIT", operation)
        } catch {
            try rollBack(after: error, operation)
            throw error
        }
        return result
    }

    /// Takes back what a failed transaction has done; SQLite has often done so itself.
    private func rollBack(after cause: LedgerError, _ operation: String) throws(LedgerError) {
        guard unsafe sqlite3_get_autocommit(handle) == 0 else { return }
        do {
            try execute("ROLLBACK", operation)
        } catch {
            var both = cause
            both.message += ", and taking the transaction back failed too: \(error.message)"
            throw both
        }
    }

    /// Copies the write-ahead log into the database now and then.
    ///
    /// SQLite would do so by itself and keep a failure of the disk to itself.
    private func copyLog(_ operation: String) throws(LedgerError) {
        transactions += 1
        guard transactions.isMultiple(of: Self.transactionsPerCopy) else { return }
        let code = unsafe sqlite3_wal_checkpoint_v2(
            handle,
            nil,
            SQLITE_CHECKPOINT_PASSIVE,
            nil,
            nil
        )
        // Somebody else copies it just now.
        if code & 0xFF != SQLITE_BUSY { try check(code, operation) }
    }
}

/// A compiled statement and the row that it stands on.
@safe
private final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database

    init(takingOwnership handle: OpaquePointer, of database: Database) {
        unsafe self.handle = handle
        self.database = database
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Ready to be run again; the values of the last run are gone.
    ///
    /// What `sqlite3_reset` returns is the error of the last step, which was thrown there.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    func bind(_ values: [SQLValue], _ operation: String) throws(LedgerError) {
        precondition(
            values.count == Int(unsafe sqlite3_bind_parameter_count(handle)),
            "a statement takes as many values as it has parameters"
        )
        for (index, value) in values.enumerated() {
            let position = Int32(index + 1)
            let code: Int32
            switch value {
            case .null: code = unsafe sqlite3_bind_null(handle, position)
            case .integer(let number): code = unsafe sqlite3_bind_int64(handle, position, number)
            case .real(let number): code = unsafe sqlite3_bind_double(handle, position, number)
            case .text(let text): code = bind(text, at: position)
            case .blob(let bytes):
                code = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe csqlite_bind_blob(
                        handle,
                        position,
                        buffer.baseAddress,
                        Int32(buffer.count)
                    )
                }
            }
            try database.check(code, operation)
        }
    }

    private func bind(_ text: String, at position: Int32) -> Int32 {
        // No text has no address, which SQLite would take for NULL.
        if text.isEmpty { return unsafe csqlite_bind_text(handle, position, "", 0) }
        var text = text
        return text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe csqlite_bind_text(
                    handle,
                    position,
                    characters.baseAddress,
                    Int32(characters.count)
                )
            }
        }
    }

    /// Goes on to the next row; false behind the last.
    func step(_ operation: String) throws(LedgerError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        try database.check(code, operation)
        return code == SQLITE_ROW
    }

    /// The row that it stands on, copied.
    var values: [SQLValue] {
        let count = unsafe sqlite3_column_count(handle)
        return (0..<count).map { column in
            switch unsafe sqlite3_column_type(handle, column) {
            case SQLITE_INTEGER: .integer(unsafe sqlite3_column_int64(handle, column))
            case SQLITE_FLOAT: .real(unsafe sqlite3_column_double(handle, column))
            case SQLITE_TEXT: .text(String(decoding: bytes(of: column), as: UTF8.self))
            case SQLITE_BLOB: .blob(bytes(of: column))
            default: .null
            }
        }
    }

    /// Text as the bytes that it lies there as: a database in UTF-16 is none of ours.
    private func bytes(of column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
