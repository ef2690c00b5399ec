import Testing

@testable import DynamoDBSink

@Suite("Signer")
struct SignerTests {
    @Test("signs as botocore does, header by header", arguments: SignerVector.all)
    func signsAsBotocoreDoes(_ vector: SignerVector) throws {
        let endpoint = try #require(Endpoint(url: vector.endpoint))
        var signer = Signer(region: vector.region, service: "dynamodb")
        let target = "DynamoDB_20120810.\(vector.target)"
        let request = Signer.Request(
            path: Array(endpoint.path.utf8),
            headers: [
                ("content-type", Array("application/x-amz-json-1.0".utf8)),
                ("host", Array(endpoint.hostHeader.utf8)),
                ("x-amz-target", Array(target.utf8)),
            ],
            payloadHash: Digest.sha256(Array(vector.body.utf8))
        )
        let credentials = Credentials(
            accessKeyID: SignerVector.accessKeyID,
            secretAccessKey: SignerVector.secretAccessKey,
            sessionToken: vector.hasToken ? SignerVector.sessionToken : nil
        )

        let signature = signer.sign(request, credentials: credentials, seconds: vector.seconds)
        var headers = [
            "authorization: \(String(decoding: signature.authorization, as: UTF8.self))",
            "content-type: application/x-amz-json-1.0",
            "x-amz-date: \(String(decoding: signature.date, as: UTF8.self))",
        ]
        if let token = signature.token {
            headers.append("x-amz-security-token: \(String(decoding: token, as: UTF8.self))")
        }
        headers.append("x-amz-target: \(target)")
        #expect(headers == vector.headers)
    }
}
