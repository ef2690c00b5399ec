#!/usr/bin/env python3
"""Reads every index of the store at URL once: warm_store.py URL.

A server that was just started reads from the disk at first, which would count against whatever is measured first.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mysql_client  # noqa: E402 - found by the line above


def main():
    cursor = mysql_client.connect(sys.argv[1]).cursor()
    cursor.execute("SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.STATISTICS "
                   "WHERE TABLE_SCHEMA = DATABASE() AND SEQ_IN_INDEX = 1")
    for table, index, column in cursor.fetchall():
        cursor.execute(f"SELECT COUNT(`{column}`) FROM `{table}` FORCE INDEX (`{index}`) "
                       f"WHERE `{column}` IS NOT NULL")
        cursor.fetchall()


if __name__ == "__main__":
    main()
