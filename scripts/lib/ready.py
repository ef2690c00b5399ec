"""Waits until a server answers: ready.py mysql|http PORT SECONDS."""

import http.client
import sys
import time


def mysql_answers(port):
    import pymysql

    pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=5).close()


def http_answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def main():
    answers = {"mysql": mysql_answers, "http": http_answers}[sys.argv[1]]
    deadline = time.monotonic() + float(sys.argv[3])
    while True:
        try:
            answers(int(sys.argv[2]))
            return 0
        except Exception as error:  # every kind of "not yet"
            if time.monotonic() > deadline:
                print(f"no answer on port {sys.argv[2]}: {error}", file=sys.stderr)
                return 1
            time.sleep(0.05)


sys.exit(main())
