import Foundation
import MySQLSource
import Testing

/// A MariaDB server of one test's own, which it may stop, start and kill; gone with its owner.
final class PrivateServer {
    let settings: MySQLSettings
    let folder: String
    private let options: [String]
    private var process: Process?

    /// Whether the programs are there that it needs.
    static var isPresent: Bool {
        [daemon, installer].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static let daemon = "/usr/sbin/mariadbd"
    private static let installer = "/usr/bin/mariadb-install-db"

    /// Prepares and starts it, with more options, made from the folder of its files.
    init(options makeOptions: (String) throws -> [String] = { _ in [] }) throws {
        folder =
            NSTemporaryDirectory() + "unglue-server-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let port = UInt16.random(in: 20_000...29_999)
        settings = MySQLSettings(
            host: "localhost",
            port: port,
            user: "root",
            database: "mysql",
            tlsMode: .disabled,
            connectTimeoutSeconds: 5,
            readTimeoutSeconds: 60
        )
        options = try makeOptions(folder)
        try Self.run(
            Self.installer,
            [
                "--no-defaults", "--user=\(NSUserName())", "--datadir=\(folder)/data",
                "--auth-root-authentication-method=normal", "--skip-test-db",
                "--skip-name-resolve",
            ],
            environment: environment
        )
        try start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Its own folder for temporary tables: a server that starts removes those of others from a
    /// shared one.
    private var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging(["TMPDIR": folder]) { _, own in own }
    }

    /// Runs a program to its end; its failure is an error.
    static func run(
        _ program: String,
        _ arguments: [String],
        environment: [String: String]? = nil
    ) throws {
        let process = Process()
        if let environment { process.environment = environment }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(program) has failed")
    }

    /// Starts it, and waits until it answers.
    func start() throws {
        let process = Process()
        process.environment = environment
        process.executableURL = URL(fileURLWithPath: Self.daemon)
        process.arguments =
            [
                "--no-defaults", "--user=\(NSUserName())", "--datadir=\(folder)/data",
                "--pid-file=\(folder)/server.pid", "--socket=\(folder)/s",
                "--port=\(settings.port)",
                "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=16M",
                "--innodb-log-file-size=8M", "--skip-name-resolve=0",
            ] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<300 where process.isRunning {
            if (try? MySQLConnection(settings)) != nil { return }
            usleep(100_000)
        }
        Issue.record("the private server does not start")
    }

    /// Kills it, as `kill -9` does.
    func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
