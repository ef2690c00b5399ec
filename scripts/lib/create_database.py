"""Creates an empty database on a private server: create_database.py PORT NAME."""

import sys

import pymysql

port, name = sys.argv[1:]
with pymysql.connect(host="127.0.0.1", port=int(port), user="root") as connection:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` DEFAULT CHARACTER SET utf8mb4")
