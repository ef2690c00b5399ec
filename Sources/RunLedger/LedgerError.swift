internal import CSQLite
internal import Glibc

/// Why the ledger cannot be opened, read or written.
///
/// Holds no value of a row. Nothing that it tells of is to be tried again by the process that got
/// it: what was recorded before stands.
public struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// Another process writes to the ledger.
        case locked
        /// The file is truncated, overwritten, or says what cannot be.
        case damaged
        /// It is no ledger of Unglue.
        case foreign
        /// A newer Unglue has made it.
        case newer
        /// An older Unglue has made it, and a reader may not migrate it.
        case older
        /// A path is missing, a symbolic link, or may not be written.
        case unusable
        /// The disk is full.
        case full
        /// The disk failed.
        case inputOutput
        /// There is no such run.
        case unknownRun
        /// What was asked contradicts what the ledger holds.
        case refused
    }

    public var kind: Kind
    /// SQLite's extended result code or, where SQLite was not asked, an `errno`; 0 where there is
    /// none.
    public var code: Int32
    /// What was being done: `open`, `record a checkpoint in`.
    public var operation: String
    /// The file or directory concerned.
    public var path: String
    /// What is wrong, in one sentence without a full stop.
    public var message: String
    /// What to do next.
    public var hint: String

    public init(
        _ kind: Kind,
        code: Int32 = 0,
        operation: String,
        path: String,
        message: String,
        hint: String
    ) {
        self.kind = kind
        self.code = code
        self.operation = operation
        self.path = path
        self.message = message
        self.hint = hint
    }

    public var description: String {
        "could not \(operation) '\(path)': \(message); \(hint)"
    }
}

extension LedgerError {
    static let moveAwayHint = """
        move it away, with the files ledger.sqlite-wal and ledger.sqlite-shm beside it, and start \
        again: rows are then written again, which is safe
        """
    static let intactHint = "the last checkpoint is intact"

    static func damaged(_ operation: String, _ path: String, _ message: String) -> LedgerError {
        LedgerError(
            .damaged,
            operation: operation,
            path: path,
            message: message,
            hint: moveAwayHint
        )
    }

    static func system(
        _ code: Int32,
        _ operation: String,
        _ path: String,
        hint: String
    ) -> LedgerError {
        let kind: Kind =
            switch code {
            case ENOSPC, EDQUOT: .full
            case EIO: .inputOutput
            default: .unusable
            }
        return LedgerError(
            kind,
            code: code,
            operation: operation,
            path: path,
            message: text(ofErrno: code),
            hint: kind == .full
                ? "make room and run the same command again: \(intactHint)" : hint
        )
    }

    /// What a result code of SQLite, an extended one, means for the ledger: decided in this one
    /// place.
    ///
    /// https://www.sqlite.org/rescode.html
    static func sqlite(
        _ code: Int32,
        _ message: String,
        _ operation: String,
        _ path: String
    ) -> LedgerError {
        let numbered = "\(message) (SQLite error \(code))"
        let (kind, text, hint): (Kind, String, String) =
            switch code & 0xFF {
            case SQLITE_CORRUPT, SQLITE_FORMAT:
                (.damaged, "it is damaged: \(numbered)", moveAwayHint)
            case SQLITE_NOTADB:
                (.damaged, "it is not a SQLite database, or its beginning is damaged", moveAwayHint)
            case SQLITE_FULL:
                (
                    .full, "the disk is full",
                    "make room and run the same command again: \(intactHint)"
                )
            case SQLITE_IOERR:
                (
                    .inputOutput, "the disk failed: \(numbered)",
                    "\(intactHint), but see to the disk before the same command is run again"
                )
            case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
                (
                    .unusable, numbered,
                    "give --state a directory where files can be made and written"
                )
            case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
                (
                    .locked, "another program has locked it: \(numbered)",
                    "close the program that has it open, such as a database browser"
                )
            default:
                (.refused, numbered, "this is a mistake in Unglue: please report it")
            }
        return LedgerError(
            kind,
            code: code,
            operation: operation,
            path: path,
            message: text,
            hint: hint
        )
    }

    /// As the C library words it; ENOENT is `No such file or directory`.
    static func text(ofErrno code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "error \(code)" : String(decoding: bytes, as: UTF8.self)
    }
}
