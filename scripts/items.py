"""DynamoDB items as plain values: built, read from an endpoint, made comparable. No SDK, no engine.

An item is a dict from attribute name to DynamoDB JSON (`{"N": "1"}`). Two items are the same when
their canonical texts are: numbers compared as exact decimals, sets without order, types kept.
"""

import base64
import decimal
import hashlib
import http.client
import json
import os
import urllib.parse

EXACT = decimal.Context(prec=200, Emin=-9999, Emax=9999)


def S(text):
    return None if text is None else {"S": text}


def N(digits):
    return None if digits is None else {"N": str(digits)}


def B(data):
    return None if data is None else {"B": base64.b64encode(data).decode()}


def present(**attributes):
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None}


def number(digits):
    value = EXACT.create_decimal(digits)
    return "0" if value == 0 else str(value.normalize(EXACT))


def canonical(value):
    (kind, content), = value.items()
    if kind == "N":
        return [kind, number(content)]
    if kind == "NS":
        return [kind, sorted(map(number, content))]
    if kind in ("SS", "BS"):
        return [kind, sorted(content)]
    if kind == "L":
        return [kind, [canonical(element) for element in content]]
    if kind == "M":
        return [kind, {name: canonical(member) for name, member in content.items()}]
    return [kind, content]


def canonical_text(item):
    return json.dumps({name: canonical(value) for name, value in item.items()}, sort_keys=True)


def digest(item):
    return hashlib.blake2b(canonical_text(item).encode(), digest_size=16).digest()


def key_of(item, names):
    """The item's primary key as one text."""
    return json.dumps([canonical(item[name]) for name in names], ensure_ascii=False)


class Endpoint:
    """A DynamoDB endpoint that does not check signatures, over one kept-alive connection."""

    def __init__(self, url, region="local"):
        parts = urllib.parse.urlsplit(url)
        secure = parts.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self.connection = connect(parts.hostname, parts.port, timeout=120)
        user = os.environ.get("AWS_ACCESS_KEY_ID", "local")
        self.authorization = (
            f"AWS4-HMAC-SHA256 Credential={user}/20250101/{region}/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=0")

    def call(self, operation, **request):
        self.connection.request("POST", "/", json.dumps(request), {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "X-Amz-Date": "20250101T000000Z",
            "Authorization": self.authorization,
        })
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{operation}: HTTP {response.status}: {body[:500].decode()}")
        return json.loads(body)

    def delete_table(self, table):
        """Deletes the table, if there is one."""
        try:
            self.call("DeleteTable", TableName=table)
        except RuntimeError as error:
            if "ResourceNotFoundException" not in str(error):
                raise

    def scan(self, table, segment=0, segments=1):
        """All items of one segment. Limit bounds what DynamoDB Local holds in memory for a page."""
        request = dict(TableName=table, ConsistentRead=True, Limit=4000, Segment=segment,
                       TotalSegments=segments)
        while True:
            page = self.call("Scan", **request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
