@unsafe @preconcurrency import Glibc

/// The environment the process was started with, read once by `main`.
enum ProcessEnvironment {
    /// Variables and their values; bytes that are not UTF-8 are replaced.
    static func read() -> [String: String] {
        var variables: [String: String] = [:]
        // `environ` is only ever changed by setenv, which nothing here calls.
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text)
                .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }
}
