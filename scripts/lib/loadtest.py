#!/usr/bin/env python3
"""Measures the engine, at one point or along an axis. Run by scripts/loadtest."""

import argparse
import contextlib
import csv
import json
import os
import pathlib
import sys

import chart
import cpu_profile
import engine
import measure
import synthetic

STORE = measure.ROOT / "contracts" / "store.json"
ORDERS = measure.ROOT / "Benchmarks" / "contracts" / "orders.json"
# Bytes of all items at a point of the sweep over item sizes, and the most rows.
SIZED_BYTES, SIZED_ROWS_MAX = 150_000_000, 300_000
# Values of all rows at a point of the sweep over columns.
WIDE_VALUES = 3_000_000

READERS = (1, 2, 4, 8, 16)
WORKERS = (1, 2, 3, 4, 8)
IN_FLIGHT = (1, 2, 4, 8, 16, 32, 64)
LATENCIES_MS = (0, 5, 10, 20, 50, 100)
THROTTLE_SHARES = (0, 0.01, 0.05, 0.1, 0.3)
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000)
WIDTHS = (5, 10, 20, 50, 100, 200)
ROWS = (10_000, 100_000, 1_000_000, 10_000_000)

FIELDS = ("rows_s", "items_s", "mb_s", "write_units_s", "cpu_us", "mysql_cpu_us", "sink_cpu_us",
          "proxy_cpu_us", "writing_items_s", "peak_mib", "requests_s", "latency_p50_ms", "latency_p90_ms", "latency_p99_ms",
          "latency_max_ms", "first_request_s", "connections", "throttles", "retries", "seconds",
          "items", "wire_bytes_an_item", "load",
          *(f"bound_{name}" for name in engine.BOUNDS))


class Bench:
    """One server, one engine; a sink a point."""

    def __init__(self, options):
        self.options = options
        if options.mysql_tls:
            options.url += "?tls=required"
        self.records = []
        self.maker = synthetic.Maker(options.synthetic_url, measure.ROOT / ".local/bench/contracts")

    def point(self, sweep, x, contract, url, flags=(), repeat=None, **faults):
        """Measures `repeat` times and keeps the run with the median rate."""
        options = self.options
        runs = []
        with self.sink(**faults) as sink:
            endpoint = os.environ.get("SINK_TLS_URL") or options.endpoint_url
            environment = measure.trusting(options.ca) if sink else measure.own_settings()
            engine.prepare(options.unglue, contract, url, sink.url if sink else endpoint,
                           environment)
            for _ in range(repeat or options.repeat):
                runs.append(engine.run_engine(
                    options.unglue, contract, url, sink, flags, endpoint, environment,
                    options.server_pid, options.proxy_pid))
        runs.sort(key=lambda run: run["rows_s"])
        figures = runs[(len(runs) - 1) // 2]
        self.records.append({"sweep": sweep, "x": x, "runs": len(runs), **figures})
        print(f"{sweep} {x}: {figures['rows_s']:,} rows/s, {figures['cpu_us']} µs of CPU an item, "
              f"{figures['peak_mib']} MiB, p99 {figures['latency_p99_ms']} ms", flush=True)
        return figures

    def sink(self, **faults):
        if self.options.endpoint_url:
            return contextlib.nullcontext()
        return measure.NullSink(self.options.null_sink, port=self.options.tls_port or 0, **faults)

    def profile(self):
        """Where the time of the orders' run goes; its cost is that of a run without perf."""
        options = self.options
        figures = self.point("orders", options.users, ORDERS, options.url)
        environment = measure.trusting(options.ca)
        with self.sink() as sink:
            engine.prepare(options.unglue, ORDERS, options.url, sink.url)
            counts = cpu_profile.profile(options, ORDERS, options.url, sink, environment)
        return cpu_profile.table(counts, figures["cpu_us"])

    # ---- The axes

    def store(self):
        self.point("store", self.options.users, STORE, self.options.url)

    def orders(self):
        self.point("orders", self.options.users, ORDERS, self.options.url)

    def readers(self):
        for count in READERS:
            self.point("readers", count, ORDERS, self.options.url, ["--readers", count])

    def workers(self):
        for count in WORKERS:
            self.point("workers", count, ORDERS, self.options.url, ["--workers", count])

    def in_flight(self):
        for count in IN_FLIGHT:
            self.point("in-flight", count, ORDERS, self.options.url, ["--in-flight", count])
            self.point("in-flight-20ms", count, ORDERS, self.options.url,
                       ["--in-flight", count], latency_ms=20,
                       # One request in flight takes minutes.
                       repeat=1 if count < 8 else None)

    def latency(self):
        for milliseconds in LATENCIES_MS:
            self.point("latency", milliseconds, ORDERS, self.options.url, latency_ms=milliseconds)

    def throttle(self):
        for share in THROTTLE_SHARES:
            self.point("throttle", 100 * share, ORDERS, self.options.url, throttle=share)

    def item_size(self):
        for size in SIZES:
            rows = min(SIZED_ROWS_MAX, SIZED_BYTES // size)
            contract = self.maker.sized(size, rows)
            self.point("item-size", size, contract, self.options.synthetic_url)

    def columns(self):
        for width in WIDTHS:
            contract = self.maker.wide(width, WIDE_VALUES // width)
            self.point("columns", width, contract, self.options.synthetic_url)

    def rows(self):
        for rows in ROWS:
            if rows <= self.options.rows_max:
                contract = self.maker.simple(rows)
                self.point("rows", rows, contract, self.options.synthetic_url,
                           repeat=1 if rows > 1_000_000 else None)


SWEEPS = {
    "store": Bench.store, "orders": Bench.orders, "readers": Bench.readers,
    "workers": Bench.workers, "in-flight": Bench.in_flight, "latency": Bench.latency,
    "throttle": Bench.throttle, "item-size": Bench.item_size, "columns": Bench.columns,
    "rows": Bench.rows,
}


# ---- What is kept


def panels(records):
    def line(sweep, field):
        return [(record["x"], record[field]) for record in records
                if record["sweep"] == sweep and record[field] is not None]

    def panel(sweep, title, x_label, y_label, fields, mark=None):
        lines = [chart.Line(name, line(sweep, field)) for field, name in fields]
        lines = [entry for entry in lines if entry.points]
        return [chart.Panel(title, x_label, y_label, lines, mark)] if lines else []

    def budget(sweep, share, what):
        first = line(sweep, "items_s")[:1]
        return (first[0][1] * share, what) if first else None

    rate = [("items_s", "items/s")]
    found = panel("readers", "Readers", "MySQL connections that read", "items/s", rate)
    found += panel("workers", "Workers", "threads that turn rows into items", "items/s", rate)
    both = [chart.Line(name, line(sweep, "items_s")) for sweep, name in (
        ("in-flight", "no added latency"), ("in-flight-20ms", "20 ms added to each request"))]
    if both[0].points:
        found.append(chart.Panel("Requests in flight", "most requests at once (--in-flight)",
                                 "items/s", both))
    found += panel("latency", "Added latency", "milliseconds added to every request", "items/s",
                   rate, budget("latency", 0.9, "budget at 20 ms: 90 % of the rate without it"))
    found += panel("throttle", "Throttling", "requests that are throttled, %", "items/s", rate,
                   budget("throttle", 0.6, "budget at 5 %: 60 % of the rate without it"))
    found += panel("item-size", "Item size: rate", "bytes an item", "items/s", rate)
    found += panel("item-size", "Item size: volume", "bytes an item", "MB/s of request bodies",
                   [("mb_s", "MB/s")])
    cpu = [("cpu_us", "engine"), ("mysql_cpu_us", "MySQL"), ("sink_cpu_us", "sink")]
    found += panel("item-size", "Item size: cost", "bytes an item", "µs of CPU an item", cpu)
    found += panel("columns", "Columns: cost", "columns of the row", "µs of CPU an item", cpu)
    found += panel("columns", "Columns: rate", "columns of the row", "items/s", rate)
    bounds = [(f"bound_{name}", name) for name in engine.BOUNDS]
    for sweep, title, label in (
            ("latency", "Added latency: what bounds the rate", "milliseconds added"),
            ("item-size", "Item size: what bounds the rate", "bytes an item"),
            ("columns", "Columns: what bounds the rate", "columns of the row")):
        found += panel(sweep, title, label, "% of the time", bounds)
    found += panel("rows", "Table length: rate", "rows", "items/s", rate)
    found += panel("rows", "Table length: cost", "rows", "µs of CPU an item", cpu)
    found += panel("rows", "Table length: memory", "rows", "peak MiB of the engine",
                   [("peak_mib", "MiB")], (64, "budget: 64 MiB"))
    return found


def write_results(options, about, records):
    path = measure.run_path(options.name, ".json")
    path.write_text(json.dumps({**about, "records": records}, indent=1, ensure_ascii=False) + "\n")
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["sweep", "x", "runs", *FIELDS], extrasaction="ignore",
                                lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    drawn = panels(records)
    machine = about["machine"]
    if drawn:
        chart.draw(path.with_suffix(".svg"), "Unglue: how the rate changes", [
            f"{about['date'][:10]}, {about['server']}, {machine['cores']} cores ({machine['cpu']}), "
            f"null sink on the same machine, load {about['load_before']} before", about["command"]],
            drawn)
    return path


def text(about, records):
    columns = ("rows_s", "mb_s", "write_units_s", "cpu_us", "mysql_cpu_us", "peak_mib",
               "requests_s", "latency_p50_ms", "latency_p90_ms", "latency_p99_ms",
               "latency_max_ms", "first_request_s")
    header = ["point", "rows/s", "MB/s", "WU/s", "CPU µs/item", "MySQL µs", "peak MiB", "req/s",
              "p50 ms", "p90 ms", "p99 ms", "max ms", "first req s"]
    rows = [[f"{record['sweep']} {record['x']:g}",
             *(display(record.get(column)) for column in columns)] for record in records]
    machine = about["machine"]
    lines = [f"{about['server']}, {machine['cores']} cores ({machine['cpu']}), load before "
             f"{about['load_before']}", "", measure.text_table(header, rows)]
    bounds = [(f"{record['sweep']} {record['x']:g}", engine.bound_text(record))
              for record in records]
    lines += ["", *(f"{point} is bound by: {text}" for point, text in bounds if text)]
    return "\n".join(lines)


def display(value):
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unglue", required=True)
    parser.add_argument("--null-sink", required=True)
    parser.add_argument("--endpoint-url", help="instead of the null sink")
    parser.add_argument("--url", required=True)
    parser.add_argument("--synthetic-url", required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--rows-max", type=int, default=1_000_000)
    parser.add_argument("--sweep", action="append", choices=SWEEPS, default=[])
    parser.add_argument("--mysql-tls", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--ca", help="certificate to trust: then the sink is behind TLS")
    parser.add_argument("--tls-port", type=int)
    parser.add_argument("--proxy-pid", type=int, help="of what speaks TLS")
    parser.add_argument("--server", required=True)
    parser.add_argument("--server-pid", type=int)
    parser.add_argument("--command", required=True)
    parser.add_argument("--name", required=True)
    return parser.parse_args()


def main():
    options = parse()
    about = measure.conditions(options.command, options.server)
    bench = Bench(options)
    for name in options.sweep or ([] if options.profile else ["store", "orders"]):
        SWEEPS[name](bench)
    profile = bench.profile() if options.profile else None
    about["load_after"] = measure.load_average()
    if options.ca:
        about["tls"] = measure.handshakes(os.environ["TLS_LOG"])
        print(f"TLS: {about['tls']}")
    shown = text(about, bench.records)
    if profile:
        shown += f"\n\nWhere the engine's time goes, of the orders:\n\n{profile}"
    print("\n" + shown)
    path = write_results(options, about, bench.records)
    path.with_suffix(".txt").write_text(f"{about['date']}\n{options.command}\n{shown}\n")
    print(f"stored in {path.relative_to(measure.ROOT)}, .csv and, of a sweep, .svg")


if __name__ == "__main__":
    sys.exit(main())
