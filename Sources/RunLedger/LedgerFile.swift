internal import CSQLite
internal import Glibc

/// Makes and opens the ledger's file.
enum LedgerFile {
    /// Opens the ledger for the one process that writes it; makes it where it is not there.
    static func openForWriting(
        _ place: StatePlace,
        schema: Schema
    ) throws(LedgerError) -> Database {
        if try !place.confirmFiles() { try make(place, schema: schema) }
        let database = try Database(
            file: place.file(.ledger),
            path: place.path(.ledger),
            access: .readWrite
        )
        try database.confirmWritable()
        try prepare(database)
        // A file that is not a ledger is left as it is: it is looked at before it is changed.
        let found = try schema.confirm(database)
        try confirmSound(database)
        guard case .text("wal") = try database.value("PRAGMA journal_mode = WAL", "open") else {
            throw LedgerError(
                .unusable,
                operation: "open",
                path: database.path,
                message: "its file system does not allow a write-ahead log",
                hint: "give --state a directory on a local file system"
            )
        }
        try database.execute("PRAGMA synchronous = FULL", "open")
        // The log is copied by `Database`, which does not hide a failure.
        try database.execute("PRAGMA wal_autocheckpoint = 0", "open")
        try schema.bringUpToDate(database, from: found)
        return database
    }

    /// Opens the ledger beside whoever writes it; nil where there is none.
    static func openForReading(
        _ place: StatePlace,
        schema: Schema
    ) throws(LedgerError) -> Database? {
        guard try place.confirmFiles() else { return nil }
        // A ledger on a medium that cannot be written, with nothing in its log, is whole as it is.
        // Everywhere else SQLite keeps an index of the log beside it.
        let logBytes = try place.size(of: .log) ?? 0
        let isStill = !place.isWritable && logBytes == 0
        let database = try Database(
            file: place.file(.ledger),
            path: place.path(.ledger),
            access: isStill ? .immutable : .readOnly
        )
        try prepare(database)
        try schema.refuseOlder(try schema.confirm(database), path: database.path)
        return database
    }

    private static func prepare(_ database: Database) throws(LedgerError) {
        try database.execute("PRAGMA cell_size_check = ON", "open")
        try database.execute("PRAGMA mmap_size = 0", "open")
    }

    /// The file's structure, down to the last page.
    private static func confirmSound(_ database: Database) throws(LedgerError) {
        guard case .text(let finding) = try database.value("PRAGMA quick_check(1)", "check"),
            finding == "ok"
        else { throw .damaged("check", database.path, "it is damaged") }
    }

    /// Makes an empty ledger under another name and puts it in its place whole, so that a process
    /// that is killed meanwhile leaves none rather than a part of one.
    private static func make(_ place: StatePlace, schema: Schema) throws(LedgerError) {
        for file in [StatePlace.File.new, .newJournal, .newLog, .newIndex] {
            if unsafe unlink(place.file(file)) != 0, errno != ENOENT {
                throw failure("make", place.path(file))
            }
        }
        // Made here, since SQLite would let others read it: bounds are values of rows.
        let descriptor = unsafe open(
            place.file(.new),
            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
            0o600
        )
        guard descriptor >= 0 else { throw failure("make", place.path(.ledger)) }
        _ = close(descriptor)
        try fill(place, schema: schema)
        try sync(place.file(.new), place.path(.ledger))
        guard unsafe rename(place.file(.new), place.file(.ledger)) == 0 else {
            throw failure("make", place.path(.ledger))
        }
        try sync(place.resolved, place.shown)
    }

    private static func fill(_ place: StatePlace, schema: Schema) throws(LedgerError) {
        let database = try Database(
            file: place.file(.new),
            path: place.path(.ledger),
            access: .readWrite
        )
        try database.execute("PRAGMA encoding = 'UTF-8'", "make")
        try schema.make(in: database)
        // Kept in the file's header.
        try database.execute("PRAGMA journal_mode = WAL", "make")
    }

    private static func sync(_ file: String, _ path: String) throws(LedgerError) {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure("make", path) }
        let code = fsync(descriptor) == 0 ? 0 : errno
        _ = close(descriptor)
        guard code == 0 else {
            throw .system(code, "make", path, hint: StatePlace.otherDirectoryHint)
        }
    }

    private static func failure(_ operation: String, _ path: String) -> LedgerError {
        .system(errno, operation, path, hint: StatePlace.otherDirectoryHint)
    }
}
