// Made by scripts/signer-vectors.py with botocore 1.44.5; do not edit.

import Testing

/// A request and the headers that botocore gives it.
struct SignerVector: Sendable, CustomTestStringConvertible {
    var name: String
    var target: String
    var endpoint: String
    var region: String
    /// Seconds since 1970.
    var seconds: Int
    var body: String
    var hasToken: Bool
    /// In ascending order of the name.
    var headers: [String]

    var testDescription: String { name + (hasToken ? ", session token" : "") }

    static let accessKeyID = "AKIDEXAMPLE"
    static let secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    static let sessionToken =
        "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQD+/token=="

    static let put =
        #"{"RequestItems": {"T": [{"PutRequest": {"Item": {"PK": {"S": "U"}, "n": {"N": "0.7"}}}}]}}"#

    static let all: [SignerVector] = [
        SignerVector(
            name: "an empty object",
            target: "ListTables",
            endpoint: "https://dynamodb.us-east-1.amazonaws.com",
            region: "us-east-1",
            seconds: 1440938160,
            body: "{}",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=75214f17608dbd636679e18f6f89744844ae96fcd228b8147167152488d817de",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20150830T123600Z",
                "x-amz-target: DynamoDB_20120810.ListTables",
            ]
        ),
        SignerVector(
            name: "an empty object",
            target: "ListTables",
            endpoint: "https://dynamodb.us-east-1.amazonaws.com",
            region: "us-east-1",
            seconds: 1440938160,
            body: "{}",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=f13dc77c0b4773cb8b241ef789a15b8ae6dc43fbb1953bf88fadc494e6d60f09",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20150830T123600Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.ListTables",
            ]
        ),
        SignerVector(
            name: "a batch",
            target: "BatchWriteItem",
            endpoint: "https://dynamodb.us-east-1.amazonaws.com",
            region: "us-east-1",
            seconds: 1795305600,
            body: put,
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=9cb928c32426285c92450a0fcce9846b80400e2acdbb0c2e2ee21468082c2146",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T000000Z",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "a batch",
            target: "BatchWriteItem",
            endpoint: "https://dynamodb.us-east-1.amazonaws.com",
            region: "us-east-1",
            seconds: 1795305600,
            body: put,
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=0232e7cc0b1c764e99648c3580d0d1e15de36ee22938033f7e9f32613e449575",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T000000Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "text beyond ASCII",
            target: "GetItem",
            endpoint: "https://dynamodb.eu-central-1.amazonaws.com",
            region: "eu-central-1",
            seconds: 1709251199,
            body: "{\"TableName\": \"Größe\", \"Key\": {\"PK\": {\"S\": \"😀 \\\"\\\\\"}}}",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20240229/eu-central-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=d321162dad3355baaf5b6bea88b42b9621cae56828c1e26b2848df97eada3a2d",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20240229T235959Z",
                "x-amz-target: DynamoDB_20120810.GetItem",
            ]
        ),
        SignerVector(
            name: "text beyond ASCII",
            target: "GetItem",
            endpoint: "https://dynamodb.eu-central-1.amazonaws.com",
            region: "eu-central-1",
            seconds: 1709251199,
            body: "{\"TableName\": \"Größe\", \"Key\": {\"PK\": {\"S\": \"😀 \\\"\\\\\"}}}",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20240229/eu-central-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=7888854419667204b2152f2ae5fc559f72810b1b9a34dabcfc6000dfe3101212",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20240229T235959Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.GetItem",
            ]
        ),
        SignerVector(
            name: "a loopback endpoint with a port",
            target: "BatchWriteItem",
            endpoint: "http://127.0.0.1:8000",
            region: "us-east-1",
            seconds: 1767229323,
            body: put,
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=e18e1ed76eb92183efe3834cfdbff442d00bd73792d6b8150f4a93e1e3df718b",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20260101T010203Z",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "a loopback endpoint with a port",
            target: "BatchWriteItem",
            endpoint: "http://127.0.0.1:8000",
            region: "us-east-1",
            seconds: 1767229323,
            body: put,
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=fad3cee5778e87c82d4bdf573bfa2781bb83dd4b223bb0e20476ce0ae1312e2b",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20260101T010203Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "a host name in capitals",
            target: "BatchWriteItem",
            endpoint: "http://LocalHost:4566",
            region: "us-west-2",
            seconds: 1767229323,
            body: put,
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20260101/us-west-2/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=5429d249a09b7fb0966de52e5f7adfd73782676f7117f1389c7177de76c53299",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20260101T010203Z",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "a host name in capitals",
            target: "BatchWriteItem",
            endpoint: "http://LocalHost:4566",
            region: "us-west-2",
            seconds: 1767229323,
            body: put,
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20260101/us-west-2/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=58069dc70d358d5049838f4ce82c6a63e9cd863f804041378a814a338240e8b8",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20260101T010203Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "the scheme's own port",
            target: "DescribeTable",
            endpoint: "https://dynamodb.us-east-2.amazonaws.com:443",
            region: "us-east-2",
            seconds: 946684799,
            body: "{\"TableName\":\"t\"}",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/19991231/us-east-2/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=e467b2e5e26769aa5a859d6a52c9a94760f2068f378348bebcf329d970795d07",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 19991231T235959Z",
                "x-amz-target: DynamoDB_20120810.DescribeTable",
            ]
        ),
        SignerVector(
            name: "the scheme's own port",
            target: "DescribeTable",
            endpoint: "https://dynamodb.us-east-2.amazonaws.com:443",
            region: "us-east-2",
            seconds: 946684799,
            body: "{\"TableName\":\"t\"}",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/19991231/us-east-2/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=5a589a46dc91996ef288657cddb1a13e26d6d68f36764a7aba78aeb939d03319",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 19991231T235959Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.DescribeTable",
            ]
        ),
        SignerVector(
            name: "the other scheme's port",
            target: "DescribeTable",
            endpoint: "http://dynamodb.test:443",
            region: "us-east-2",
            seconds: 4107542400,
            body: "{\"TableName\":\"t\"}",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/21000301/us-east-2/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=443469b99adaba4a03cbce048f1008dcaa49540b0bfe395b5628a4de00cc57ea",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 21000301T000000Z",
                "x-amz-target: DynamoDB_20120810.DescribeTable",
            ]
        ),
        SignerVector(
            name: "the other scheme's port",
            target: "DescribeTable",
            endpoint: "http://dynamodb.test:443",
            region: "us-east-2",
            seconds: 4107542400,
            body: "{\"TableName\":\"t\"}",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/21000301/us-east-2/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=f046a5a9620c633943df14718b4eeed0a4d598513c55c1ccbd0f48cf44d4ea9a",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 21000301T000000Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.DescribeTable",
            ]
        ),
        SignerVector(
            name: "an endpoint with a path",
            target: "Scan",
            endpoint: "https://gateway.example.com/dynamo/v1",
            region: "us-east-1",
            seconds: 1795342830,
            body: "{\"TableName\":\"t\",\"Limit\":4000}",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=7ef4b1c39e9046950b730a9b533473b67ed0e792511d303523239f26f0342751",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-target: DynamoDB_20120810.Scan",
            ]
        ),
        SignerVector(
            name: "an endpoint with a path",
            target: "Scan",
            endpoint: "https://gateway.example.com/dynamo/v1",
            region: "us-east-1",
            seconds: 1795342830,
            body: "{\"TableName\":\"t\",\"Limit\":4000}",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=f9f461f648efc7315e16237b6da99682b4e40880c13d7a61c0ce6b2d195bc439",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.Scan",
            ]
        ),
        SignerVector(
            name: "an address of version 6",
            target: "Scan",
            endpoint: "http://[::1]:8000",
            region: "us-east-1",
            seconds: 1795342830,
            body: "{\"TableName\":\"t\"}",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=327b0292385785fcccf57bb01800404fe260ead3a083c4202a26225892ddc4da",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-target: DynamoDB_20120810.Scan",
            ]
        ),
        SignerVector(
            name: "an address of version 6",
            target: "Scan",
            endpoint: "http://[::1]:8000",
            region: "us-east-1",
            seconds: 1795342830,
            body: "{\"TableName\":\"t\"}",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=615bfec8be867e1105db186ba3f52af05e706c6f7d4d4a03bf96d7993216ee71",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.Scan",
            ]
        ),
        SignerVector(
            name: "a body of 100,000 bytes",
            target: "BatchWriteItem",
            endpoint: "https://dynamodb.us-gov-west-1.amazonaws.com",
            region: "us-gov-west-1",
            seconds: 1795342830,
            body: String(repeating: "x", count: 100_000),
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-gov-west-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=d6364933db1409c21fc91ccfc24f9126db3d27ace28c1d5ada10b0086a2c34c6",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "a body of 100,000 bytes",
            target: "BatchWriteItem",
            endpoint: "https://dynamodb.us-gov-west-1.amazonaws.com",
            region: "us-gov-west-1",
            seconds: 1795342830,
            body: String(repeating: "x", count: 100_000),
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/us-gov-west-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=606164eedda993bd0af11dc17798a5bda860c894f6df0e014c98a0bccecbe685",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.BatchWriteItem",
            ]
        ),
        SignerVector(
            name: "an empty body",
            target: "ListTables",
            endpoint: "https://dynamodb.cn-north-1.amazonaws.com.cn",
            region: "cn-north-1",
            seconds: 1795342830,
            body: "",
            hasToken: false,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/cn-north-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-target, "
                    + "Signature=f3a5d373e645354f4f9411b3db20383073109f027cadcd1a20529512bcdc50dc",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-target: DynamoDB_20120810.ListTables",
            ]
        ),
        SignerVector(
            name: "an empty body",
            target: "ListTables",
            endpoint: "https://dynamodb.cn-north-1.amazonaws.com.cn",
            region: "cn-north-1",
            seconds: 1795342830,
            body: "",
            hasToken: true,
            headers: [
                "authorization: AWS4-HMAC-SHA256 "
                    + "Credential=AKIDEXAMPLE/20261122/cn-north-1/dynamodb/aws4_request, "
                    + "SignedHeaders=content-type;host;"
                    + "x-amz-date;x-amz-security-token;x-amz-target, "
                    + "Signature=98901ecb6989712e758cbc39226f664675819b427d897ba740965cba0342ee38",
                "content-type: application/x-amz-json-1.0",
                "x-amz-date: 20261122T102030Z",
                "x-amz-security-token: \(sessionToken)",
                "x-amz-target: DynamoDB_20120810.ListTables",
            ]
        ),
    ]
}
