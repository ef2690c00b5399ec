import Glibc

/// The directory of `--state`, and those of the runs in it.
enum StateDirectory {
    /// Makes it and its parents, for the owner only, where they are not there; follows no symbolic
    /// link at its end.
    static func make(_ path: String) throws {
        var parents = path.split(separator: "/", omittingEmptySubsequences: true)
        guard !parents.isEmpty else { return }
        parents.removeLast()
        var parent = path.hasPrefix("/") ? "" : "."
        for name in parents {
            parent += "/" + name
            if unsafe mkdir(parent, 0o700) != 0, errno != EEXIST {
                throw StateDirectoryError(path: path, code: errno)
            }
        }
        if unsafe mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else { throw StateDirectoryError(path: path, code: errno) }
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            throw StateDirectoryError(path: path, code: errno)
        }
        guard status.st_mode & S_IFMT != S_IFLNK else {
            throw StateDirectoryError(path: path, code: ELOOP)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StateDirectoryError(path: path, code: ENOTDIR)
        }
    }
}

struct StateDirectoryError: Error, CustomStringConvertible {
    var path: String
    var code: Int32

    var description: String {
        let reason =
            code == ELOOP
            ? "it is a symbolic link, which is not followed"
            : unsafe String(cString: strerror(code))
        return """
            cannot use the state directory \(Neutral.quoted(path)): \(reason); \
            give --state a directory that can be made or written
            """
    }
}
