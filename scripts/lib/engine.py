"""One measured run of the engine against a sink that counts."""

import json
import os
import shutil
import sys
import tempfile
import time

import measure


def run_engine(program, contract, url, sink, flags=(), endpoint=None, environment=None,
               server_pid=None, proxy_pid=None, expect=None, before=()):
    """Runs a migration and gives its figures as a dictionary.

    `sink`: the null sink, or None where `endpoint` is none of ours. Views and tables are there (see
    `prepare`). `before`: a program that runs the engine, such as perf. Whatever is not a whole
    success ends the script.
    """
    state = tempfile.mkdtemp(prefix="unglue-measure-")
    command = [*before, program, "run", contract, "--mysql", plain(url), "--fresh",
               "--endpoint-url", endpoint or sink.url, "--state", state, "--output", "json",
               "--no-progress", "--retry-for", "60s", *flags]
    if sink:
        sink.reset()
    sink_before = sink.cpu() if sink else 0.0
    server_before, proxy_before = cpu_of(server_pid), cpu_of(proxy_pid)
    load = measure.load_average()
    try:
        measured = measure.measure(command, environment)
    finally:
        shutil.rmtree(state, ignore_errors=True)
    # 3: rows that cannot become items, which the store has.
    if measured.status not in (0, 3):
        sys.exit(f"unglue ended with status {measured.status}:\n{measured.errors[-4000:]}")
    report = json.loads(measured.output)
    figures = summary(report, measured, load)
    figures["mysql_cpu_us"] = per_item(cpu_of(server_pid) - server_before, figures["items"])
    if proxy_pid:
        figures["proxy_cpu_us"] = per_item(cpu_of(proxy_pid) - proxy_before, figures["items"])
    if sink:
        stats = sink.stats()
        check_counts(report, stats, expect)
        figures["sink_cpu_us"] = per_item(sink.cpu() - sink_before, figures["items"])
        figures["writing_items_s"] = writing_rate(stats)
        figures["first_request_s"] = round(stats["first_write_at"] - measured.started_at, 3)
        figures["connections"] = stats["connections"] - 1  # Less the question itself.
        figures["wire_bytes_an_item"] = round(stats["body_bytes"] / max(1, stats["items"]), 1)
    return figures


def prepare(program, contract, url, endpoint, environment=None):
    """Makes the views and the target's tables."""
    for command in (["views", contract, "--apply"], ["tables", contract, "--create"]):
        measured = measure.measure(
            [program, *command, "--mysql", plain(url), "--endpoint-url", endpoint], environment)
        if measured.status != 0:
            sys.exit(f"unglue {command[0]} ended with status {measured.status}:\n{measured.errors}")


def plain(url):
    """A server on this machine without TLS, as the other programs reach it by default."""
    return url if "tls=" in url else f"{url}{'&' if '?' in url else '?'}tls=disabled"


def cpu_of(pid):
    return measure.tree_cpu(pid) if pid else 0.0


def writing_rate(stats):
    """Items a second from the first write to the last: without the tool's start."""
    seconds = stats["last_write_at"] - stats["first_write_at"]
    return round(stats["items"] / seconds) if seconds > 0 else None


def per_item(seconds, items):
    return round(seconds * 1e6 / max(1, items), 2)


def summary(report, measured, load):
    tables = report["tables"]
    total = {name: sum(table[name] for table in tables) for name in (
        "rows_read", "items_written", "duplicates", "rejected", "bytes_written", "write_units",
        "requests", "retries", "throttles")}
    items, seconds = total["items_written"], measured.seconds
    latency = report.get("latency_ms") or {}
    return {
        "stolen": measured.stolen,
        "items": items, "rows": total["rows_read"], "seconds": round(seconds, 3),
        "rows_s": round(total["rows_read"] / seconds), "items_s": round(items / seconds),
        "mb_s": round(total["bytes_written"] / seconds / 1e6, 2),
        "write_units_s": round(total["write_units"] / seconds),
        "cpu_us": per_item(measured.cpu_seconds, items),
        "peak_mib": round(measured.peak_bytes / 2**20, 1),
        "requests_s": round(total["requests"] / seconds), "requests": total["requests"],
        "retries": total["retries"], "throttles": total["throttles"],
        **{f"latency_{name}_ms": latency.get(name) for name in ("p50", "p90", "p99", "max")},
        **bounds(report), "load": load,
    }


BOUNDS = ("mysql", "engine", "answers", "capacity")


def bounds(report):
    """What bounded the rate, as the report says: parts of the time in %."""
    shares = report.get("bound_by") or {}
    return {f"bound_{name}": round(100 * shares[name], 1) if name in shares else None
            for name in BOUNDS}


def bound_text(figures):
    """Such as `mysql 71 %, engine 29 %`."""
    shares = [(figures.get(f"bound_{name}") or 0, name) for name in BOUNDS]
    return ", ".join(f"{name} {share:.0f} %" for share, name in sorted(shares, reverse=True)
                     if share >= 1)


def check_counts(report, stats, expect):
    """What the engine says it wrote is what the sink says it took."""
    written = sum(table["items_written"] + table["duplicates"] for table in report["tables"])
    repeated = sum(table["duplicates"] for table in report["tables"])
    retries = sum(table["retries"] for table in report["tables"])
    # A duplicate's key is put once more when it is settled; a retry may send an item twice.
    if not written <= stats["items"] <= written + repeated + 25 * retries:
        sys.exit(f"the sink counts {stats['items']} items, the engine {written}")
    if expect is not None and written != expect:
        sys.exit(f"{written} items were written where {expect} are expected")


def wait_for_quiet(seconds=5):
    """Lets what the last run left behind in the server calm down."""
    os.sync()
    time.sleep(seconds)
