#!/usr/bin/env python3
"""Prints Tests/DynamoDBSinkTests/SignerVectors.swift: what botocore signs, header by header.

Usage: python3 scripts/signer-vectors.py > Tests/DynamoDBSinkTests/SignerVectors.swift
Needs botocore (pip install botocore). No request is sent; date and credentials are fixed.
The credentials are the ones of AWS's own documentation and open nothing.
"""

import datetime
import json
import sys

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest, prepare_request_dict
from botocore.credentials import Credentials

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUCIQD+/token=="

PUT = json.dumps(
    {
        "RequestItems": {
            "T": [{"PutRequest": {"Item": {"PK": {"S": "U"}, "n": {"N": "0.7"}}}}]
        },
    }
)
EMOJI = json.dumps({"TableName": "Größe", "Key": {"PK": {"S": "\N{GRINNING FACE} \"\\"}}}, ensure_ascii=False)

# name, target, endpoint, region, day, body
CASES = [
    ("an empty object", "ListTables", "https://dynamodb.us-east-1.amazonaws.com", "us-east-1", "2015-08-30T12:36:00", "{}"),
    ("a batch", "BatchWriteItem", "https://dynamodb.us-east-1.amazonaws.com", "us-east-1", "2026-11-22T00:00:00", PUT),
    ("text beyond ASCII", "GetItem", "https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1", "2024-02-29T23:59:59", EMOJI),
    ("a loopback endpoint with a port", "BatchWriteItem", "http://127.0.0.1:8000", "us-east-1", "2026-01-01T01:02:03", PUT),
    ("a host name in capitals", "BatchWriteItem", "http://LocalHost:4566", "us-west-2", "2026-01-01T01:02:03", PUT),
    ("the scheme's own port", "DescribeTable", "https://dynamodb.us-east-2.amazonaws.com:443", "us-east-2", "1999-12-31T23:59:59", '{"TableName":"t"}'),
    ("the other scheme's port", "DescribeTable", "http://dynamodb.test:443", "us-east-2", "2100-03-01T00:00:00", '{"TableName":"t"}'),
    ("an endpoint with a path", "Scan", "https://gateway.example.com/dynamo/v1", "us-east-1", "2026-11-22T10:20:30", '{"TableName":"t","Limit":4000}'),
    ("an address of version 6", "Scan", "http://[::1]:8000", "us-east-1", "2026-11-22T10:20:30", '{"TableName":"t"}'),
    ("a body of 100,000 bytes", "BatchWriteItem", "https://dynamodb.us-gov-west-1.amazonaws.com", "us-gov-west-1", "2026-11-22T10:20:30", "x" * 100_000),
    ("an empty body", "ListTables", "https://dynamodb.cn-north-1.amazonaws.com.cn", "cn-north-1", "2026-11-22T10:20:30", ""),
]


def signed(target, endpoint, region, instant, body, token):
    moment = datetime.datetime.fromisoformat(instant)
    botocore.auth.get_current_datetime = lambda *_, **__: moment
    request_dict = {
        "url_path": "/",
        "query_string": "",
        "method": "POST",
        "headers": {
            "X-Amz-Target": f"DynamoDB_20120810.{target}",
            "Content-Type": "application/x-amz-json-1.0",
        },
        "body": body.encode(),
        "context": {},
    }
    prepare_request_dict(request_dict, endpoint_url=endpoint)
    request = AWSRequest(
        method=request_dict["method"], url=request_dict["url"],
        data=request_dict["body"], headers=request_dict["headers"])
    request.context.update(request_dict["context"])
    auth = botocore.auth.SigV4Auth(Credentials(ACCESS_KEY, SECRET, token), "dynamodb", region)
    auth.add_auth(request)
    prepared = request.prepare()
    assert prepared.headers["X-Amz-Date"] == moment.strftime("%Y%m%dT%H%M%SZ"), "the date is not frozen"
    return {name: value if isinstance(value, str) else value.decode()
            for name, value in prepared.headers.items()}


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def main():
    out = sys.stdout
    out.write(f"""// Made by scripts/signer-vectors.py with botocore {botocore.__version__}; do not edit.

import Testing

/// A request and the headers that botocore gives it.
struct SignerVector: Sendable, CustomTestStringConvertible {{
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

    var testDescription: String {{ name + (hasToken ? ", session token" : "") }}

    static let accessKeyID = {quoted(ACCESS_KEY)}
    static let secretAccessKey = {quoted(SECRET)}
    static let sessionToken =
        {quoted(TOKEN)}

    static let put =
        #"{PUT}"#

    static let all: [SignerVector] = [
""")
    for name, target, endpoint, region, instant, body in CASES:
        for token in (None, TOKEN):
            headers = signed(target, endpoint, region, instant, body, token)
            moment = datetime.datetime.fromisoformat(instant).replace(tzinfo=datetime.timezone.utc)
            literal = 'String(repeating: "x", count: 100_000)' if len(body) > 1000 else (
                "put" if body == PUT else quoted(body))
            lines = sorted(f"{key.lower()}: {value}" for key, value in headers.items()
                           if key.lower() != "content-length")
            out.write("        SignerVector(\n")
            out.write(f"            name: {quoted(name)},\n")
            out.write(f"            target: {quoted(target)},\n")
            out.write(f"            endpoint: {quoted(endpoint)},\n")
            out.write(f"            region: {quoted(region)},\n")
            out.write(f"            seconds: {int(moment.timestamp())},\n")
            out.write(f"            body: {literal},\n")
            out.write(f"            hasToken: {'true' if token else 'false'},\n")
            out.write("            headers: [\n")
            for line in lines:
                if line.startswith("authorization: "):
                    # In its parts, for the length of the line.
                    parts = line.replace("SHA256 ", "SHA256 , ").split(", ")
                    pieces = parts[:1] + [part + ", " for part in parts[1:-1]] + [parts[-1]]
                    pieces[2:3] = [pieces[2][:32], pieces[2][32:]]
                    out.write("                " + "\n                    + ".join(
                        quoted(piece) for piece in pieces) + ",\n")
                else:
                    literal = quoted(line).replace(TOKEN, "\\(sessionToken)")
                    out.write(f"                {literal},\n")
            out.write("            ]),\n")
    out.write("    ]\n}\n")


main()
