#!/usr/bin/env python3
"""The same orders, from the same server to the same sink, by one tool after another.

Run by scripts/compare, which says what it does and makes what it needs.
"""

import argparse
import decimal
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

import engine
import measure

CONTRACT = measure.ROOT / "Benchmarks" / "contracts" / "orders.json"
SCRIPTS = measure.ROOT / "scripts" / "lib"
TITLES = {
    "unglue": "Unglue", "c": "one-thread C program (near the limit)",
    "boto3-1": "boto3 batch_writer, 1 thread", "boto3-4": "boto3 batch_writer, 4 threads",
    "spark": "Spark local[2], boto3 from partitions",
}


class Tools:
    """The commands of the tools that can be run here."""

    def __init__(self, options):
        self.options = options
        self.environment = measure.trusting(options.ca)

    def names(self):
        options = self.options
        names = ["unglue", "c"]
        names += ["boto3-1", "boto3-4"] if options.python else []
        names += ["spark"] if options.spark_python else []
        return [name for name in names if name not in options.skip]

    def command(self, name, url, endpoint):
        options = self.options
        if name == "unglue":
            return None
        if name == "c":
            parts = urllib.parse.urlsplit(url)
            return [options.near_limit, parts.hostname, parts.port, parts.username,
                    parts.path[1:], endpoint]
        if name == "spark":
            return [options.spark_python, SCRIPTS / "peer_spark.py", "--url", url,
                    "--endpoint-url", endpoint, "--driver", options.driver]
        return [options.python, SCRIPTS / "peer_boto3.py", "--url", url, "--endpoint-url", endpoint,
                "--threads", name.rpartition("-")[2]]


def run_peer(tools, name, url, sink, endpoint, expect):
    """The same figures for a peer as engine.run_engine gives for the engine."""
    sink.reset()
    before, server_before = sink.cpu(), engine.cpu_of(tools.options.server_pid)
    load = measure.load_average()
    measured = measure.measure(tools.command(name, url, endpoint), tools.environment)
    if measured.status != 0:
        sys.exit(f"{TITLES[name]} ended with status {measured.status}:\n{measured.errors[-4000:]}")
    stats = sink.stats()
    if stats["items"] != expect:
        sys.exit(f"{TITLES[name]}: the sink counts {stats['items']} items, not {expect}")
    return {
        "items": expect, "seconds": round(measured.seconds, 3),
        "items_s": round(expect / measured.seconds),
        "writing_items_s": engine.writing_rate(stats),
        "cpu_us": engine.per_item(measured.cpu_seconds, expect),
        "peak_mib": round(measured.peak_bytes / 2**20, 1),
        "first_request_s": round(stats["first_write_at"] - measured.started_at, 3),
        "wire_bytes_an_item": round(stats["body_bytes"] / expect, 1),
        "sink_cpu_us": engine.per_item(sink.cpu() - before, expect),
        "mysql_cpu_us": engine.per_item(
            engine.cpu_of(tools.options.server_pid) - server_before, expect),
        "connections": stats["connections"] - 1, "requests": stats["write_requests"],
        "load": load, "stolen": measured.stolen, "says": measured.output.strip().splitlines()[-1],
    }


# ---- The same items


def normal(item):
    """An item in the one form that all tools' forms of it have: numbers by value, JSON text parsed.

    A script sends a DECIMAL with the zeros of its column, and JSON text with the server's spaces.
    """
    plain = {}
    for name, attribute in item.items():
        (kind, value), = attribute.items()
        if kind == "N":
            value = str(decimal.Decimal(value).normalize(decimal.Context(prec=60)))
        elif name == "order_items":
            value = json.dumps(json.loads(value, parse_float=decimal.Decimal), default=str)
        plain[name] = [kind, value]
    return json.dumps(plain, sort_keys=True)


def capture(tools, name, url, folder):
    """The items that a tool writes, sorted: in their normal form, and as they were written."""
    path = pathlib.Path(folder) / f"{name}.jsonl"
    sink = subprocess.Popen([sys.executable, str(SCRIPTS / "capture_sink.py"), str(path)],
                            stdout=subprocess.PIPE, text=True)
    try:
        endpoint = f"http://127.0.0.1:{sink.stdout.readline().split()[-1]}"
        command = tools.command(name, url, endpoint) or [
            tools.options.unglue, "run", CONTRACT, "--mysql", engine.plain(url), "--endpoint-url", endpoint,
            "--fresh", "--state", pathlib.Path(folder) / "state", "--quiet", "--no-progress"]
        measured = measure.measure(command, limit=300)
        if measured.status != 0:
            sys.exit(f"{TITLES[name]} ended with status {measured.status}:\n{measured.errors}")
    finally:
        sink.terminate()
        sink.wait()
    lines = path.read_text().splitlines()
    return sorted(normal(json.loads(line)) for line in lines), sorted(lines)


def check_items(tools, url, names):
    """Stops unless every tool writes Unglue's items, all values compared.

    The C program's must be the same text, member for member.
    """
    with tempfile.TemporaryDirectory(prefix="unglue-compare-") as folder:
        items, lines = capture(tools, "unglue", url, folder)
        for name in names:
            if name == "unglue":
                continue
            others, text = capture(tools, name, url, folder)
            odd = set(others) ^ set(items) or (name == "c" and set(text) ^ set(lines))
            if odd or len(others) != len(items):
                sys.exit(f"{TITLES[name]} does not write Unglue's items:\n"
                         + "\n".join(sorted(odd or [])[:2]))
    print(f"the same {len(items)} items from each, all values compared", flush=True)


# ---- The figures


def measure_all(tools, names, url, sink, endpoint, expect):
    options = tools.options
    results = {name: [] for name in names}
    for number in range(options.repeat):
        for name in names:
            engine.wait_for_quiet(1)
            if name == "unglue":
                figures = engine.run_engine(
                    options.unglue, CONTRACT, url, sink, endpoint=endpoint,
                    environment=tools.environment, server_pid=options.server_pid, expect=expect)
            else:
                figures = run_peer(tools, name, url, sink, endpoint, expect)
            results[name].append(figures)
            print(f"round {number + 1}: {TITLES[name]}: {figures['items_s']:,} items/s, "
                  f"{figures['cpu_us']} µs of CPU an item, {figures['stolen']} % of the processors stolen",
                  flush=True)
    return results


def medians(results):
    """Of each tool's runs, the median of each figure that is a number."""
    summary = {}
    for name, runs in results.items():
        summary[name] = {
            key: measure.median([run[key] for run in runs if run[key] is not None])
            for key, value in runs[0].items() if isinstance(value, (int, float))}
    return summary


def ratio(results, name, figure):
    """Unglue's figure to a tool's, taken round by round: the machine's pace may drift."""
    return measure.median([ours[figure] / theirs[figure]
                           for ours, theirs in zip(results["unglue"], results[name])])


def table(results, summary):
    header = ["tool", "items/s", "once it writes", "CPU µs/item", "MySQL µs", "peak MiB", "first request s", "bytes/item",
              "wall: Unglue is", "CPU: Unglue takes"]
    rows = []
    for name, figures in summary.items():
        rows.append([
            TITLES[name], f"{figures['items_s']:,.0f}", f"{figures['writing_items_s']:,.0f}",
            f"{figures['cpu_us']:.2f}", f"{figures['mysql_cpu_us']:.1f}",
            f"{figures['peak_mib']:.1f}", f"{figures['first_request_s']:.2f}",
            f"{figures['wire_bytes_an_item']:.0f}",
            f"{ratio(results, name, 'items_s'):.2f}x as fast",
            f"{ratio(results, name, 'cpu_us'):.3f}x"])
    return measure.text_table(header, rows)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unglue", required=True)
    parser.add_argument("--near-limit", required=True)
    parser.add_argument("--null-sink", required=True)
    parser.add_argument("--python", help="one that has boto3 and a driver")
    parser.add_argument("--spark-python", help="one that has pyspark")
    parser.add_argument("--driver", help="the JDBC driver's jar")
    parser.add_argument("--url", required=True)
    parser.add_argument("--check-url", required=True, help="a small store, to compare the items on")
    parser.add_argument("--expect", type=int, required=True, help="orders at --url")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--skip", action="append", default=[])
    parser.add_argument("--missing", action="append", default=[], help="a line for what is not there")
    parser.add_argument("--ca", help="certificate to trust: then the sink is behind TLS")
    parser.add_argument("--tls-port", type=int)
    parser.add_argument("--server", required=True)
    parser.add_argument("--server-pid", type=int)
    parser.add_argument("--command", required=True)
    parser.add_argument("--name", required=True, help="of the stored run")
    return parser.parse_args()


def main():
    options = parse()
    tools = Tools(options)
    names = tools.names()
    about = measure.conditions(options.command, options.server)
    with measure.NullSink(options.null_sink, port=options.tls_port or 0) as sink:
        endpoint = os.environ.get("SINK_TLS_URL") or sink.url
        for url in (options.check_url, options.url):
            engine.prepare(options.unglue, CONTRACT, url, sink.url)
        check_items(tools, options.check_url, names)
        results = measure_all(tools, names, options.url, sink, endpoint, options.expect)
    about["load_after"] = measure.load_average()
    summary = medians(results)
    missing = [f"not available: {line}" for line in options.missing]
    text = "\n".join([
        f"{options.expect:,} orders, {about['server']}, {about['machine']['cores']} cores "
        f"({about['machine']['cpu']}), medians of {options.repeat}, load before "
        f"{about['load_before']}", "", table(results, summary), *missing])
    print("\n" + text)
    path = measure.run_path(options.name, ".json")
    path.write_text(json.dumps({**about, "items": options.expect, "medians": summary,
                                "runs": results, "not_available": options.missing},
                               indent=1, ensure_ascii=False) + "\n")
    path.with_suffix(".txt").write_text(f"{about['date']}\n{options.command}\n{text}\n")
    print(f"stored in {path.relative_to(measure.ROOT)}")


if __name__ == "__main__":
    main()
