internal import CMySQL
public import Mapping

/// The rows of one query as they come from the server, one after another, in one pass.
///
/// Holds its connection until it was read to its end. Let go before that, it breaks the connection
/// off: reading the rest, as the client library would, may take hours.
@safe
public final class StreamingCursor {
    public let columns: [ResultColumn]
    private let connection: MySQLConnection
    private let operation: String
    private let object: String?
    private var result: UnsafeMutablePointer<MYSQL_RES>?
    private var row: MYSQL_ROW?
    private let columnCount: Int

    init(
        takingOwnershipOf result: UnsafeMutablePointer<MYSQL_RES>,
        connection: MySQLConnection,
        operation: String,
        object: String?
    ) {
        unsafe self.result = unsafe result
        self.connection = connection
        self.operation = operation
        self.object = object
        columnCount = Int(unsafe mysql_num_fields(result))
        var columns: [ResultColumn] = []
        if let fields = unsafe mysql_fetch_fields(result) {
            for index in 0..<columnCount {
                unsafe columns.append(ResultColumn(fields[index]))
            }
        }
        self.columns = columns
    }

    deinit {
        if unsafe result != nil { abandon() }
    }

    /// Goes to the next row; false at the end.
    ///
    /// The end is only ever the end of all rows: a connection that breaks, and a statement that is
    /// stopped, throw.
    public func advance() throws(MySQLError) -> Bool {
        guard let result = unsafe result else { return false }
        connection.willWait()
        unsafe row = unsafe mysql_fetch_row(result)
        if unsafe row != nil { return true }
        // The library answers "no more rows" to both, the end and an error.
        let error = connection.errorCode == 0 ? nil : connection.failure(operation, on: object)
        unsafe mysql_free_result(result)
        unsafe self.result = nil
        connection.openCursor = nil
        if let error { throw error }
        try connection.refuseCutValues(operation, on: object)
        return false
    }

    /// Copies the current row to the end of the slab, whose rows must have as many cells.
    ///
    /// - Returns: bytes of the row's cells.
    @discardableResult
    public func copyRow(into slab: RowSlab) -> Int {
        guard let result = unsafe result, let row = unsafe row,
            let lengths = unsafe mysql_fetch_lengths(result)
        else { preconditionFailure("there is no current row: advance() must have returned true") }
        let before = slab.byteCount
        unsafe slab.appendRow(values: row, lengths: lengths)
        return slab.byteCount - before
    }

    /// Calls `body` with the cells of the current row, null for SQL NULL, and their lengths; neither may
    /// be kept.
    @inline(__always)
    func withCells<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UInt>)
            throws(MySQLError)
            -> Result
    ) throws(MySQLError) -> Result {
        guard let result = unsafe result, let row = unsafe row,
            let lengths = unsafe mysql_fetch_lengths(result)
        else { preconditionFailure("there is no current row: advance() must have returned true") }
        return try unsafe body(row, lengths)
    }

    /// Gives up the rows that are left, and the connection with them.
    public func abandon() {
        guard let result = unsafe result else { return }
        unsafe connection.abandon(result)
        unsafe self.result = nil
        connection.openCursor = nil
    }
}

extension MySQLConnection {
    /// Refuses a result in which the server has cut a value or replaced it by NULL for its length.
    ///
    /// It only warns of that, at the end of the rows, and does not say which of them it was.
    fileprivate func refuseCutValues(_ operation: String, on object: String?) throws(MySQLError) {
        guard warningCount > 0 else { return }
        let warnings = try query("SHOW WARNINGS", operation: operation, on: object)
        for warning in warnings {
            guard warning.count > 1, let code = warning[1].flatMap(UInt32.init(digits:)),
                code == 1260 || code == 1301
            else { continue }
            throw MySQLError(
                code: code,
                operation: operation,
                subject: subject(object),
                message: "the server cut a value that is longer than it allows",
                hint: "Raise max_allowed_packet on the server, or leave those rows out."
            )
        }
    }
}
