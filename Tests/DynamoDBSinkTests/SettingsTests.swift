import Testing

@testable import DynamoDBSink

@Suite("DynamoDB settings")
struct SettingsTests {
    private static let config = """
        [default]
        region = eu-west-1
        [profile local]
        region = eu-west-2
        services = here
        endpoint_url = http://127.0.0.1:7000
        ca_bundle = /ca.pem
        [services here]
        s3 =
          endpoint_url = http://127.0.0.1:9000
        dynamodb =
          endpoint_url = http://127.0.0.1:8000
        """

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var options = DynamoDBSettings.Options()
        var environment: [String: String] = [:]
        var region: String
        var url: String

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "the default profile's region",
            region: "eu-west-1",
            url: "https://dynamodb.eu-west-1.amazonaws.com/"
        ),
        Case(
            name: "AWS_DEFAULT_REGION before the profile",
            environment: ["AWS_DEFAULT_REGION": "us-east-2"],
            region: "us-east-2",
            url: "https://dynamodb.us-east-2.amazonaws.com/"
        ),
        Case(
            name: "AWS_REGION before AWS_DEFAULT_REGION",
            environment: ["AWS_REGION": "us-west-1", "AWS_DEFAULT_REGION": "us-east-2"],
            region: "us-west-1",
            url: "https://dynamodb.us-west-1.amazonaws.com/"
        ),
        Case(
            name: "the option before all",
            options: .init(region: "ap-south-1"),
            environment: ["AWS_REGION": "us-west-1"],
            region: "ap-south-1",
            url: "https://dynamodb.ap-south-1.amazonaws.com/"
        ),
        Case(
            name: "an empty variable is none",
            environment: ["AWS_REGION": "", "AWS_ENDPOINT_URL": ""],
            region: "eu-west-1",
            url: "https://dynamodb.eu-west-1.amazonaws.com/"
        ),
        Case(
            name: "a profile's services before its endpoint_url and AWS_ENDPOINT_URL",
            options: .init(profile: "local"),
            environment: ["AWS_ENDPOINT_URL": "http://h:1"],
            region: "eu-west-2",
            url: "http://127.0.0.1:8000/"
        ),
        Case(
            name: "AWS_ENDPOINT_URL_DYNAMODB before the profile's services",
            environment: ["AWS_PROFILE": "local", "AWS_ENDPOINT_URL_DYNAMODB": "http://h:2"],
            region: "eu-west-2",
            url: "http://h:2/"
        ),
        Case(
            name: "the option before AWS_ENDPOINT_URL_DYNAMODB",
            options: .init(endpointURL: "http://h:3"),
            environment: ["AWS_ENDPOINT_URL_DYNAMODB": "http://h:2"],
            region: "eu-west-1",
            url: "http://h:3/"
        ),
        Case(
            name: "configured endpoints ignored at will, the option not",
            options: .init(profile: "local"),
            environment: [
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://h:1",
            ],
            region: "eu-west-2",
            url: "https://dynamodb.eu-west-2.amazonaws.com/"
        ),
        Case(
            name: "an endpoint of one's own needs no region",
            options: .init(endpointURL: "http://127.0.0.1:8000"),
            environment: ["AWS_CONFIG_FILE": "/none"],
            region: "us-east-1",
            url: "http://127.0.0.1:8000/"
        ),
        Case(
            name: "the region local is DynamoDB Local",
            options: .init(region: "local"),
            region: "local",
            url: "http://localhost:8000/"
        ),
    ]

    @Test("region and endpoint are found in the AWS tools' order", arguments: cases)
    func resolve(_ row: Case) throws {
        let settings = try settings(row.options, row.environment)
        #expect(settings.region == row.region)
        #expect(settings.endpoint.url == row.url)
    }

    @Test("proxy and certificates come from the environment or the profile, the proxy by scheme")
    func network() throws {
        let environment = [
            "HTTPS_PROXY": "http://p:1", "http_proxy": "http://p:2", "HTTP_PROXY": "http://evil",
            "NO_PROXY": "a,b", "AWS_CA_BUNDLE": "/bundle.pem",
        ]
        let secure = try settings(.init(), environment)
        #expect(secure.transport.proxy == "http://p:1")
        #expect(secure.transport.noProxy == "a,b")
        #expect(secure.transport.certificateFile == "/bundle.pem")
        let plain = try settings(.init(profile: "local"), ["http_proxy": "http://p:2"])
        #expect(plain.transport.proxy == "http://p:2")
        #expect(plain.transport.certificateFile == "/ca.pem")
        #expect(try settings(.init(), [:]).transport.proxy == nil)
    }

    @Test("requests for DynamoDB Local's region are signed for one that exists")
    func signingRegion() throws {
        #expect(try settings(.init(region: "local"), [:]).signingRegion == "us-east-1")
        #expect(try settings(.init(region: "eu-west-3"), [:]).signingRegion == "eu-west-3")
    }

    @Test("what cannot be resolved is an error that says what to set")
    func refused() {
        for (options, environment, expected) in [
            (
                DynamoDBSettings.Options(), ["AWS_CONFIG_FILE": "/none"],
                "Finding DynamoDB failed: Settings: no region is set. Give --region, or set "
                    + "AWS_REGION or the region of the profile"
            ),
            (
                DynamoDBSettings.Options(region: "eu/../x"), [:],
                "Finding DynamoDB failed: Settings: eu/../x is no region's name. A region is like "
                    + "eu-central-1"
            ),
            (
                DynamoDBSettings.Options(endpointURL: "127.0.0.1:8000"), [:],
                "Finding DynamoDB failed: Settings: --endpoint-url is no URL of an endpoint. Write "
                    + "it like http://127.0.0.1:8000, without user, query or fragment"
            ),
        ] {
            #expect {
                try settings(options, environment)
            } throws: { error in
                "\(error)" == expected
            }
        }
    }

    private func settings(
        _ options: DynamoDBSettings.Options,
        _ environment: [String: String]
    ) throws -> DynamoDBSettings {
        var environment = environment
        environment["HOME"] = "/home/u"
        if let profile = options.profile { environment["AWS_PROFILE"] = profile }
        let machine = FakeMachine(
            environment: environment,
            files: ["/home/u/.aws/config": Self.config]
        )
        return try DynamoDBSettings.resolve(options, context: machine.context())
    }
}
