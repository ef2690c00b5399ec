"""Where the engine's processor time goes: samples of perf, summed by room and by kind of work.

A sample belongs to the innermost frame that is a room's own code or a client library's; what the
Swift runtime, the C library and the kernel do is counted for whoever called them, by kind.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

import engine
import measure

# Modules of the package, by their mark in a mangled name, and libraries, by their file's name.
MODULES = (("7Mapping", "mapper"), ("12DynamoDBSink", "sink"), ("11MySQLSource", "reader"),
           ("8Pipeline", "pipeline"), ("9RunLedger", "ledger"), ("6unglue", "commands"))
LIBRARIES = (("libmariadb", "reader: client library"), ("libmysqlclient", "reader: client library"),
             ("libcurl", "sink: libcurl"), ("libcrypto", "sink: SHA-256, TLS (libcrypto)"),
             ("libssl", "sink: TLS (libssl)"), ("libsqlite", "ledger: SQLite"))
KINDS = ("own code", "memory", "counting references", "copying", "kernel")
MEMORY = re.compile(r"malloc|calloc|realloc|free|unlink_chunk|swift_(?:slow)?(?:alloc|dealloc)"
                    r"|swift_allocObject|arena")
REFERENCES = re.compile(r"swift_(?:bridgeObject)?(?:retain|release)|RefCount|isUniquelyReferenced")
COPYING = re.compile(r"mem(?:move|cpy|set|chr|cmp)|strlen|strchr")
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \(([^)]*)\)$")


def samples(text):
    """The stacks of `perf script`, each a list of (symbol, library), the innermost first."""
    stack = []
    for line in text.splitlines():
        frame = FRAME.match(line)
        if frame:
            stack.append((frame[1], os.path.basename(frame[2])))
        elif not line.strip() and stack:
            yield stack
            stack = []
    if stack:
        yield stack


def kind(symbol, library):
    if library.startswith("[") and library != "[vdso]":
        return "kernel"
    for pattern, name in ((MEMORY, "memory"), (REFERENCES, "counting references"),
                          (COPYING, "copying")):
        if pattern.search(symbol):
            return name
    return "own code"


def room(stack):
    for symbol, library in stack:
        for prefix, name in LIBRARIES:
            if library.startswith(prefix):
                return name
        if symbol.startswith("$s"):
            for mark, name in MODULES:
                # The first module named is the one whose code it is, also of a generic's copy.
                if re.match(rf"\$s(?:S\w*?)?{mark}", symbol) or f"_{mark}" in symbol:
                    return name
    return "not attributed"


def summarise(text):
    """Samples by room and kind."""
    counts = collections.Counter()
    for stack in samples(text):
        counts[room(stack), kind(*stack[0])] += 1
    return counts


def table(counts, cpu_us):
    """µs an item, the rooms in order of their cost."""
    total = sum(counts.values())
    rooms = collections.Counter()
    for (name, _), count in counts.items():
        rooms[name] += count
    rows = []
    for name, count in rooms.most_common():
        cells = [counts[name, work] for work in KINDS]
        rows.append([name, *(f"{cpu_us * cell / total:.2f}" for cell in cells),
                     f"{cpu_us * count / total:.2f}", f"{100 * count / total:.0f} %"])
    sums = [sum(counts[name, work] for name in rooms) for work in KINDS]
    rows.append(["all", *(f"{cpu_us * cell / total:.2f}" for cell in sums), f"{cpu_us:.2f}",
                 "100 %"])
    return measure.text_table(["µs an item", *KINDS, "all", "share"], rows)


def profile(options, contract, url, sink, environment):
    """Runs the engine under perf: samples by room and kind."""
    perf = shutil.which("perf")
    if perf is None:
        sys.exit("perf is not installed (Debian: linux-perf)")
    with tempfile.TemporaryDirectory(prefix="unglue-perf-") as folder:
        data = os.path.join(folder, "perf.data")
        engine.run_engine(
            options.unglue, contract, url, sink, environment=environment,
            before=[perf, "record", "-q", "-F", "1999", "--call-graph", "dwarf,4096",
                    "-o", data, "--"])
        script = subprocess.run([perf, "script", "-i", data, "-F", "ip,sym,dso", "--no-inline"],
                                capture_output=True, text=True, errors="replace", check=True)
    return summarise(script.stdout)
