import CSQLite
import Synchronization

/// Failures of the disk, as SQLite's own file layer would tell of them.
///
/// For processes that a test has made for this: it changes SQLite for the whole process.
/// https://www.sqlite.org/c3ref/io_methods.html
enum DiskFault {
    /// Whether an fsync fails.
    static let sync = Atomic(false)
    /// Whether a write finds the disk full.
    static let space = Atomic(false)

    // Set before SQLite opens a file, on the process's only thread that uses it.
    private nonisolated(unsafe) static var openFile = unsafe sqlite3_vfs().xOpen
    private nonisolated(unsafe) static var syncFile = unsafe sqlite3_io_methods().xSync
    private nonisolated(unsafe) static var writeFile = unsafe sqlite3_io_methods().xWrite

    static func install() {
        guard let layer = unsafe sqlite3_vfs_find(nil) else { return }
        unsafe openFile = unsafe layer.pointee.xOpen
        unsafe layer.pointee.xOpen = { layer, name, file, flags, outFlags in
            guard let open = unsafe DiskFault.openFile else { return SQLITE_ERROR }
            let code = unsafe open(layer, name, file, flags, outFlags)
            guard code == SQLITE_OK, let file = unsafe file,
                let methods = unsafe file.pointee.pMethods
            else { return code }
            unsafe file.pointee.pMethods = unsafe UnsafePointer(DiskFault.faulty(methods))
            return code
        }
    }

    /// The same methods but for two; never freed, since SQLite may close the file at any time.
    private static func faulty(
        _ methods: UnsafePointer<sqlite3_io_methods>
    ) -> UnsafeMutablePointer<sqlite3_io_methods> {
        unsafe syncFile = unsafe methods.pointee.xSync
        unsafe writeFile = unsafe methods.pointee.xWrite
        let changed = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        unsafe changed.initialize(to: methods.pointee)
        unsafe changed.pointee.xSync = { file, flags in
            guard !DiskFault.sync.load(ordering: .relaxed),
                let sync = unsafe DiskFault.syncFile
            else { return 1034 }  // SQLITE_IOERR_FSYNC
            return unsafe sync(file, flags)
        }
        unsafe changed.pointee.xWrite = { file, data, count, offset in
            guard !DiskFault.space.load(ordering: .relaxed),
                let write = unsafe DiskFault.writeFile
            else { return SQLITE_FULL }
            return unsafe write(file, data, count, offset)
        }
        return unsafe changed
    }
}
