import DynamoDBSink
import Foundation
import MySQLSource
import Testing

@testable import unglue

@Suite("settings")
struct SettingsTests {
    private static let url = "mysql://app@db.example.com/store"

    private func resolve(
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) throws -> (settings: Settings, warnings: [String]) {
        try SettingsResolver.resolve(
            try CommandLineParser.parse(arguments),
            environment: environment
        )
    }

    private func problems(
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) throws -> [String] {
        let error = #expect(throws: UsageError.self) { try resolve(arguments, environment) }
        return error?.problems.map(\.description) ?? []
    }

    @Test("have their defaults where nothing is said")
    func defaults() throws {
        let (settings, warnings) = try resolve(["run", "c.json", "--mysql", Self.url])
        #expect(warnings == [])
        #expect(
            settings
                == Settings(
                    command: .run,
                    contractPath: "c.json",
                    source: MySQLSettings(
                        host: "db.example.com",
                        port: 3306,
                        user: "app",
                        database: "store",
                        tlsMode: .required
                    ),
                    aws: AWSSettings(
                        options: DynamoDBSettings.Options(),
                        environment: AWSEnvironment([:])
                    ),
                    tablePrefix: "",
                    tableNames: nil,
                    stateDirectory: ".unglue",
                    output: .text,
                    log: .text,
                    logLevel: .info,
                    showsProgress: true,
                    color: .auto,
                    isColourUnwanted: false,
                    terminalIsDumb: true,
                    inline: false,
                    views: .show,
                    tables: .show,
                    previewLimit: 5,
                    run: RunSettings(setup: false, isFresh: false, retryFor: .seconds(86_400)),
                    verify: VerifySettings(
                        isConsistent: false,
                        examples: 20,
                        repair: false,
                        deleteExtra: false
                    )
                )
        )
    }

    @Test("come from flags before environment before the configuration file")
    func precedence() throws {
        let directory = try TemporaryDirectory()
        let config = try directory.write(
            """
            {"mysql": {"host": "c.example.com", "user": "c", "database": "cd", "password": "cp",
              "read_timeout": 90},
             "aws": {"region": "c-1", "endpoint_url": "http://c:1", "profile": "cprofile"},
             "table_prefix": "c-"}
            """,
            to: "config.json"
        )
        let flags = [
            "--mysql=mysql://f@f.example.com/fd", "--region=f-1", "--endpoint-url=http://f:1",
            "--profile=fprofile", "--table-prefix=f-",
        ]
        let environment = [
            "UNGLUE_MYSQL_URL": "mysql://e:ep@e.example.com/ed", "AWS_REGION": "e-1",
            "AWS_ENDPOINT_URL_DYNAMODB": "http://e:1", "AWS_PROFILE": "eprofile",
        ]
        let base = ["run", "x.json", "--config", config]
        let all = try resolve(base + flags, environment)
        #expect(all.settings.mysql.host == "f.example.com")
        #expect(all.settings.mysql.user == "f")
        #expect(all.settings.mysql.database == "fd")
        #expect(all.settings.mysql.password == .none)
        #expect(all.settings.aws.options.region == "f-1")
        #expect(all.settings.aws.options.endpointURL == "http://f:1")
        #expect(all.settings.aws.options.profile == "fprofile")
        #expect(all.settings.tablePrefix == "f-")
        #expect(
            all.warnings == [
                "the password of UNGLUE_MYSQL_URL is not used: it is of another server or account",
                "the password of --config is not used: it is of another server or account",
            ]
        )

        let ambient = try resolve(base, environment).settings
        #expect(ambient.mysql.host == "e.example.com")
        #expect(ambient.mysql.user == "e")
        #expect(ambient.mysql.password == Password("ep"))
        // A setting of another server.
        #expect(ambient.mysql.readTimeoutSeconds == nil)
        // What the environment says is left to the AWS conventions.
        #expect(ambient.aws.options == DynamoDBSettings.Options())
        #expect(ambient.tablePrefix == "c-")

        let file = try resolve(base).settings
        #expect(file.mysql.host == "c.example.com")
        #expect(file.mysql.password == Password("cp"))
        #expect(file.mysql.readTimeoutSeconds == 90)
        #expect(file.aws.options.region == "c-1")
        #expect(file.aws.options.endpointURL == "http://c:1")
        #expect(file.aws.options.profile == "cprofile")
    }

    static let passwords: [(flags: [String], environment: [String: String], password: String)] = [
        ([], ["UNGLUE_MYSQL_PASSWORD": "e"], "e"),
        (
            [], ["UNGLUE_MYSQL_URL": "mysql://app:u@db.example.com", "UNGLUE_MYSQL_PASSWORD": "e"],
            "e"
        ),
        ([], ["UNGLUE_MYSQL_URL": "mysql://app:u@db.example.com"], "u"),
        (["--mysql-option-file=my.cnf"], ["UNGLUE_MYSQL_PASSWORD": "e"], "o"),
        (
            ["--mysql-password-file=password", "--mysql-option-file=my.cnf"],
            ["UNGLUE_MYSQL_PASSWORD": "e"], "f"
        ),
    ]

    @Test("take the password that is nearest to the command", arguments: passwords)
    func password(
        _ row: (flags: [String], environment: [String: String], password: String)
    ) throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("f\n", to: "password")
        _ = try directory.write("[client]\npassword=o\n", to: "my.cnf")
        let flags = row.flags.map { flag in
            flag.replacingOccurrences(of: "=", with: "=\(directory.path)/")
        }
        let (settings, warnings) = try resolve(
            ["run", "c", "--mysql", Self.url] + flags,
            row.environment
        )
        #expect(settings.mysql.password == Password(row.password))
        #expect(warnings == [])
    }

    @Test("warn of a password file that others may read")
    func sharedPasswordFile() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("f", to: "password", mode: 0o644)
        let (_, warnings) = try resolve(
            ["run", "c", "--mysql", Self.url, "--mysql-password-file", file])
        #expect(
            warnings == [
                "other users of this machine may read '\(file)', which holds a password: "
                    + "chmod 600 it"
            ]
        )
    }

    @Test("take host, user and port of an option file where the URL has none")
    func optionFile() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "[client]\nhost=db\nport=3307\nuser=o\npassword=p\n",
            to: "my.cnf"
        )
        let (settings, _) = try resolve(
            ["run", "c", "--mysql=mysql:///store", "--mysql-option-file", file])
        #expect(
            settings.mysql
                == MySQLSettings(
                    host: "db",
                    port: 3307,
                    user: "o",
                    password: Password("p"),
                    database: "store",
                    tlsMode: .required
                )
        )
    }

    static let transport: [(String, MySQLSettings.TLSMode)] = [
        ("mysql://u@127.0.0.1/d", .preferred), ("mysql://u@localhost/d", .preferred),
        ("mysql://u@[::1]/d", .preferred), ("mysql://u@/d?socket=/run/s", .preferred),
        ("mysql://u@db.example.com/d", .required),
        ("mysql://u@db.example.com/d?tls=disabled", .disabled),
        ("mysql://u@127.0.0.1/d?tls=verify-identity", .verifyIdentity),
    ]

    @Test("ask for TLS to any other machine, unless told otherwise", arguments: transport)
    func tls(_ row: (url: String, mode: MySQLSettings.TLSMode)) throws {
        #expect(try resolve(["run", "c", "--mysql", row.url]).settings.mysql.tlsMode == row.mode)
    }

    @Test("understand the workshop's config.json, contract included")
    func workshopConfig() throws {
        let directory = try TemporaryDirectory()
        let config = try directory.write(
            """
            {"aws": {"region": "us-west-2", "account_id": "1", "s3_bucket": "b", "glue_role": "r"},
             "mysql": {"discovery_hosts": ["localhost", "127.0.0.1"], "discovery_ports": [3307, 3306],
                       "discovery_users": ["root"], "default_database": "online_shopping_store"},
             "migration": {"contract_file": "../artifacts/migrationContract.json",
                           "view_generator": "generate_mysql_views.py"}}
            """,
            to: "config.json"
        )
        let (settings, warnings) = try resolve(["run", "--config", config])
        #expect(warnings == [])
        #expect(
            settings.contractPath == "\(directory.path)/../artifacts/migrationContract.json"
        )
        #expect(
            settings.mysql
                == MySQLSettings(
                    host: "localhost",
                    port: 3307,
                    user: "root",
                    database: "online_shopping_store"
                )
        )
        #expect(settings.aws.options.region == "us-west-2")
    }

    @Test("name unknown keys of a configuration file, and never its values")
    func configProblems() throws {
        let directory = try TemporaryDirectory()
        let config = try directory.write(
            """
            {"mysql": {"hots": "canary", "host": "h", "user": "u", "database": "d"},
             "aws": {"secret_access_key": "canary"}, "color": "canary"}
            """,
            to: "config.json"
        )
        let (_, warnings) = try resolve(["run", "c", "--config", config])
        #expect(
            warnings == [
                "'\(config)': unknown key mysql.hots; did you mean host?",
                "'\(config)': aws.secret_access_key is not used: credentials come from the AWS "
                    + "environment variables, profiles and roles",
                "'\(config)': unknown key color",
            ]
        )
        let broken = try directory.write(
            """
            {"mysql": {"host": 7, "port": "canary", "ssl_mode": "canary", "read_timeout": 0}, \
            "aws": []}
            """,
            to: "broken.json"
        )
        #expect(
            try problems(["run", "c", "--config", broken]) == [
                "--config: '\(broken)': mysql.host is no text",
                "--config: '\(broken)': mysql.port is no number from 1 to 65535",
                "--config: '\(broken)': mysql.ssl_mode is none of disabled, preferred, required, "
                    + "verify-ca, verify-identity",
                "--config: '\(broken)': mysql.read_timeout is no number of seconds from 1 to 86400",
                "--config: '\(broken)': aws is no object",
                "no MySQL server is given: --mysql mysql://USER@HOST:PORT/DATABASE, or "
                    + "UNGLUE_MYSQL_URL",
            ]
        )
    }

    @Test("tell every problem at once")
    func allProblems() throws {
        #expect(
            try problems(
                [
                    "run", "--mysql=mysql://app:canary@db/store", "--table-prefix=a/b",
                    "--endpoint-url=localhost:8000", "--mysql-password-file=/nowhere",
                ]) == [
                    "no contract is given: write unglue run CONTRACT",
                    "--mysql holds a password, which every user of this machine can read: leave it "
                        + "out and give it by UNGLUE_MYSQL_PASSWORD, --mysql-password-file or "
                        + "--mysql-option-file",
                    "--mysql-password-file: cannot read '/nowhere': there is no such file",
                    "--table-prefix holds what no DynamoDB table's name may hold: letters, digits, "
                        + "_, - and . only",
                    "the DynamoDB endpoint is no URL: write http://HOST:PORT or https://HOST",
                ]
        )
        #expect(
            try problems(["run", "c", "--mysql=mysql://db:x"]) == [
                "--mysql has a port that is no number from 1 to 65535: the form is "
                    + "mysql://USER@HOST:PORT/DATABASE?tls=MODE&ca=FILE"
            ]
        )
        #expect(
            try problems(["run", "c", "--mysql=mysql://db"]) == [
                "no MySQL user is given: write mysql://USER@HOST/DATABASE",
                "no MySQL database is given: write mysql://USER@HOST/DATABASE",
            ]
        )
    }

    @Test("need no MySQL to print and make tables")
    func tablesWithoutMySQL() throws {
        #expect(try resolve(["tables", "c"]).settings.source == nil)
    }

    @Test("print no secret, however they are printed")
    func secrets() throws {
        let (settings, _) = try resolve(
            ["run", "c", "--mysql", Self.url],
            ["UNGLUE_MYSQL_PASSWORD": "canary", "AWS_SECRET_ACCESS_KEY": "canary"]
        )
        var dumped = ""
        dump(settings, to: &dumped)
        let texts = ["\(settings)", String(reflecting: settings), dumped]
        for text in texts { #expect(!text.contains("canary")) }
        #expect(settings.aws.environment.variables["AWS_SECRET_ACCESS_KEY"] == "canary")
    }
}
