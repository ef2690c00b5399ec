#!/usr/bin/env python3
"""Whether a store of that many users is at URL, all of it: store_size.py URL USERS; exit 0 or 1."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mysql_client  # noqa: E402 - found by the line above


def main():
    url, users = sys.argv[1], int(sys.argv[2])
    try:
        cursor = mysql_client.connect(url).cursor()
        cursor.execute("SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM orders), "
                       "(SELECT MAX(order_id) FROM order_items)")
    except mysql_client.pymysql.err.MySQLError:
        return 1
    found = cursor.fetchone()
    # The order lines are the longest table; the rows with small ids are put last.
    return 0 if found[:2] == (users, 2 * users) and (found[2] or 0) > 2 * users - 20 else 1


if __name__ == "__main__":
    sys.exit(main())
