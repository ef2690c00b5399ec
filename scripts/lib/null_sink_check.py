"""Checks that the null sink answers, counts and disturbs as it says: null_sink_check.py PROGRAM"""

import http.client
import json
import signal
import subprocess
import sys
import time
import zlib

TABLE = {
    "TableName": "Things",
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "ByName",
            "KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "Tags": [{"Key": "project", "Value": "store"}],
}


class Sink:
    """A running null sink."""

    def __init__(self, program, *flags):
        self.process = subprocess.Popen(
            [program, *flags], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        self.connection = http.client.HTTPConnection(line.split("//")[1].strip(), timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def call(self, operation, document):
        self.connection.request(
            "POST", "/", json.dumps(document), {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        )
        answer = self.connection.getresponse()
        body = answer.read()
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(body), "a wrong checksum"
        return answer.status, json.loads(body)

    def stats(self):
        self.connection.request("GET", "/stats")
        return json.loads(self.connection.getresponse().read())

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        output = self.process.communicate(timeout=20)[0]
        assert self.process.returncode == 0, "SIGTERM is no failure"
        return json.loads(output)


def batch(count):
    # Text that looks like what is counted must not be.
    item = {"PK": {"S": '{"PutRequest":{"Item":{}}}'}, "text": {"S": "\"PutRequest\": \\"}}
    return {"RequestItems": {"Things": [{"PutRequest": {"Item": item}}] * count}}


def check_tables(sink):
    status, refusal = sink.call("DescribeTable", {"TableName": "Things"})
    assert status == 400 and refusal["__type"].endswith("#ResourceNotFoundException"), refusal
    assert sink.call("CreateTable", TABLE)[0] == 200
    status, answer = sink.call("DescribeTable", {"TableName": "Things"})
    table = answer["Table"]
    assert status == 200 and table["TableStatus"] == "ACTIVE" and table["TableId"], table
    for name in ("KeySchema", "AttributeDefinitions"):
        assert table[name] == TABLE[name], table[name]
    index = table["GlobalSecondaryIndexes"][0]
    assert index["IndexStatus"] == "ACTIVE", index
    assert index["KeySchema"] == TABLE["GlobalSecondaryIndexes"][0]["KeySchema"], index
    assert sink.call("ListTagsOfResource", {"ResourceArn": table["TableArn"]})[1] == {
        "Tags": TABLE["Tags"]
    }


def check_counts(program):
    with Sink(program) as sink:
        check_tables(sink)
        for count in (25, 3):
            status, answer = sink.call("BatchWriteItem", batch(count))
            assert status == 200 and answer["UnprocessedItems"] == {}, answer
            capacity = answer["ConsumedCapacity"][0]
            assert capacity["TableName"] == "Things", capacity
            assert capacity["CapacityUnits"] == count, capacity
        status, answer = sink.call("PutItem", {"TableName": "Things", "Item": {}})
        assert status == 200, answer
        stats = sink.stats()
        assert (stats["items"], stats["write_requests"]) == (29, 3), stats
        sink.connection.request("POST", "/reset")
        assert json.loads(sink.connection.getresponse().read())["items"] == 0
        sink.call("BatchWriteItem", batch(2))
        assert sink.end()["items"] == 2


def check_large(program):
    """Bodies that outgrow the buffer that their head came in."""
    with Sink(program) as sink:
        for length in (30_000, 100_000, 380_000):
            item = {"PK": {"S": "a"}, "text": {"S": "x" * length}}
            requests = {"Things": [{"PutRequest": {"Item": item}}] * 25}
            status, answer = sink.call("BatchWriteItem", {"RequestItems": requests})
            assert status == 200 and answer["UnprocessedItems"] == {}, answer
        stats = sink.end()
        assert stats["items"] == 75 and stats["body_bytes"] > 25 * 510_000, stats


def check_disturbances(program):
    with Sink(program, "--throttle-rate", "0.5") as sink:
        answers = [sink.call("BatchWriteItem", batch(1)) for _ in range(200)]
        refused = [answer for status, answer in answers if status == 400]
        assert 60 < len(refused) < 140, len(refused)
        assert all(answer["__type"].endswith("#ThrottlingException") for answer in refused)
        stats = sink.stats()
        assert (stats["throttled"], stats["items"]) == (len(refused), 200 - len(refused)), stats
    with Sink(program, "--unprocessed-rate", "0.5") as sink:
        sent = batch(25)["RequestItems"]["Things"]
        back = 0
        for _ in range(20):
            left = sink.call("BatchWriteItem", batch(25))[1]["UnprocessedItems"].get("Things", [])
            assert all(request == sent[0] for request in left), left
            back += len(left)
        stats = sink.stats()
        assert 150 < back < 350 and stats["unprocessed"] == back, stats
        assert stats["items"] == 500 - back, stats
    with Sink(program, "--latency-ms", "50") as sink:
        started = time.monotonic()
        sink.call("BatchWriteItem", batch(1))
        assert time.monotonic() - started >= 0.05


def main(program):
    check_counts(program)
    check_large(program)
    check_disturbances(program)
    print("==> the null sink answers and counts as it says")


if __name__ == "__main__":
    main(sys.argv[1])
