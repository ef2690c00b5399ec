"""Compares counts of allocations and instructions an item with their ceilings.

  bench_check.py [--update] COUNTS THRESHOLDS

COUNTS is a folder: `allocations.json` and `order` as `benchmarks` prints them, and callgrind's dumps
`callgrind.1`, `callgrind.2`, …, one a benchmark in that order.
"""

import json
import pathlib
import platform
import re
import subprocess
import sys

TOLERANCE = 1.05
# OpenSSL and zlib choose their code by the processor: only their allocations are compared.
FOREIGN = ("sink/hash-12k", "sink/sign", "sink/crc")


def swift_version():
    text = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"Swift version (\d+\.\d+)", text)
    return found.group(1) if found else "unknown"


def instructions(counts):
    """Instructions an item of each benchmark."""
    found = {}
    for number, line in enumerate((counts / "order").read_text().splitlines(), 1):
        name, items = line.split()
        dump = counts / f"callgrind.{number}"
        totals = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
        if not totals:
            sys.exit(f"error: {dump.name} has no totals")
        if name not in FOREIGN:
            found[name] = round(int(totals.group(1)) / int(items))
    return found


def exceeded(kind, counted, ceilings):
    """One line for each figure that is above its ceiling, or that has none."""
    for name, value in counted.items():
        if name not in ceilings:
            yield f"{kind} of {name}: {value}, and no ceiling (scripts/bench-check --update)"
        elif value > ceilings[name] * TOLERANCE:
            yield f"{kind} of {name}: {value} an item, which may be {ceilings[name]}"
    for name in ceilings:
        if name not in counted:
            yield f"{kind} of {name}: there is a ceiling, but no such benchmark"


def main(arguments):
    update = arguments[:1] == ["--update"]
    counts, thresholds = (pathlib.Path(text) for text in arguments[update:])
    allocations = json.loads((counts / "allocations.json").read_text())
    counted = instructions(counts)
    here = {"machine": platform.machine(), "swift": swift_version()}
    if update:
        document = {"counted_with": here, "allocations": allocations, "instructions": counted}
        thresholds.write_text(json.dumps(document, indent=2) + "\n")
        print(f"==> {thresholds.name}: new ceilings")
        return 0
    ceilings = json.loads(thresholds.read_text())
    findings = list(exceeded("allocations", allocations, ceilings["allocations"]))
    if ceilings["counted_with"] == here:
        findings += exceeded("instructions", counted, ceilings["instructions"])
    else:
        with_what = " and ".join(ceilings["counted_with"].values())
        print(f"warning: instructions were counted with {with_what}: they are not compared")
    for finding in findings:
        print(f"error: {finding}", file=sys.stderr)
    if not findings:
        print(f"==> costs: {len(allocations)} benchmarks within their ceilings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
