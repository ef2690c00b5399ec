internal import Mapping

/// The parts of the write path that every request goes through, one by one: for the benchmarks,
/// which measure them alone.
@_spi(Benchmarks)
public final class WritePathParts {
    private static let target = RequestFactory.target("BatchWriteItem")
    /// 2026-01-01.
    private static let seconds = 1_767_225_600

    private var factory: RequestFactory
    private let credentials = Credentials(
        accessKeyID: "AKIDEXAMPLE",
        secretAccessKey: "example",
        sessionToken: nil
    )
    private let body = ByteBuffer(capacity: 64)
    private let payloadHash = [UInt8](repeating: 7, count: Digest.length)

    public init() {
        guard let endpoint = Endpoint(url: "http://127.0.0.1:8000") else {
            preconditionFailure("the endpoint of the benchmarks is not one")
        }
        factory = RequestFactory(endpoint: endpoint, signingRegion: "us-east-1")
    }

    /// The digest of a request's body.
    ///
    /// - Returns: its first byte.
    public func hash(_ body: [UInt8]) -> UInt8 { Digest.sha256(body)[0] }

    /// Makes and signs a request.
    ///
    /// - Returns: bytes of the headers' values.
    public func sign() -> Int {
        let request = factory.request(
            target: Self.target,
            body: body,
            payloadHash: payloadHash,
            credentials: credentials,
            seconds: Self.seconds
        )
        return request.headers.reduce(0) { $0 + $1.value.count }
    }

    public func checksum(_ answer: [UInt8]) -> UInt32 { Digest.crc32(answer) }

    /// Reads the body of an answer.
    ///
    /// - Returns: its write units; nil where it is not one.
    public func read(_ answer: [UInt8]) -> Double? {
        (try? BatchWriteAnswer(answer, table: "Benchmark"))?.writeUnits
    }
}
