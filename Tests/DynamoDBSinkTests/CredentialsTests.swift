import Mapping
import Synchronization
import Testing

@testable import DynamoDBSink

/// A machine made of values: files, endpoints and programs that credentials may come from.
final class FakeMachine: Sendable {
    struct State: Sendable {
        var requests: [String] = []
        var programs: [[String]] = []
    }

    let environment: [String: String]
    let files: [String: String]
    /// `METHOD URL` to status and body; what is not there cannot be reached.
    let answers: [String: (status: Int, body: String)]
    let programOutput: String
    let state = Mutex(State())

    init(
        environment: [String: String] = [:],
        files: [String: String] = [:],
        answers: [String: (status: Int, body: String)] = [:],
        programOutput: String = ""
    ) {
        self.environment = environment
        self.files = files
        self.answers = answers
        self.programOutput = programOutput
    }

    var requests: [String] { state.withLock { $0.requests } }
    var programs: [[String]] { state.withLock { $0.programs } }

    func context(profile: String? = nil) -> CredentialContext {
        CredentialContext(
            environment: environment,
            profile: profile ?? environment["AWS_PROFILE"] ?? "default",
            isProfileExplicit: profile != nil,
            region: "eu-central-1",
            readFile: { [files] path throws(DynamoDBError) in files[path].map { Array($0.utf8) } },
            send: { [self] request, _ in answer(request) },
            run: { [self] arguments throws(DynamoDBError) in
                state.withLock { $0.programs.append(arguments) }
                return Array(programOutput.utf8)
            },
            clock: { 1_440_938_160 }
        )
    }

    func load(profile: String? = nil, fallback: Credentials? = nil) throws -> Credentials {
        try CredentialChain(context: context(profile: profile), fallback: fallback).load()
    }

    private func answer(_ request: HTTPRequest) -> Result<HTTPResponse, TransportFailure> {
        let call = "\(request.method.rawValue) \(request.url)"
        let headers = request.headers.map { name, value in
            " | \(name): \(String(decoding: value, as: UTF8.self))"
        }
        let body = request.body.map { " | " + String(decoding: $0.array(), as: UTF8.self) } ?? ""
        state.withLock { $0.requests.append(call + headers.joined() + body) }
        guard let answer = answers[call] else {
            return .failure(TransportFailure(message: "no route", isPermanent: false))
        }
        return .success(
            HTTPResponse(status: answer.status, headers: [], body: Array(answer.body.utf8))
        )
    }
}

@Suite("Credentials")
struct CredentialsTests {
    private static let json = """
        {"AccessKeyId":"AK","SecretAccessKey":"SK","Token":"T","SessionToken":"T",
        "Expiration":"2026-11-22T10:20:30Z","Code":"Success"}
        """
    private static let loaded = Credentials(
        accessKeyID: "AK",
        secretAccessKey: "SK",
        sessionToken: "T",
        expiry: 1_795_342_830
    )
    private static let home = ["HOME": "/home/u"]

    @Test("the environment comes first, unless a profile was named as an option")
    func environmentFirst() throws {
        let machine = FakeMachine(
            environment: [
                "HOME": "/home/u", "AWS_ACCESS_KEY_ID": "EK", "AWS_SECRET_ACCESS_KEY": "ES",
                "AWS_SESSION_TOKEN": "ET", "AWS_PROFILE": "work",
            ],
            files: [
                "/home/u/.aws/credentials":
                    "[work]\naws_access_key_id = WK\naws_secret_access_key=WS\n"
            ]
        )
        #expect(
            try machine.load()
                == Credentials(accessKeyID: "EK", secretAccessKey: "ES", sessionToken: "ET")
        )
        #expect(
            try machine.load(profile: "work")
                == Credentials(accessKeyID: "WK", secretAccessKey: "WS")
        )
    }

    @Test("a profile's keys are read from both files, the credentials file first")
    func profileFiles() throws {
        let machine = FakeMachine(
            environment: ["AWS_SHARED_CREDENTIALS_FILE": "/c", "AWS_CONFIG_FILE": "/f"],
            files: [
                "/c": "# comment\n[default]\naws_access_key_id=CK\naws_secret_access_key=CS\n",
                "/f": """
                [default]
                aws_access_key_id=FK
                aws_secret_access_key=FS
                region = eu-west-1
                [profile "two words"]
                aws_access_key_id = TK
                aws_secret_access_key = T=S
                aws_session_token = TT
                s3 =
                  max_concurrent_requests = 20
                """,
            ]
        )
        #expect(
            try machine.load() == Credentials(accessKeyID: "CK", secretAccessKey: "CS")
        )
        #expect(
            try machine.load(profile: "two words")
                == Credentials(accessKeyID: "TK", secretAccessKey: "T=S", sessionToken: "TT")
        )
    }

    @Test("a profile's process is run without a shell and its JSON read")
    func process() throws {
        let machine = FakeMachine(
            environment: Self.home,
            files: [
                "/home/u/.aws/config":
                    #"[default]\#ncredential_process = /bin/get "a b" --x='c d' e\ f"#
            ],
            programOutput: Self.json
        )
        #expect(try machine.load() == Self.loaded)
        #expect(machine.programs == [["/bin/get", "a b", "--x=c d", "e f"]])
    }

    @Test("a container's endpoint is asked with its token")
    func container() throws {
        let machine = FakeMachine(
            environment: [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not this one",
            ],
            files: ["/token": "secret\n"],
            answers: ["GET http://169.254.170.23/v1/credentials": (200, Self.json)]
        )
        #expect(try machine.load() == Self.loaded)
        #expect(
            machine.requests == [
                "GET http://169.254.170.23/v1/credentials | Accept: application/json | "
                    + "Authorization: secret"
            ]
        )
    }

    @Test(
        "a container's endpoint without TLS must be a known one or this machine",
        arguments: [
            ("http://169.254.170.2/x", true), ("http://[fd00:ec2::23]/x", true),
            ("http://localhost:8080/x?y=z", true), ("http://127.0.0.1/x", true),
            ("https://example.com/x", true), ("http://example.com/x", false),
            ("http://169.254.169.254/x", false), ("http://169.254.170.2.example.com/x", false),
            ("http://169.254.170.2@example.com/x", false), ("ftp://localhost/x", false),
            ("localhost/x", false), ("http://localhost/x\r\nHost: y", false),
        ]
    )
    func containerHosts(_ url: String, _ isAllowed: Bool) {
        let machine = FakeMachine(
            environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url],
            answers: ["GET \(url)": (200, Self.json)]
        )
        #expect((try? machine.load()) == (isAllowed ? Self.loaded : nil))
        #expect(machine.requests.isEmpty == !isAllowed)
    }

    @Test("an instance's role is asked for with a session, or without where there is none")
    func instance() throws {
        let base = "http://169.254.169.254/latest/"
        let role = base + "meta-data/iam/security-credentials/"
        for hasSession in [true, false] {
            let machine = FakeMachine(
                answers: [
                    "PUT \(base)api/token": hasSession ? (200, "TOKEN") : (404, ""),
                    "GET \(role)": (200, "web\n"),
                    "GET \(role)web": (200, Self.json),
                ]
            )
            #expect(try machine.load() == Self.loaded)
            let header = hasSession ? " | X-aws-ec2-metadata-token: TOKEN" : ""
            #expect(
                machine.requests == [
                    "PUT \(base)api/token | X-aws-ec2-metadata-token-ttl-seconds: 21600",
                    "GET \(role)\(header)", "GET \(role)web\(header)",
                ]
            )
        }
    }

    @Test("nothing anywhere is an error that says where was looked")
    func nothing() {
        let machine = FakeMachine()
        #expect {
            try machine.load()
        } throws: { error in
            "\(error)"
                == "Finding AWS credentials failed: Credentials: there are none in the "
                + "environment, the profile default, the container or the instance. Set "
                + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
        }
        let disabled = FakeMachine(environment: ["AWS_EC2_METADATA_DISABLED": "true"])
        #expect(throws: DynamoDBError.self) { try disabled.load() }
        #expect(disabled.requests.isEmpty)
    }

    @Test(
        "an endpoint on this machine is asked with keys that open nothing, if there are no others"
    )
    func fallback() throws {
        #expect(try FakeMachine().load(fallback: .local) == .local)
    }

    @Test("a named profile that is not there, or signs on elsewhere, says so")
    func missingProfile() {
        let machine = FakeMachine(
            environment: Self.home,
            files: ["/home/u/.aws/config": "[profile sso]\nsso_session = x\n"]
        )
        for (profile, message) in [
            ("gone", "there is no profile gone in the AWS configuration files"),
            (
                "sso",
                "the profile sso signs in with single sign-on, which only the AWS CLI can"
            ),
        ] {
            #expect {
                try machine.load(profile: profile)
            } throws: { error in
                (error as? DynamoDBError)?.message == message
            }
        }
    }

    private static let assumed = """
        <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AK</AccessKeyId>
        <SecretAccessKey>SK</SecretAccessKey><SessionToken>T</SessionToken>
        <Expiration>2026-11-22T10:20:30Z</Expiration></Credentials></AssumeRoleResult>
        </AssumeRoleResponse>
        """

    @Test("web identity is exchanged for the role's credentials, the token escaped")
    func webIdentity() throws {
        let machine = FakeMachine(
            environment: [
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/jwt", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            ],
            files: ["/jwt": "a.b+c/d=\n"],
            answers: ["POST https://sts.eu-central-1.amazonaws.com/": (200, Self.assumed)]
        )
        #expect(try machine.load() == Self.loaded)
        #expect(
            machine.requests == [
                "POST https://sts.eu-central-1.amazonaws.com/ | "
                    + "Host: sts.eu-central-1.amazonaws.com | "
                    + "Content-Type: application/x-www-form-urlencoded; charset=utf-8 | "
                    + "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                    + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=unglue"
                    + "&WebIdentityToken=a.b%2Bc%2Fd%3D"
            ]
        )
    }

    @Test("a role is assumed with its source profile; a circle of profiles is refused")
    func assumeRole() throws {
        let machine = FakeMachine(
            environment: Self.home,
            files: [
                "/home/u/.aws/config": """
                [profile deploy]
                role_arn = arn:aws:iam::1:role/deploy
                source_profile = base
                external_id = x y
                [profile base]
                aws_access_key_id = BK
                aws_secret_access_key = BS
                [profile a]
                role_arn = arn:a
                source_profile = b
                [profile b]
                role_arn = arn:b
                source_profile = a
                """
            ],
            answers: ["POST https://sts.eu-central-1.amazonaws.com/": (200, Self.assumed)]
        )
        #expect(try machine.load(profile: "deploy") == Self.loaded)
        let request = try #require(machine.requests.first)
        #expect(
            request.hasSuffix(
                " | Action=AssumeRole&Version=2011-06-15"
                    + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fdeploy&RoleSessionName=unglue"
                    + "&ExternalId=x%20y"
            )
        )
        #expect(
            request.contains(
                "Credential=BK/20150830/eu-central-1/sts/aws4_request, "
                    + "SignedHeaders=content-type;host;x-amz-date, "
            )
        )
        #expect {
            try machine.load(profile: "a")
        } throws: { error in
            (error as? DynamoDBError)?.message == "the source profiles of a go in a circle"
        }
    }

    @Test("STS's refusal is told in its own words")
    func refusedRole() {
        let machine = FakeMachine(
            environment: [
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/jwt", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            ],
            files: ["/jwt": "t"],
            answers: [
                "POST https://sts.eu-central-1.amazonaws.com/": (
                    403,
                    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized"
                        + "</Message></Error></ErrorResponse>"
                )
            ]
        )
        #expect {
            try machine.load()
        } throws: { error in
            "\(error)"
                == "AssumeRoleWithWebIdentity failed: AccessDenied: Not authorized (HTTP 403). "
                + "Check that these credentials may assume the role"
        }
        #expect(machine.requests.count == 1)
    }

    @Test("keys that cannot stand in a header are refused without being printed")
    func hostileKeys() {
        let machine = FakeMachine(
            environment: [
                "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SECRET\r\nX-Evil: 1",
            ]
        )
        #expect {
            try machine.load()
        } throws: { error in
            !"\(error)".contains("SECRET") && "\(error)".contains("from the environment")
        }
    }

    @Test("credentials never print their secrets")
    func redacted() {
        let credentials = Credentials(
            accessKeyID: "AK",
            secretAccessKey: "SECRET",
            sessionToken: "TOKEN"
        )
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains("SECRET") && !text.contains("TOKEN"))
        }
        #expect("\(credentials)" == "Credentials(accessKeyID: AK, **redacted**)")
    }
}
