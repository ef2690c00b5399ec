"""A MySQL connection for the scripts: PyMySQL, which shares no code with the engine.

PyMySQL is looked for in the running Python, then in the private environment `.local/venv`, which
is made if it is not there.
"""

import os
import pathlib
import subprocess
import sys
import urllib.parse

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def use_private_python():
    """Goes on in `.local/venv` where this Python has no PyMySQL."""
    environment = REPOSITORY / ".local" / "venv"
    python = environment / "bin" / "python"
    if pathlib.Path(sys.prefix) == environment:
        sys.exit(f"PyMySQL is missing in {environment}: remove it and run this again")
    if not python.exists():
        print(f"making {environment} with PyMySQL", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    if subprocess.run([str(python), "-c", "import pymysql"], capture_output=True).returncode:
        subprocess.run([str(python), "-m", "pip", "install", "-q", "PyMySQL"], check=True)
    os.execv(python, [str(python), *sys.argv])


try:
    import pymysql
except ImportError:
    use_private_python()


def connect(url, database=True, raw=False, **options):
    """Connects to `mysql://user[:password]@host[:port]/database`, in UTC and utf8mb4.

    `database=False` leaves the database unselected. `raw=True` gives every value as the server
    prints it: text as str, binary as bytes, nothing converted. The password may also stand in
    UNGLUE_MYSQL_PASSWORD.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "mysql" or not parts.hostname:
        sys.exit(f"{url}: write mysql://user@host:port/database")
    if raw:
        options["conv"] = {}
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=urllib.parse.unquote(parts.username or "root"),
        password=urllib.parse.unquote(
            parts.password or os.environ.get("UNGLUE_MYSQL_PASSWORD", "")),
        database=database_name(url) if database else None,
        charset="utf8mb4",
        init_command="SET time_zone = '+00:00'",
        autocommit=True,
        **options,
    )


def database_name(url):
    name = urllib.parse.unquote(urllib.parse.urlsplit(url).path.lstrip("/"))
    if not name:
        sys.exit(f"{url}: names no database")
    return name


def statements(text):
    """The statements of an SQL file, split at semicolons that end a line."""
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    for statement in "\n".join(lines).split(";\n"):
        if statement.strip().rstrip(";"):
            yield statement.strip().rstrip(";")
