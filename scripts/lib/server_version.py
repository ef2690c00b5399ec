#!/usr/bin/env python3
"""The version of the server at a port of this machine: server_version.py PORT."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mysql_client  # noqa: E402 - found by the line above

cursor = mysql_client.connect(f"mysql://root@127.0.0.1:{sys.argv[1]}/", database=False).cursor()
cursor.execute("SELECT VERSION()")
print(cursor.fetchone()[0])
