/// A table whose rows carry a seal in their last column, and the statements on it.
struct SealedTable: Sendable {
    let name: String
    /// All but the seal; the key's columns first.
    let columns: [String]
    let keyCount: Int

    let insertSQL: String
    let updateSQL: String

    private init(_ name: String, key: [String], _ others: [String]) {
        self.name = name
        columns = key + others
        keyCount = key.count
        let all = columns + ["seal"]
        let marks = all.map { _ in "?" }.joined(separator: ", ")
        insertSQL = "INSERT INTO \(name) (\(all.joined(separator: ", "))) VALUES (\(marks))"
        let changes = (others + ["seal"]).map { "\($0) = ?" }.joined(separator: ", ")
        let condition = key.map { "\($0) = ?" }.joined(separator: " AND ")
        updateSQL = "UPDATE \(name) SET \(changes) WHERE \(condition)"
    }

    static let runs = SealedTable(
        "runs",
        key: ["number"],
        [
            "run", "lineage", "contract_path", "contract_name", "contract_digest", "state",
            "started", "updated", "ended", "seconds", "mode", "consistency", "options", "errors",
        ]
    )
    static let identity = SealedTable("identity", key: ["run", "ordinal"], ["name", "text"])
    static let jobs = SealedTable(
        "jobs",
        key: ["run", "table_index"],
        [
            "table_name", "target_name", "state", "rows_read", "written", "kept", "duplicates",
            "rejected", "bytes_written", "write_units", "requests", "retries", "throttles",
            "seconds", "key_log_bytes", "duplicate_keys", "chunks", "chunk_seals",
        ]
    )
    static let entities = SealedTable(
        "entities",
        key: ["run", "entity"],
        ["table_index", "name"]
    )
    static let chunks = SealedTable(
        "chunks",
        key: ["run", "entity", "places_lower"],
        [
            "places_upper", "attempt", "range_lower", "range_upper", "is_null_keys", "rows_read",
            "written", "kept", "rejected", "keys_logged", "key_checksum",
        ]
    )

    func seal(of values: [SQLValue]) -> UInt64 { Seal.of(table: name, values) }

    func insert(
        _ values: [SQLValue],
        in database: Database,
        _ operation: String
    ) throws(LedgerError) {
        try database.execute(insertSQL, operation, values + [.bits(seal(of: values))])
    }

    /// Replaces the row with the same key, which must be there.
    func update(
        _ values: [SQLValue],
        in database: Database,
        _ operation: String
    ) throws(LedgerError) {
        try database.execute(
            updateSQL,
            operation,
            values[keyCount...] + [.bits(seal(of: values))] + values[..<keyCount]
        )
        guard database.changes == 1 else {
            throw .damaged(operation, database.path, "a row of \(name) is gone")
        }
    }

    /// The rows that a condition finds, each with a seal that holds.
    ///
    /// `rest` is what follows the table's name: condition, order, limit.
    func rows(
        _ rest: String,
        _ values: [SQLValue] = [],
        in database: Database,
        _ operation: String,
        row: (SealedRow) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        let sql = "SELECT \(columns.joined(separator: ", ")), seal FROM \(name) \(rest)"
        try database.query(sql, operation, values) { (found: [SQLValue]) throws(LedgerError) in
            let values = Array(found.dropLast())
            let seal = seal(of: values)
            guard found.last == .bits(seal) else {
                throw .damaged(operation, database.path, "a row of \(name) has been changed")
            }
            try row(
                SealedRow(
                    table: name,
                    values: values,
                    seal: seal,
                    operation: operation,
                    path: database.path
                )
            )
        }
    }
}

/// A row that was read, and read out column by column.
struct SealedRow {
    let table: String
    let values: [SQLValue]
    let seal: UInt64
    let operation: String
    let path: String

    func integer(_ column: Int) throws(LedgerError) -> Int {
        guard case .integer(let number) = values[column] else { throw unreadable }
        return Int(number)
    }

    /// A number that cannot be below zero.
    func count(_ column: Int) throws(LedgerError) -> Int {
        let number = try integer(column)
        guard number >= 0 else { throw unreadable }
        return number
    }

    func real(_ column: Int) throws(LedgerError) -> Double {
        guard case .real(let number) = values[column] else { throw unreadable }
        return number
    }

    func text(_ column: Int) throws(LedgerError) -> String {
        guard case .text(let text) = values[column] else { throw unreadable }
        return text
    }

    /// nil where the column is NULL.
    func optional<Value>(
        _ column: Int,
        _ read: (Int) throws(LedgerError) -> Value
    ) throws(LedgerError) -> Value? {
        values[column] == .null ? nil : try read(column)
    }

    func bound(_ column: Int) throws(LedgerError) -> [[UInt8]] {
        guard case .blob(let bytes) = values[column], let bound = BoundCoding.decode(bytes) else {
            throw unreadable
        }
        return bound
    }

    /// A text that stands for one of several values.
    func named<Value: RawRepresentable<String>>(_ column: Int) throws(LedgerError) -> Value {
        guard let value = Value(rawValue: try text(column)) else { throw unreadable }
        return value
    }

    /// The seal holds, but the value is none that this version writes.
    var unreadable: LedgerError {
        .damaged(operation, path, "a row of \(table) holds what no Unglue writes")
    }
}
