import Contract
import MySQLSource

/// The settings of a `--config` file: our own shape, the common variants of it, and the
/// `tools/config.json` of the DynamoDB modernisation workshop, whose tools look for a server in
/// lists (`discovery_hosts`, `discovery_ports`, `discovery_users`) and name the contract in it.
/// https://github.com/aws-samples/aws-dynamodb-examples/tree/master/workshops/modernizer/tools
struct ConfigFile: Sendable, Equatable {
    var mysql = MySQLAddress()
    var endpointURL: String?
    var region: String?
    var profile: String?
    var tablePrefix: String?
    /// As the file has it: relative to the file's own directory.
    var contractFile: String?
    /// Keys that mean nothing here.
    ///
    /// Never a value.
    var warnings: [String] = []
    var problems: [String] = []

    private let name: String

    /// No file, which says nothing.
    init() {
        name = ""
    }

    /// Reads the file that messages call `name`.
    init(_ bytes: [UInt8], name: String) {
        self.name = Neutral.quoted(name)
        do {
            let document = try JSONParser.parse(bytes)
            guard let members = document.members else {
                problems.append("\(self.name) is no JSON object")
                return
            }
            for member in members { readSection(member) }
        } catch {
            problems.append("\(self.name) is no JSON: \(error.description)")
        }
    }

    /// Keys of the workshop that its other tools read, and nobody here.
    private static let ignoredSections: Set<String> = ["glue", "s3", "mcp", "mcp_servers", "vpc"]
    private static let ignoredKeys: Set<String> = [
        "aws.account_id", "aws.s3_bucket", "aws.glue_role", "migration.view_generator",
    ]

    private mutating func readSection(_ section: JSONMember) {
        switch section.name {
        case "mysql", "mysql_config", "database", "source":
            eachMember(of: section) { $0.readMySQL($1, section: $2) }
        case "aws", "dynamodb", "dynamodb_config", "aws_config", "target":
            eachMember(of: section) { $0.readAWS($1, section: $2) }
        case "migration":
            eachMember(of: section) { $0.readMigration($1, section: $2) }
        case "region", "aws_region", "endpoint", "endpoint_url", "profile":
            readAWS(section, section: "")
        case "table_prefix":
            tablePrefix = text(section, "table_prefix")
        case let name where Self.ignoredSections.contains(name):
            break
        case let name:
            unknown(name, among: ["mysql", "aws", "dynamodb", "migration", "table_prefix"])
        }
    }

    private mutating func eachMember(
        of section: JSONMember,
        read: (inout ConfigFile, JSONMember, String) -> Void
    ) {
        guard let members = section.value.members else {
            problems.append("\(name): \(Neutral.text(section.name)) is no object")
            return
        }
        for member in members { read(&self, member, section.name) }
    }

    private mutating func readMySQL(_ member: JSONMember, section: String) {
        let path = "\(section).\(member.name)"
        switch member.name {
        case "host", "hostname", "server": mysql.host = text(member, path)
        case "discovery_hosts": mysql.host = mysql.host ?? firstText(member, path)
        case "port": mysql.port = port(member.value, path)
        case "discovery_ports":
            mysql.port = mysql.port ?? member.value.array?.first.flatMap { port($0, path) }
        case "user", "username": mysql.user = text(member, path)
        case "discovery_users": mysql.user = mysql.user ?? firstText(member, path)
        case "password", "passwd":
            mysql.password = text(member, path).flatMap { $0.isEmpty ? nil : Password($0) }
        case "database", "db", "dbname", "schema": mysql.database = text(member, path)
        case "default_database", "current_database":
            mysql.database = mysql.database ?? text(member, path)
        case "socket", "unix_socket": mysql.unixSocket = text(member, path)
        case "ca", "ssl_ca": mysql.certificateAuthorityPath = text(member, path)
        case "tls", "ssl_mode": mysql.tlsMode = tlsMode(member, path)
        case "read_timeout": mysql.readTimeoutSeconds = readTimeout(member.value, path)
        default:
            let known = [
                "host", "port", "user", "password", "database", "socket", "tls", "ca",
                "read_timeout",
            ]
            unknown(member.name, in: section, among: known)
        }
    }

    private mutating func readAWS(_ member: JSONMember, section: String) {
        let path = section.isEmpty ? member.name : "\(section).\(member.name)"
        switch member.name {
        case "region", "aws_region", "region_name": region = text(member, path)
        case "endpoint", "endpoint_url", "endpointUrl": endpointURL = text(member, path)
        case "profile", "profile_name": profile = text(member, path)
        case "table_prefix": tablePrefix = text(member, path)
        case "access_key_id", "aws_access_key_id", "secret_access_key", "aws_secret_access_key",
            "session_token", "aws_session_token":
            warnings.append(
                "\(name): \(Neutral.text(path)) is not used: credentials come from the AWS "
                    + "environment variables, profiles and roles"
            )
        default:
            if Self.ignoredKeys.contains("aws.\(member.name)") { return }
            unknown(member.name, in: section, among: ["region", "endpoint_url", "profile"])
        }
    }

    private mutating func readMigration(_ member: JSONMember, section: String) {
        if member.name == "contract_file" {
            contractFile = text(member, "\(section).\(member.name)")
        } else if !Self.ignoredKeys.contains("\(section).\(member.name)") {
            unknown(member.name, in: section, among: ["contract_file"])
        }
    }

    private mutating func unknown(
        _ key: String,
        in section: String = "",
        among known: [String]
    ) {
        let path = section.isEmpty ? key : "\(section).\(key)"
        let nearest = NearestName.find(key, among: known).map { "; did you mean \($0)?" } ?? ""
        warnings.append("\(name): unknown key \(Neutral.text(path))\(nearest)")
    }

    private mutating func text(_ member: JSONMember, _ path: String) -> String? {
        if case .null = member.value { return nil }
        guard let text = member.value.string, !text.utf8.contains(0) else {
            problems.append("\(name): \(Neutral.text(path)) is no text")
            return nil
        }
        return text.isEmpty ? nil : text
    }

    private mutating func firstText(_ member: JSONMember, _ path: String) -> String? {
        guard let first = member.value.array?.first else { return nil }
        return text(JSONMember(name: member.name, value: first), path)
    }

    /// A number, or text of one.
    private mutating func port(_ value: JSONValue, _ path: String) -> UInt16? {
        if case .null = value { return nil }
        guard let number = value.int ?? value.string.flatMap({ Int($0) }),
            let port = UInt16(exactly: number), port > 0
        else {
            problems.append("\(name): \(Neutral.text(path)) is no number from 1 to 65535")
            return nil
        }
        return port
    }

    private mutating func readTimeout(_ value: JSONValue, _ path: String) -> UInt32? {
        let seconds = MySQLAddress.readTimeout(value.int ?? value.string.flatMap { Int($0) })
        if seconds == nil {
            problems.append(
                "\(name): \(Neutral.text(path)) is no number of seconds from 1 to "
                    + "\(SourceLimits.readTimeoutSecondsMax)"
            )
        }
        return seconds
    }

    private mutating func tlsMode(_ member: JSONMember, _ path: String) -> MySQLSettings.TLSMode? {
        guard let word = text(member, path) else { return nil }
        let spelled = String(word.lowercased().map { $0 == "_" ? "-" : $0 })
        guard let mode = MySQLSettings.TLSMode(rawValue: spelled) else {
            let modes = MySQLSettings.TLSMode.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("\(name): \(Neutral.text(path)) is none of \(modes)")
            return nil
        }
        return mode
    }
}
