#!/usr/bin/env python3
"""What one writes oneself: a streaming cursor and boto3's batch_writer. For scripts/compare.

  peer_boto3.py --url mysql://root@127.0.0.1:3306/store --endpoint-url URL [--threads N]

Reads the view of Benchmarks/contracts/orders.json and puts its items, in threads that take one
range of orders each. The driver is mysqlclient where it is installed, else PyMySQL.
"""

import argparse
import concurrent.futures
import decimal
import importlib.metadata
import urllib.parse

import boto3
import botocore.config

try:
    import MySQLdb as driver
    import MySQLdb.cursors as cursors
    DRIVER = "mysqlclient"
except ImportError:
    import pymysql as driver
    import pymysql.cursors as cursors
    DRIVER = "PyMySQL"

COLUMNS = ("PK", "SK", "order_id", "user_id", "order_status", "total_amount", "order_items",
           "created_at", "updated_at")


def connect(url):
    parts = urllib.parse.urlsplit(url)
    return driver.connect(
        host=parts.hostname, port=parts.port, user=parts.username, database=parts.path[1:],
        charset="utf8mb4", autocommit=True, cursorclass=cursors.SSCursor,
        init_command="SET time_zone = '+00:00', group_concat_max_len = 1073741824")


def value(column):
    """As an attribute: numbers of type N are decimals, all else is text."""
    return column if isinstance(column, decimal.Decimal) else str(column)


def migrate(url, endpoint, low, high):
    # A resource is not made for several threads.
    table = boto3.session.Session().resource(
        "dynamodb", endpoint_url=endpoint,
        config=botocore.config.Config(retries={"mode": "standard"})).Table("Orders")
    cursor = connect(url).cursor()
    cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM ddb_Orders_view "
                   "WHERE _key_id > %s AND _key_id <= %s", (low, high))
    count = 0
    with table.batch_writer() as batch:
        for row in cursor:
            batch.put_item(Item={name: value(column) for name, column in zip(COLUMNS, row)
                                 if column is not None})
            count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    cursor = connect(options.url).cursor()
    cursor.execute("SELECT MAX(_key_id) FROM ddb_Orders_view")
    last, = cursor.fetchone()
    bounds = [last * part // options.threads for part in range(options.threads + 1)]
    with concurrent.futures.ThreadPoolExecutor(options.threads) as pool:
        done = [pool.submit(migrate, options.url, options.endpoint_url, low, high)
                for low, high in zip(bounds, bounds[1:])]
        total = sum(part.result() for part in done)
    print(f"{total} items, {DRIVER} {importlib.metadata.version(DRIVER)}, boto3 {boto3.__version__}, "
          f"{options.threads} threads")


if __name__ == "__main__":
    main()
