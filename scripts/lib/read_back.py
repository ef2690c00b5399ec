"""Reads items back with boto3: read_back.py UNGLUE CONTRACT.

For each table of the contract: how many items it has; and of each item that `unglue preview` says a
run would write, whether GetItem gives the same one. Exits 1 when one is missing or another. The
servers are those of UNGLUE_MYSQL_URL and AWS_ENDPOINT_URL_DYNAMODB.
"""

import base64
import decimal
import json
import subprocess
import sys

import boto3

SHOWN_COLUMNS = 100


def previewed(program, contract, table):
    """The first items of each entity; status 3 says that a row was rejected, which is no error."""
    command = [program, "preview", contract, "--tables", table, "--limit", "3", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}: status {result.returncode}\n{result.stderr}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def canonical(value):
    """A value that is equal for equal attributes: numbers by value, sets without order."""
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, decimal.Decimal(content)
    if kind == "NS":
        return kind, frozenset(decimal.Decimal(number) for number in content)
    if kind in ("SS", "BS"):
        return kind, frozenset(content)
    if kind == "L":
        return kind, [canonical(element) for element in content]
    if kind == "M":
        return kind, {name: canonical(member) for name, member in content.items()}
    return kind, content


def as_wire(value):
    """What boto3 made of a value, as DynamoDB JSON writes it: bytes in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: as_wire(member) for name, member in value.items()}
    return [as_wire(element) for element in value] if isinstance(value, list) else value


def read_table(client, program, contract, table):
    """Prints a table's first item and returns how many of the previewed ones differ in the target."""
    description = client.describe_table(TableName=table)["Table"]
    keys = [key["AttributeName"] for key in description["KeySchema"]]
    pages = client.get_paginator("scan").paginate(
        TableName=table, Select="COUNT", PaginationConfig={"PageSize": 4000})
    count = sum(page["Count"] for page in pages)
    items = previewed(program, contract, table)
    wrong = 0
    for position, item in enumerate(items):
        key = {name: item[name] for name in keys}
        # The client wants bytes where the wire has base64: keys of the store are text and numbers.
        answer = client.get_item(TableName=table, Key=key, ConsistentRead=True)
        found = as_wire(answer.get("Item", {}))
        same = canonical({"M": found}) == canonical({"M": item})
        wrong += not same
        if position == 0:
            print(f"\n{table}: {count:,} items. The first:")
            for name, value in found.items():
                line = f"  {name}: {json.dumps(value, ensure_ascii=False)}"
                print(line if len(line) <= SHOWN_COLUMNS else line[:SHOWN_COLUMNS - 4] + " ...")
        if not same:
            print(f"{table}: another item than expected has the key {json.dumps(key)}")
    print(f"{table}: {len(items) - wrong} of {len(items)} items read back are as previewed")
    return wrong + (not items)


def main():
    program, contract = sys.argv[1:]
    client = boto3.client("dynamodb")
    with open(contract, encoding="utf-8") as file:
        tables = [table["table"] for table in json.load(file)["tables"]]
    return 1 if sum([read_table(client, program, contract, table) for table in tables]) else 0


sys.exit(main())
