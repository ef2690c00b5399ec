#!/usr/bin/env python3
"""Reads every index of the store at URL twice: warm_store.py URL.

A server that was just started reads from the disk at first, and InnoDB counts a page as in use only once it is read again a
second later; both would count against whatever is measured first.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mysql_client  # noqa: E402 - found by the line above


def main():
    cursor = mysql_client.connect(sys.argv[1]).cursor()
    cursor.execute("SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.STATISTICS "
                   "WHERE TABLE_SCHEMA = DATABASE() AND SEQ_IN_INDEX = 1")
    indexes = cursor.fetchall()
    for _ in range(2):
        for table, index, column in indexes:
            cursor.execute(f"SELECT COUNT(`{column}`) FROM `{table}` FORCE INDEX (`{index}`) "
                           f"WHERE `{column}` IS NOT NULL")
            cursor.fetchall()
        time.sleep(1.1)


if __name__ == "__main__":
    main()
