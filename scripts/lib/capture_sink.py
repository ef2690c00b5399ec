#!/usr/bin/env python3
"""A sink that keeps what it is given, to see that two programs write the same items.

  capture_sink.py FILE

Answers BatchWriteItem with success, DescribeTable with a table that fits Orders, and appends every
item as one line of JSON to FILE. Prints `listening on PORT` first. Slow: for checks, not measures.
"""

import http.server
import json
import sys
import threading

LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        answer = {}
        if operation == "BatchWriteItem":
            with LOCK:
                for puts in body["RequestItems"].values():
                    for put in puts:
                        self.server.file.write(json.dumps(put["PutRequest"]["Item"]) + "\n")
            answer = {"UnprocessedItems": {}}
        elif operation == "DescribeTable":
            answer = {"Table": self.table(body["TableName"])}
        text = json.dumps(answer, separators=(",", ":")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    @staticmethod
    def table(name):
        return {
            "TableName": name, "TableStatus": "ACTIVE", "TableId": "capture",
            "CreationDateTime": 0,
            "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"},
                          {"AttributeName": "SK", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"},
                                     {"AttributeName": "SK", "AttributeType": "S"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        }

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open(sys.argv[1], "w", encoding="utf-8", buffering=1) as server.file:
        print(f"listening on {server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
