import Contract
import DynamoDBSink
import MySQLSource
import Pipeline

/// Makes `Settings` of an invocation, the environment and the files that they name: flags first,
/// then environment, then `--config`.
///
/// Every problem is found before anything is reported.
struct SettingsResolver {
    private let options: Options
    private let invocation: Invocation
    private let environment: [String: String]
    private var config = ConfigFile()
    private var problems: [UsageProblem] = []
    private var warnings: [String] = []

    /// - Throws: every problem of the settings, at once.
    static func resolve(
        _ invocation: Invocation,
        environment: [String: String]
    ) throws(UsageError) -> (settings: Settings, warnings: [String]) {
        var resolver = SettingsResolver(invocation, environment: environment)
        let settings = resolver.resolve()
        guard let settings, resolver.problems.isEmpty else {
            throw UsageError(resolver.problems, command: invocation.command)
        }
        return (settings, resolver.warnings)
    }

    private init(_ invocation: Invocation, environment: [String: String]) {
        self.invocation = invocation
        self.environment = environment
        options = invocation.options
    }

    private mutating func resolve() -> Settings? {
        readConfig()
        let contractPath = contractPath()
        let needsMySQL = invocation.command != .tables
        let mysql = needsMySQL ? mysqlSettings() : nil
        let prefix = options.tablePrefix ?? config.tablePrefix ?? ""
        if !prefix.utf8.allSatisfy(Self.isTableNameByte) {
            problems.append(
                UsageProblem(
                    "--table-prefix holds what no DynamoDB table's name may hold",
                    hint: "letters, digits, _, - and . only"
                )
            )
        }
        let aws = awsSettings()
        guard let contractPath, mysql != nil || !needsMySQL else { return nil }
        return Settings(
            command: invocation.command,
            contractPath: contractPath,
            source: mysql,
            aws: aws,
            tablePrefix: prefix,
            tableNames: options.tableNames,
            stateDirectory: options.stateDirectory ?? ".unglue",
            output: options.output ?? .text,
            log: options.log ?? .text,
            logLevel: logLevel,
            showsProgress: (options.progress ?? true) && !options.isQuiet,
            color: options.color ?? .auto,
            isColourUnwanted: value("NO_COLOR") != nil,
            terminalIsDumb: value("TERM").map { $0 == "dumb" } ?? true,
            inline: options.inline,
            views: viewsAction,
            tables: tablesAction,
            previewLimit: options.limit ?? 5,
            run: RunSettings(
                setup: options.setup,
                isFresh: options.fresh,
                consistency: options.consistency ?? .chunk,
                snapshotAge: options.snapshotAge ?? .seconds(6 * 3600),
                readers: options.readers,
                workers: options.workers,
                inFlight: options.inFlight,
                maxWriteUnits: options.maxWriteUnits,
                mode: options.mode ?? .replace,
                chunkRows: options.chunkRows,
                retryFor: options.retryFor ?? .seconds(86_400)
            ),
            verify: VerifySettings(
                sample: options.sample,
                seed: options.seed,
                isConsistent: options.consistent,
                segments: options.segments,
                examples: options.examples ?? 20,
                readUnits: options.readUnits,
                repair: options.repair,
                deleteExtra: options.deleteExtra
            ),
            retry: retrySettings
        )
    }

    private var retrySettings: RetrySettings? {
        guard invocation.command == .retry, let run = invocation.operand else { return nil }
        return RetrySettings(
            run: run,
            contractPath: options.contractFile,
            tablePrefix: options.tablePrefix ?? config.tablePrefix,
            mode: options.mode
        )
    }

    private var logLevel: LogLevel {
        options.isQuiet ? .error : options.isVerbose ? .debug : .info
    }

    private var viewsAction: ViewsAction {
        options.apply ? .apply : options.drop ? .drop : .show
    }

    private var tablesAction: TablesAction {
        let wait = options.wait ?? true
        if options.create { return .create(wait: wait) }
        return options.delete ? .delete(wait: wait, asks: !options.yes) : .show
    }

    /// A variable's value; nil where it is not set or empty, as the AWS tools have it.
    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: - Files

    private mutating func readConfig() {
        guard let path = options.configFile else { return }
        guard let bytes = readFile(path, flag: "config")?.bytes else { return }
        config = ConfigFile(bytes, name: path)
        warnings += config.warnings
        problems += config.problems.map { UsageProblem("--config: \($0)") }
    }

    private mutating func readFile(_ path: String, flag: String) -> InputFile.Contents? {
        do {
            return try InputFile.read(path, bytesMax: InputFile.settingsBytesMax)
        } catch {
            problems.append(UsageProblem("--\(flag): \(error.description)"))
            return nil
        }
    }

    private mutating func contractPath() -> String? {
        // Where none is given the ledger knows that of the run.
        if invocation.command == .retry { return options.contractFile ?? "" }
        if let path = invocation.operand { return path }
        if let path = config.contractFile, let file = options.configFile {
            guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
            return file[...slash] + path
        }
        problems.append(
            UsageProblem(
                "no contract is given",
                hint: "write unglue \(invocation.command.rawValue) CONTRACT"
            )
        )
        return nil
    }

    // MARK: - MySQL

    private mutating func mysqlSettings() -> MySQLSettings? {
        let flagged = address(options.mysqlURL, name: "--mysql", allowsPassword: false)
        let ambient = address(
            value("UNGLUE_MYSQL_URL"),
            name: "UNGLUE_MYSQL_URL",
            allowsPassword: true
        )
        let optionFile = optionFileAddress()
        let sources = [flagged, optionFile, ambient, config.mysql]
        let isGiven = sources.contains { $0.host != nil || $0.unixSocket != nil }
        guard isGiven else {
            problems.append(
                UsageProblem(
                    "no MySQL server is given",
                    hint: "--mysql mysql://USER@HOST:PORT/DATABASE, or UNGLUE_MYSQL_URL"
                )
            )
            return nil
        }
        var merged = Self.merge(sources)
        merged.password = password(of: merged, optionFile: optionFile, ambient: ambient)
        if merged.user == nil {
            problems.append(
                UsageProblem("no MySQL user is given", hint: "write mysql://USER@HOST/DATABASE")
            )
        }
        if merged.database == nil {
            problems.append(
                UsageProblem(
                    "no MySQL database is given",
                    hint: "write mysql://USER@HOST/DATABASE"
                )
            )
        }
        if merged.tlsMode == .verifyCA, merged.certificateAuthorityPath == nil {
            problems.append(
                UsageProblem(
                    "tls=verify-ca needs the authority to verify against",
                    hint: "add ca=FILE, or write tls=verify-identity"
                )
            )
        }
        guard let user = merged.user, let database = merged.database else { return nil }
        let host = merged.host ?? "localhost"
        let isLocal = merged.unixSocket != nil || Self.isLocal(host: host)
        return MySQLSettings(
            host: host,
            port: merged.port ?? 3306,
            user: user,
            password: merged.password ?? Password(""),
            database: database,
            unixSocket: merged.unixSocket,
            tlsMode: merged.tlsMode ?? (isLocal ? .preferred : .required),
            certificateAuthorityPath: merged.certificateAuthorityPath,
            readTimeoutSeconds: merged.readTimeoutSeconds
        )
    }

    private mutating func address(
        _ url: String?,
        name: String,
        allowsPassword: Bool
    ) -> MySQLAddress {
        guard let url else { return MySQLAddress() }
        do {
            let address = try MySQLAddress(url: url)
            if address.password != nil, !allowsPassword {
                problems.append(
                    UsageProblem(
                        "\(name) holds a password, which every user of this machine can read",
                        hint: """
                            leave it out and give it by UNGLUE_MYSQL_PASSWORD, \
                            --mysql-password-file or --mysql-option-file
                            """
                    )
                )
            }
            return address
        } catch {
            problems.append(
                UsageProblem(
                    "\(name) \(error.message)",
                    hint: "the form is mysql://USER@HOST:PORT/DATABASE?tls=MODE&ca=FILE"
                )
            )
            // Something was given, so nobody is told that nothing was.
            return MySQLAddress(host: "", user: "", database: "")
        }
    }

    private mutating func optionFileAddress() -> MySQLAddress {
        guard let path = options.mysqlOptionFile,
            let contents = readFile(path, flag: "mysql-option-file")
        else { return MySQLAddress() }
        let file = OptionFile(contents.bytes, name: path)
        warnings += file.warnings
        problems += file.problems.map { UsageProblem("--mysql-option-file: \($0)") }
        if file.address.password != nil, contents.isSharedWithOthers {
            warnings.append(Self.sharedWarning(path))
        }
        return file.address
    }

    /// Part by part, the first source that has it.
    ///
    /// A server is a whole, though: a host's port and socket never come from a source behind the
    /// one that names the host.
    private static func merge(_ sources: [MySQLAddress]) -> MySQLAddress {
        var merged = MySQLAddress()
        for source in sources {
            if merged.host == nil, merged.unixSocket == nil {
                merged.host = source.host
                merged.unixSocket = source.unixSocket
                merged.port = merged.port ?? source.port
                merged.tlsMode = merged.tlsMode ?? source.tlsMode
                merged.certificateAuthorityPath =
                    merged.certificateAuthorityPath ?? source.certificateAuthorityPath
                merged.readTimeoutSeconds = merged.readTimeoutSeconds ?? source.readTimeoutSeconds
            }
            merged.user = merged.user ?? source.user
            merged.database = merged.database ?? source.database
        }
        return merged
    }

    /// A password from a file or variable of its own is meant for this very account.
    ///
    /// One that stands beside a server in a URL or in `--config` is sent to that server's account
    /// only.
    private mutating func password(
        of merged: MySQLAddress,
        optionFile: MySQLAddress,
        ambient: MySQLAddress
    ) -> Password? {
        if let path = options.mysqlPasswordFile { return passwordFile(path) }
        let beside: [(MySQLAddress, String)] = [
            (optionFile, "--mysql-option-file"), (ambient, "UNGLUE_MYSQL_URL"),
            (config.mysql, "--config"),
        ]
        for (index, (source, name)) in beside.enumerated() {
            if index == 1, let password = value("UNGLUE_MYSQL_PASSWORD") {
                return Password(password)
            }
            guard let password = source.password else { continue }
            let isSameServer =
                source.host == nil && source.unixSocket == nil
                || (source.host == merged.host && source.unixSocket == merged.unixSocket)
            if isSameServer, source.user == nil || source.user == merged.user { return password }
            warnings.append(
                "the password of \(name) is not used: it is of another server or account"
            )
        }
        return nil
    }

    private mutating func passwordFile(_ path: String) -> Password? {
        guard let contents = readFile(path, flag: "mysql-password-file") else { return nil }
        guard var text = String(validating: contents.bytes, as: UTF8.self) else {
            problems.append(UsageProblem("--mysql-password-file: it is not UTF-8 text"))
            return nil
        }
        if text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty, !text.contains(where: { $0.isNewline || $0 == "\0" }) else {
            problems.append(
                UsageProblem(
                    "--mysql-password-file: \(Neutral.quoted(path)) must hold the password in one "
                        + "line and nothing else"
                )
            )
            return nil
        }
        if contents.isSharedWithOthers { warnings.append(Self.sharedWarning(path)) }
        return Password(text)
    }

    private static func sharedWarning(_ path: String) -> String {
        "other users of this machine may read \(Neutral.quoted(path)), which holds a password: "
            + "chmod 600 it"
    }

    /// Whether a host is this machine, so that nobody is on the way to it.
    private static func isLocal(host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    // MARK: - AWS

    private mutating func awsSettings() -> AWSSettings {
        let endpointURL = configured(
            options.endpointURL,
            ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"],
            config.endpointURL
        )
        if let endpointURL, Endpoint(url: endpointURL) == nil {
            problems.append(
                UsageProblem(
                    "the DynamoDB endpoint is no URL",
                    hint: "write http://HOST:PORT or https://HOST"
                )
            )
        }
        return AWSSettings(
            options: DynamoDBSettings.Options(
                region: configured(
                    options.region,
                    ["AWS_REGION", "AWS_DEFAULT_REGION"],
                    config.region
                ),
                profile: configured(options.profile, ["AWS_PROFILE"], config.profile),
                endpointURL: endpointURL
            ),
            environment: AWSEnvironment(environment)
        )
    }

    /// A flag's value, else the configuration file's, unless the environment has one: that is left to
    /// the AWS conventions.
    private func configured(_ flag: String?, _ variables: [String], _ config: String?) -> String? {
        flag ?? (variables.contains { value($0) != nil } ? nil : config)
    }

    private static func isTableNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
