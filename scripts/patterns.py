#!/usr/bin/env python3
"""Runs every contract of contracts/patterns through the built binary and compares the target with
the expected items beside it, which were written by hand.

  scripts/patterns.py --mysql mysql://root@127.0.0.1:3306 --endpoint-url http://127.0.0.1:8000

Each pattern gets a database of its own (`pattern_<name>`), made from its schema.sql, and tables
with a prefix of their own; both are removed afterwards. Compared are the items, the tables' keys,
indexes, capacity and tags, and the numbers of the report. The binary is UNGLUE_BIN, else the one
under .build. Exit status: 0 all agree, 1 not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import items
import mysql_client

PATTERNS = mysql_client.REPOSITORY / "contracts" / "patterns"


class Mismatch(Exception):
    """What differs, a line each."""


def binary():
    if "UNGLUE_BIN" in os.environ:
        return os.environ["UNGLUE_BIN"]
    for kind in ("release", "debug"):
        path = mysql_client.REPOSITORY / ".build" / kind / "unglue"
        if path.exists():
            return str(path)
    sys.exit("no binary: build it with `swift build`, or name it in UNGLUE_BIN")


def load_schema(url, database, schema):
    """Makes the database anew; says which server it is."""
    connection = mysql_client.connect(f"{url}/{database}", database=False)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")
        cursor.execute(f"CREATE DATABASE `{database}` DEFAULT CHARACTER SET utf8mb4")
        cursor.execute(f"USE `{database}`")
        for statement in mysql_client.statements(schema.read_text()):
            cursor.execute(statement)
        cursor.execute("SELECT VERSION()")
        return "mariadb" if "MariaDB" in cursor.fetchone()[0] else "mysql"


def drop_database(url, database):
    connection = mysql_client.connect(f"{url}/{database}", database=False)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS `{database}`")


def run(options, contract, database, prefix):
    """The report of `unglue run`, and its exit status."""
    environment = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", **os.environ}
    with tempfile.TemporaryDirectory() as state:
        done = subprocess.run(
            [binary(), "run", str(contract), "--setup", "--output", "json",
             "--mysql", f"{options.mysql}/{database}", "--endpoint-url", options.endpoint_url,
             "--region", options.region, "--table-prefix", prefix, "--state", state],
            capture_output=True, text=True, env=environment, timeout=120)
    try:
        return json.loads(done.stdout), done.returncode
    except ValueError:
        raise Mismatch(f"exit {done.returncode}, no report\n{done.stdout}{done.stderr}") from None


def check_report(report, status, expected):
    rejected = {part["table"]: part.get("rejected", 0) for part in expected}
    if status != (3 if any(rejected.values()) else 0):
        yield f"exit status {status}: {json.dumps(report)}"
    reported = {part["table"]: part for part in report["tables"]}
    for part in expected:
        name = part["table"]
        numbers = reported.get(name)
        if numbers is None:
            yield f"{name}: not in the report, which has {sorted(reported)}"
            continue
        sum_of_rows = sum(numbers[key] for key in
                          ("items_written", "items_kept", "duplicates", "rejected"))
        if numbers["rows_read"] != sum_of_rows:
            yield f"{name}: rows do not add up: {numbers}"
        if (numbers["rejected"], numbers["items_written"]) != (rejected[name], len(part["items"])):
            yield (f"{name}: {numbers['items_written']} written, {numbers['rejected']} rejected, "
                   f"not {len(part['items'])} and {rejected[name]}")


def check_table(endpoint, contract_table, table):
    """The table as the contract asks for it: keys, indexes, capacity, tags."""
    def keys(schema):
        return [part["AttributeName"] for part in sorted(schema, key=lambda part: part["KeyType"])]

    def wanted_keys(part, *default):
        names = [part.get("pk", default[0] if default else None),
                 part.get("sk", default[1] if default else None)]
        return [name for name in names if name]

    def units(part):
        capacity = part.get("ProvisionedThroughput") or {}
        return (capacity.get("ReadCapacityUnits", 0), capacity.get("WriteCapacityUnits", 0))

    def wanted_units(part):
        capacity = part.get("capacity", contract_table.get("capacity", {}))
        return (capacity.get("read_units", 0), capacity.get("write_units", 0))

    default = ("PK", "SK") if contract_table["type"] == "multi-entity" else ()
    if keys(table["KeySchema"]) != wanted_keys(contract_table, *default):
        yield f"keys are {keys(table['KeySchema'])}"
    if units(table) != wanted_units(contract_table):
        yield f"capacity is {units(table)}"
    indexes = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", [])}
    wanted = {index["index_name"]: index for index in contract_table.get("gsis", [])}
    if indexes.keys() != wanted.keys():
        yield f"indexes are {sorted(indexes)}, not {sorted(wanted)}"
    for name in indexes.keys() & wanted.keys():
        projection = indexes[name]["Projection"]
        found = (keys(indexes[name]["KeySchema"]), projection["ProjectionType"],
                 sorted(projection.get("NonKeyAttributes") or []), units(indexes[name]))
        right = (wanted_keys(wanted[name]), wanted[name].get("projection", "ALL"),
                 sorted(wanted[name].get("projected_attributes", [])), wanted_units(wanted[name]))
        if found != right:
            yield f"index {name} is {found}, not {right}"
    if "tags" in contract_table:
        answer = endpoint.call("ListTagsOfResource", ResourceArn=table["TableArn"])
        tags = {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
        if tags != contract_table["tags"]:
            yield f"tags are {tags}"


def check_items(found, expected, key_names):
    found = {items.key_of(item, key_names): item for item in found}
    expected = {items.key_of(item, key_names): item for item in expected}
    for key in sorted(expected.keys() - found.keys()):
        yield f"missing: {key}"
    for key in sorted(found.keys() - expected.keys()):
        yield f"extra: {key}"
    for key in sorted(found.keys() & expected.keys()):
        right, is_ = expected[key], found[key]
        for name in sorted(right.keys() | is_.keys()):
            if name not in right or name not in is_ \
                    or items.canonical(right[name]) != items.canonical(is_[name]):
                yield f"{key} {name}: expected {right.get(name)}, found {is_.get(name)}"


def check(options, endpoint, pattern):
    """Runs one pattern; gives what differs."""
    database = "pattern_" + pattern.name.replace("-", "_")
    contract = json.loads((pattern / "contract.json").read_text())
    prefix = f"{options.table_prefix}{pattern.name}-"
    names = [prefix + table["table"] for table in contract["tables"]]
    for name in names:
        endpoint.delete_table(name)
    try:
        flavour = load_schema(options.mysql, database, pattern / "schema.sql")
        own = pattern / f"expected.{flavour}.json"
        expected = json.loads((own if own.exists() else pattern / "expected.json").read_text())
        report, status = run(options, pattern / "contract.json", database, prefix)
        yield from check_report(report, status, expected)
        for table, part in zip(contract["tables"], expected, strict=True):
            description = endpoint.call("DescribeTable", TableName=prefix + part["table"])["Table"]
            for problem in check_table(endpoint, table, description):
                yield f"{part['table']}: {problem}"
            schema = sorted(description["KeySchema"], key=lambda key: key["KeyType"])
            yield from check_items(endpoint.scan(prefix + part["table"]), part["items"],
                                   [key["AttributeName"] for key in schema])
    except (Mismatch, RuntimeError, subprocess.TimeoutExpired, mysql_client.pymysql.Error) as error:
        yield str(error)
    finally:
        if not options.keep:
            for name in names:
                endpoint.delete_table(name)
            drop_database(options.mysql, database)


# What an endpoint is known to do otherwise than the service, so that a pattern cannot be read back:
# the rule of this name in Tests/IntegrationTests/KnownDeviations.swift says more.
CANNOT_READ_BACK = {("moto", "key-types"): "binaryKeysCanBeScanned"}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patterns", nargs="*", help="names of directories; by default all")
    parser.add_argument("--mysql", required=True, help="mysql://user@host:port, without a database")
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--region", default="local")
    parser.add_argument("--table-prefix", default="p-")
    parser.add_argument("--keep", action="store_true", help="leave databases and tables behind")
    options = parser.parse_args()
    options.mysql = options.mysql.rstrip("/")

    endpoint = items.Endpoint(options.endpoint_url, options.region)
    known = {path.name: path for path in sorted(PATTERNS.iterdir()) if path.is_dir()}
    unknown = [name for name in options.patterns if name not in known]
    if unknown:
        parser.error(f"no such pattern: {', '.join(unknown)}")
    failed = 0
    kind = os.environ.get("UNGLUE_TEST_ENDPOINT_KIND")
    left_out = {name for name in known if (kind, name) in CANNOT_READ_BACK}
    for name in left_out:
        print(f"not on {kind}: {name} ({CANNOT_READ_BACK[kind, name]})")
        del known[name]
    for name in options.patterns or known:
        problems = list(check(options, endpoint, known[name]))
        failed += bool(problems)
        print(f"{'FAIL' if problems else 'ok  '} {name}", flush=True)
        for problem in problems:
            print("     " + problem.replace("\n", "\n     ")[:2000])
    count = len(options.patterns or known)
    print(f"{count - failed} of {count} patterns agree")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
