import Contract
import Glibc
import Pipeline
import Testing

@testable import DynamoDBSink
@testable import Mapping

/// The real endpoint that tests may use: `UNGLUE_TEST_ENDPOINT=http://127.0.0.1:8000`.
enum Server {
    static let endpoint: Endpoint? = environment("UNGLUE_TEST_ENDPOINT").flatMap(Endpoint.init)

    /// With `UNGLUE_TEST_REQUIRE_SERVERS=1` a missing endpoint is a failure, not a skip.
    static let isWanted = endpoint != nil || environment("UNGLUE_TEST_REQUIRE_SERVERS") == "1"

    static func settings() throws -> DynamoDBSettings {
        let endpoint = try #require(
            endpoint,
            "UNGLUE_TEST_ENDPOINT must be set: servers are required"
        )
        return DynamoDBSettings(
            endpoint: endpoint,
            region: "us-east-1",
            credentials: Credentials(accessKeyID: "test", secretAccessKey: "test")
        )
    }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
