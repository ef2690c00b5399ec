#!/usr/bin/env python3
"""The shape of a Glue job: a JDBC read in partitions, BatchWriteItem from each. For scripts/compare.

  peer_spark.py --url mysql://root@127.0.0.1:3306/store --endpoint-url URL --driver DRIVER.jar
                [--cores 2] [--partitions 8]

Reads the view of Benchmarks/contracts/orders.json with Spark in this process (local[CORES]).
"""

import argparse
import os
import time
import urllib.parse

COLUMNS = ("PK", "SK", "order_id", "user_id", "order_status", "total_amount", "order_items",
           "created_at", "updated_at")


def writer(endpoint):
    """The function that puts a partition's rows, 25 a request, and sends again what was left."""

    def write(rows):
        import boto3
        import decimal

        client = boto3.session.Session().client("dynamodb", endpoint_url=endpoint)

        def attribute(column):
            return {"N": str(column)} if isinstance(column, decimal.Decimal) else {"S": str(column)}

        def flush(puts):
            waiting = {"Orders": puts}
            pause = 0.05
            while waiting:
                waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]
                if waiting:
                    time.sleep(pause)
                    pause = min(2 * pause, 5)

        puts = []
        for row in rows:
            item = {name: attribute(row[name]) for name in COLUMNS if row[name] is not None}
            puts.append({"PutRequest": {"Item": item}})
            if len(puts) == 25:
                flush(puts)
                puts = []
        if puts:
            flush(puts)

    return write


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--endpoint-url", required=True)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--partitions", type=int, default=8)
    options = parser.parse_args()
    os.environ.update(TZ="UTC", SPARK_LOCAL_IP="127.0.0.1")

    from pyspark.sql import SparkSession, functions, types

    session = (SparkSession.builder.master(f"local[{options.cores}]").appName("orders")
               .config("spark.driver.extraClassPath", options.driver)
               .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
               .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC").getOrCreate())
    session.sparkContext.setLogLevel("ERROR")
    parts = urllib.parse.urlsplit(options.url)
    read = (session.read.format("jdbc")
            .option("url", f"jdbc:mysql://{parts.hostname}:{parts.port}{parts.path}")
            .option("driver", "org.mariadb.jdbc.Driver")
            .option("user", parts.username).option("password", "").option("fetchsize", 1000)
            .option("sessionInitStatement", "SET SESSION group_concat_max_len = 1073741824, "
                                            "time_zone = '+00:00'"))
    last = read.option("dbtable", "(SELECT MAX(_key_id) AS last FROM ddb_Orders_view) AS bounds") \
        .load().first()[0]
    rows = (read.option("dbtable", "ddb_Orders_view").option("partitionColumn", "_key_id")
            .option("lowerBound", 1).option("upperBound", int(last) + 1)
            .option("numPartitions", options.partitions).load())
    for name in ("order_id", "user_id"):
        rows = rows.withColumn(name, functions.col(name).cast(types.StringType()))
    rows.foreachPartition(writer(options.endpoint_url))
    print(f"Spark {session.version}, local[{options.cores}], {options.partitions} partitions")
    session.stop()


if __name__ == "__main__":
    main()
