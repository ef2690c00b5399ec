"""Tables of any length, width and item size, with a contract each; made once and kept.

The rows are made by the server from numbers and their digests: the same everywhere.
"""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mysql_client  # noqa: E402 - found by the line above

DIGITS = "(" + " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10)) + ")"
STEP = 100_000


class Maker:
    """Makes the tables in the database of `url`, and their contracts in `folder`."""

    def __init__(self, url, folder):
        self.url, self.folder = url, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        name = mysql_client.database_name(url)
        mysql_client.connect(url, database=False).cursor().execute(
            f"CREATE DATABASE IF NOT EXISTS `{name}` DEFAULT CHARACTER SET utf8mb4")

    def simple(self, rows):
        """Five columns, about 200 bytes an item on the wire."""
        columns = {"name": ("VARCHAR(64)", "CONCAT('name ', i, ' ', LEFT(SHA2(i, 256), 24))"),
                   "amount": ("DECIMAL(12,2)", "CRC32(i) % 1000000 / 100"),
                   "state": ("VARCHAR(16)", "ELT(1 + i % 3, 'open', 'paid', 'sent')"),
                   "made_at": ("DATETIME", "TIMESTAMP('2020-01-01') + INTERVAL i % 99999999 SECOND")}
        return self.make(f"simple_{rows}", rows, columns, numbers={"amount"})

    def wide(self, width, rows):
        """So many columns, of which a third are numbers; the texts are 12 bytes."""
        columns = {}
        for number in range(1, width):
            if number % 3 == 0:
                columns[f"n{number}"] = ("INT", f"CRC32(CONCAT({number}, i)) % 1000000")
            else:
                columns[f"c{number}"] = ("VARCHAR(24)", f"CONCAT(HEX(CRC32(CONCAT({number}, i))), 'text')")
        return self.make(f"wide_{width}", rows, columns,
                         numbers={name for name in columns if name.startswith("n")})

    def sized(self, size, rows):
        """One text that makes the item about `size` bytes."""
        text = size - len("idtext12345678")
        expression = f"LEFT(REPEAT(SHA2(i, 256), {text // 64 + 1}), {text})"
        kind = "MEDIUMTEXT" if text > 16_000 else f"VARCHAR({text})"
        return self.make(f"sized_{size}", rows, {"text": (kind, expression)})

    def make(self, name, rows, columns, numbers=frozenset()):
        """The table if it is not there in that length, and its contract's path."""
        cursor = mysql_client.connect(self.url).cursor()
        cursor.execute("SELECT COUNT(*) FROM information_schema.tables "
                       "WHERE table_schema = DATABASE() AND table_name = %s", (name,))
        found = 0
        if cursor.fetchone()[0]:
            cursor.execute(f"SELECT COUNT(*) FROM {name}")
            found = cursor.fetchone()[0]
        if found != rows:
            self.fill(cursor, name, rows, columns)
        self.warm(cursor, name, next(iter(columns)))
        contract = self.folder / f"{name}.json"
        attributes = [{"name": "id", "type": "N", "source_table": name, "source_column": "id"}]
        attributes += [{"name": column, "type": "N" if column in numbers else "S",
                        "source_table": name, "source_column": column} for column in columns]
        contract.write_text(json.dumps({"tables": [{
            "table": name, "type": "single-entity", "source_table": name, "pk": "id",
            "attributes": attributes}]}, indent=1))
        return contract

    @staticmethod
    def warm(cursor, name, column):
        """Has every page in memory and on the disk: neither is to be measured with the first run.

        Twice, since InnoDB counts a page as in use only once it is read again a second later.
        """
        cursor.execute(f"FLUSH TABLES {name} FOR EXPORT")
        cursor.execute("UNLOCK TABLES")
        for _ in range(2):
            cursor.execute(f"SELECT MAX(CRC32({column})) FROM {name}")
            cursor.fetchall()
            time.sleep(1.1)

    @staticmethod
    def fill(cursor, name, rows, columns):
        cursor.execute("SET SESSION sql_log_bin = 0")
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        kinds = ", ".join(f"{column} {kind}" for column, (kind, _) in columns.items())
        cursor.execute(f"CREATE TABLE {name} (id BIGINT UNSIGNED PRIMARY KEY, {kinds}) "
                       "CHARACTER SET utf8mb4")
        values = ", ".join(expression for _, expression in columns.values())
        step = min(STEP, max(1000, rows // 10))
        for base in range(1, rows + 1, step):
            cursor.execute(
                f"INSERT INTO {name} SELECT i, {values} FROM (SELECT a.d + 10 * b.d + 100 * c.d + "
                f"1000 * e.d + 10000 * f.d + {base} AS i FROM {DIGITS} a, {DIGITS} b, {DIGITS} c, "
                f"{DIGITS} e, {DIGITS} f) numbers WHERE i < {min(base + step, rows + 1)} ORDER BY i")
        cursor.execute(f"ANALYZE TABLE {name}")
