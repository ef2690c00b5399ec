public import DynamoDBSink
import Glibc

/// An endpoint that the conformance suite runs against: our own fake, or one that nobody here wrote.
public struct TestEndpoint: Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        case fake
        case dynamoDBLocal = "dynamodb-local"
        case dynoxide
        case moto
    }

    public var kind: Kind
    public var url: String

    public init(kind: Kind, url: String) {
        self.kind = kind
        self.url = url
    }

    public var description: String { kind.rawValue }

    public func settings() throws -> DynamoDBSettings {
        guard let endpoint = Endpoint(url: url) else { throw UnusableEndpoint(url: url) }
        return DynamoDBSettings(
            endpoint: endpoint,
            region: "us-east-1",
            credentials: Credentials(accessKeyID: "unglue", secretAccessKey: "unglue")
        )
    }

    /// The real endpoint that the environment names: `UNGLUE_TEST_ENDPOINT` is its URL and
    /// `UNGLUE_TEST_ENDPOINT_KIND` what it is (by default `dynoxide`).
    public static var real: TestEndpoint? {
        guard let url = TestEnvironment["UNGLUE_TEST_ENDPOINT"] else { return nil }
        let kind = TestEnvironment["UNGLUE_TEST_ENDPOINT_KIND"].flatMap(Kind.init) ?? .dynoxide
        return TestEndpoint(kind: kind, url: url)
    }

    private static let sharedFake = try? FakeDynamoDB()

    /// Every endpoint at hand.
    public static let all: [TestEndpoint] =
        [sharedFake.map { TestEndpoint(kind: .fake, url: $0.url) }, real].compactMap(\.self)
}

public struct UnusableEndpoint: Error {
    public var url: String
}

/// The environment of a test run.
public enum TestEnvironment {
    public static subscript(name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Whether a listed server that is missing is a failure instead of a skipped test.
    public static var requiresServers: Bool { Self["UNGLUE_TEST_REQUIRE_SERVERS"] == "1" }
}
