/// The ledger's tables, by version: `migrations[n]` takes a ledger of version n to n + 1.
///
/// A step that is released never changes; a new version is a new step. Every row of these tables has
/// a `seal`: see `SealedTable`. A step that changes the columns of a sealed table has to seal its
/// rows anew.
struct Schema: Sendable {
    /// `Ungl`, in the file's header: what tells a ledger from any other SQLite database.
    static let applicationID: Int64 = 0x556E_676C

    var migrations: [[String]]

    var version: Int { migrations.count }

    static let current = Schema(migrations: [
        [
            """
            CREATE TABLE runs (
                number INTEGER PRIMARY KEY,
                run TEXT NOT NULL UNIQUE,
                lineage TEXT NOT NULL,
                contract_path TEXT NOT NULL,
                contract_name TEXT NOT NULL,
                contract_digest TEXT NOT NULL,
                state TEXT NOT NULL,
                started INTEGER NOT NULL,
                updated INTEGER NOT NULL,
                ended INTEGER,
                seconds REAL NOT NULL,
                mode TEXT NOT NULL,
                consistency TEXT NOT NULL,
                options TEXT NOT NULL,
                errors TEXT NOT NULL,
                seal INTEGER NOT NULL
            ) STRICT
            """,
            "CREATE INDEX runs_by_lineage ON runs (lineage, number)",
            """
            CREATE TABLE identity (
                run INTEGER NOT NULL REFERENCES runs (number),
                ordinal INTEGER NOT NULL,
                name TEXT NOT NULL,
                text TEXT NOT NULL,
                seal INTEGER NOT NULL,
                PRIMARY KEY (run, ordinal)
            ) STRICT, WITHOUT ROWID
            """,
            """
            CREATE TABLE jobs (
                run INTEGER NOT NULL REFERENCES runs (number),
                table_index INTEGER NOT NULL,
                table_name TEXT NOT NULL,
                target_name TEXT NOT NULL,
                state TEXT NOT NULL,
                rows_read INTEGER NOT NULL,
                written INTEGER NOT NULL,
                kept INTEGER NOT NULL,
                duplicates INTEGER NOT NULL,
                rejected INTEGER NOT NULL,
                bytes_written INTEGER NOT NULL,
                write_units REAL NOT NULL,
                requests INTEGER NOT NULL,
                retries INTEGER NOT NULL,
                throttles INTEGER NOT NULL,
                seconds REAL NOT NULL,
                key_log_bytes INTEGER NOT NULL,
                duplicate_keys TEXT NOT NULL,
                chunks INTEGER NOT NULL,
                chunk_seals INTEGER NOT NULL,
                seal INTEGER NOT NULL,
                PRIMARY KEY (run, table_index)
            ) STRICT, WITHOUT ROWID
            """,
            """
            CREATE TABLE entities (
                run INTEGER NOT NULL,
                entity INTEGER NOT NULL,
                table_index INTEGER NOT NULL,
                name TEXT NOT NULL,
                seal INTEGER NOT NULL,
                PRIMARY KEY (run, entity),
                FOREIGN KEY (run, table_index) REFERENCES jobs (run, table_index)
            ) STRICT, WITHOUT ROWID
            """,
            """
            CREATE TABLE chunks (
                run INTEGER NOT NULL,
                entity INTEGER NOT NULL,
                places_lower INTEGER NOT NULL,
                places_upper INTEGER NOT NULL,
                attempt INTEGER NOT NULL,
                range_lower BLOB,
                range_upper BLOB,
                is_null_keys INTEGER NOT NULL,
                rows_read INTEGER NOT NULL,
                written INTEGER NOT NULL,
                kept INTEGER NOT NULL,
                rejected INTEGER NOT NULL,
                keys_logged INTEGER NOT NULL,
                key_checksum INTEGER NOT NULL,
                seal INTEGER NOT NULL,
                PRIMARY KEY (run, entity, places_lower),
                FOREIGN KEY (run, entity) REFERENCES entities (run, entity)
            ) STRICT, WITHOUT ROWID
            """,
            "CREATE UNIQUE INDEX chunks_by_attempt ON chunks (run, attempt)",
        ]
    ])

    // MARK: - Making and checking

    /// Makes an empty ledger of this version in an empty database.
    func make(in database: Database) throws(LedgerError) {
        try database.transaction("make") { () throws(LedgerError) in
            try database.execute("PRAGMA application_id = \(Self.applicationID)", "make")
            try migrate(database, from: 0, "make")
        }
    }

    /// Makes sure that it is a ledger, of this version or an older one, and says of which.
    func confirm(_ database: Database) throws(LedgerError) -> Int {
        let path = database.path
        let application = try database.value("PRAGMA application_id", "open")
        guard application == .integer(Self.applicationID) else {
            throw LedgerError(
                .foreign,
                operation: "open",
                path: path,
                message: "it is a SQLite database, but no ledger of Unglue",
                hint: "give --state another directory, or move the file away"
            )
        }
        guard case .integer(let number) = try database.value("PRAGMA user_version", "open"),
            let found = Int(exactly: number), found > 0
        else { throw .damaged("open", path, "it has no version") }
        guard found <= version else {
            throw LedgerError(
                .newer,
                operation: "open",
                path: path,
                message:
                    "it was made by a newer Unglue (format \(found); this one knows \(version))",
                hint: "use that Unglue, or give --state another directory"
            )
        }
        try confirmTables(database, version: found)
        return found
    }

    /// Refuses a ledger of an older version, which a reader cannot change.
    func refuseOlder(_ found: Int, path: String) throws(LedgerError) {
        guard found < version else { return }
        throw LedgerError(
            .older,
            operation: "open",
            path: path,
            message: "it was made by an older Unglue (format \(found); this one has \(version))",
            hint: "the next `unglue run` on it brings it up to date"
        )
    }

    /// Takes a ledger to this version if it is of an older one; all the way or not at all.
    func bringUpToDate(_ database: Database, from found: Int) throws(LedgerError) {
        guard found < version else { return }
        try database.transaction("migrate") { () throws(LedgerError) in
            try migrate(database, from: found, "migrate")
        }
        try confirmTables(database, version: version)
    }

    private func migrate(
        _ database: Database,
        from found: Int,
        _ operation: String
    ) throws(LedgerError) {
        for step in migrations[found...] {
            for sql in step { try database.execute(sql, operation) }
        }
        try database.execute("PRAGMA user_version = \(version)", operation)
    }

    /// The tables are those that the steps up to the version make, to the letter: nothing is read
    /// through a table that somebody else has put there.
    private func confirmTables(_ database: Database, version: Int) throws(LedgerError) {
        let model = try Database(file: ":memory:", path: database.path, access: .memory)
        for step in migrations[..<version] {
            for sql in step { try model.execute(sql, "open") }
        }
        guard try Self.definitions(of: database) == Self.definitions(of: model) else {
            throw .damaged("open", database.path, "its tables are not those of format \(version)")
        }
    }

    private static func definitions(of database: Database) throws(LedgerError) -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        try database.query(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
            "open"
        ) { rows.append($0) }
        return rows
    }
}
