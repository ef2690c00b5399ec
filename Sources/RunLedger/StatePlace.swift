internal import Glibc

/// The state directory and the ledger's files in it, looked at before anything is opened: nothing is
/// followed, nothing that cannot be written is begun with.
struct StatePlace: Sendable {
    /// As the user gave it, for messages.
    let shown: String
    /// Without a symbolic link in any part.
    let resolved: String

    static let otherDirectoryHint = "give --state a directory where files can be made and written"

    enum File: String, CaseIterable {
        case ledger = "ledger.sqlite"
        case log = "ledger.sqlite-wal"
        case index = "ledger.sqlite-shm"
        /// SQLite's other journal, which a ledger never has.
        case journal = "ledger.sqlite-journal"
        case lock
        /// A ledger in the making.
        case new = "ledger.sqlite.new"
        case newJournal = "ledger.sqlite.new-journal"
        case newLog = "ledger.sqlite.new-wal"
        case newIndex = "ledger.sqlite.new-shm"
    }

    func path(_ file: File) -> String { "\(shown)/\(file.rawValue)" }
    func file(_ file: File) -> String { "\(resolved)/\(file.rawValue)" }

    /// The directory; nil where there is none.
    ///
    /// Its parents may be symbolic links, which are resolved once and for all; it may not.
    static func find(_ directory: String) throws(LedgerError) -> StatePlace? {
        // With a slash behind it, a symbolic link would be followed.
        var shown = directory
        while shown.count > 1, shown.last == "/" { shown.removeLast() }
        guard let status = try status(of: shown, shown) else { return nil }
        guard status.st_mode & S_IFMT != S_IFLNK else { throw symbolicLink(shown) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw LedgerError(
                .unusable,
                code: ENOTDIR,
                operation: "open",
                path: shown,
                message: "it is no directory",
                hint: otherDirectoryHint
            )
        }
        guard let real = unsafe realpath(shown, nil) else {
            throw .system(errno, "open", shown, hint: otherDirectoryHint)
        }
        defer { unsafe free(real) }
        let place = StatePlace(shown: shown, resolved: unsafe String(cString: real))
        guard let resolved = try Self.status(of: place.resolved, shown),
            resolved.st_dev == status.st_dev, resolved.st_ino == status.st_ino
        else { throw symbolicLink(shown) }
        return place
    }

    /// Makes sure that no file of the ledger is a link or a device, and says whether the ledger is
    /// there.
    func confirmFiles() throws(LedgerError) -> Bool {
        for file in File.allCases {
            guard let status = try Self.status(of: self.file(file), path(file)) else { continue }
            if status.st_mode & S_IFMT == S_IFLNK { throw Self.symbolicLink(path(file)) }
            if status.st_mode & S_IFMT != S_IFREG { throw Self.notAFile(path(file)) }
        }
        guard let ledger = try size(of: .ledger) else {
            if try size(of: .log) ?? 0 > 0 {
                throw LedgerError(
                    .damaged,
                    operation: "open",
                    path: path(.ledger),
                    message: "it is gone, while its write-ahead log ledger.sqlite-wal is there",
                    hint: """
                        put it back, or move ledger.sqlite-wal away and start again: rows are then \
                        written again, which is safe
                        """
                )
            }
            return false
        }
        // A ledger comes into being whole, so an empty one was not left by us.
        guard ledger > 0 else { throw .damaged("open", path(.ledger), "it is empty") }
        if try size(of: .journal) != nil {
            throw .damaged("open", path(.ledger), "a journal that is not its own lies beside it")
        }
        return true
    }

    /// Makes sure that the directory and the files that are there may be written.
    func confirmWritable() throws(LedgerError) {
        try Self.confirmWritable(resolved, shown)
        for file in [File.lock, .ledger, .log, .index] where try size(of: file) != nil {
            try Self.confirmWritable(self.file(file), path(file))
        }
    }

    var isWritable: Bool {
        unsafe faccessat(AT_FDCWD, resolved, W_OK, AT_EACCESS) == 0
    }

    func size(of file: File) throws(LedgerError) -> Int? {
        try Self.status(of: self.file(file), path(file)).map { Int($0.st_size) }
    }

    private static func confirmWritable(_ file: String, _ path: String) throws(LedgerError) {
        guard unsafe faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) != 0 else { return }
        throw .system(errno, "write to", path, hint: otherDirectoryHint)
    }

    /// What lies at a path, itself and not what it points to; nil where nothing does.
    private static func status(of file: String, _ path: String) throws(LedgerError) -> stat? {
        var status = stat()
        if unsafe lstat(file, &status) == 0 { return status }
        guard errno == ENOENT else { throw .system(errno, "open", path, hint: otherDirectoryHint) }
        return nil
    }

    static func symbolicLink(_ path: String) -> LedgerError {
        LedgerError(
            .unusable,
            code: ELOOP,
            operation: "open",
            path: path,
            message: "it is a symbolic link, which is not followed",
            hint: "give --state the directory itself, with its files in it"
        )
    }

    static func notAFile(_ path: String) -> LedgerError {
        LedgerError(
            .unusable,
            operation: "open",
            path: path,
            message: "it is no regular file",
            hint: "move it away, or give --state another directory"
        )
    }
}
