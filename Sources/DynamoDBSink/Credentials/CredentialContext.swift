internal import Glibc

/// What credential providers may look at: handed in as values and functions, so that tests need
/// no machine of their own and nothing reads the environment behind the caller's back.
struct CredentialContext: Sendable {
    var environment: [String: String]
    /// The profile in use: `default` where none is named.
    var profile: String
    /// Whether the user named the profile as an option: then keys in the environment do not count.
    var isProfileExplicit: Bool
    /// The region of the calls to STS.
    var region: String
    var readFile: @Sendable (_ path: String) throws(DynamoDBError) -> [UInt8]?
    var send: @Sendable (HTTPRequest, _ timeout: Duration) -> Result<HTTPResponse, TransportFailure>
    var run: @Sendable (_ arguments: [String]) throws(DynamoDBError) -> [UInt8]
    /// Seconds since 1970.
    var clock: @Sendable () -> Int

    /// A variable that is set and not empty.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func isTrue(_ name: String) -> Bool {
        variable(name)?.lowercased() == "true"
    }

    /// Both files, merged: the credentials file wins, as it does in the AWS tools.
    func profiles() throws(DynamoDBError) -> ProfileFile {
        var all = ProfileFile()
        if let text = try text(of: "AWS_SHARED_CREDENTIALS_FILE", or: "~/.aws/credentials") {
            all = ProfileFile(text, kind: .credentials)
        }
        if let text = try text(of: "AWS_CONFIG_FILE", or: "~/.aws/config") {
            all.merge(ProfileFile(text, kind: .config))
        }
        return all
    }

    private func text(of name: String, or path: String) throws(DynamoDBError) -> String? {
        var path = variable(name) ?? path
        if path == "~" || path.utf8.starts(with: "~/".utf8) {
            guard let home = variable("HOME") else { return nil }
            path = home + path.dropFirst()
        }
        return try readFile(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func error(_ message: String, hint: String? = nil) -> DynamoDBError {
        DynamoDBError(
            code: "Credentials",
            operation: "Finding AWS credentials",
            message: message,
            hint: hint
        )
    }
}

/// Reads a small file.
enum SmallFile {
    static let bytesMax = 1 << 20

    /// The file's bytes.
    ///
    /// - Returns: nil where there is no such file.
    /// - Throws: where it cannot be read or is longer than `bytesMax`.
    static func read(_ path: String) throws(DynamoDBError) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(path)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = unsafe Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else {
                throw DynamoDBError(
                    code: "Settings",
                    operation: "Reading \(path)",
                    message: "the file is longer than \(bytesMax) bytes"
                )
            }
        }
    }

    private static func failure(_ path: String) -> DynamoDBError {
        DynamoDBError(
            code: "Settings",
            operation: "Reading \(path)",
            message: unsafe String(cString: strerror(errno))
        )
    }
}
