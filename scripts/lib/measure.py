"""What the load test and the comparison share: the null sink, one measured process, the machine."""

import ctypes
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import select
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNS = ROOT / "Benchmarks" / "runs"
# How often a measured process is looked at: it costs a little of the machine that is measured.
LOOK_SECONDS = 0.025
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
}


class NullSink:
    """The null sink of Benchmarks/, as a process of ours on a free port."""

    def __init__(self, program, latency_ms=0, throttle=0.0, unprocessed=0.0, port=0):
        command = [str(program), "--port", str(port)]
        for name, value in (("latency-ms", latency_ms), ("throttle-rate", throttle),
                            ("unprocessed-rate", unprocessed)):
            if value:
                command += [f"--{name}", f"{value:g}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"listening on (?:\S+:)?(\d+)", line)
        if found is None:
            sys.exit(f"the null sink did not start: {line.strip() or 'it said nothing'}")
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def stats(self):
        with urllib.request.urlopen(f"{self.url}/stats", timeout=10) as answer:
            return json.load(answer)

    def reset(self):
        request = urllib.request.Request(f"{self.url}/reset", data=b"", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass

    def cpu(self):
        """Seconds of processor time so far."""
        return process_cpu(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def process_cpu(pid):
    """Seconds of processor time that a process has taken, user and system; 0 if it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid):
    """The processes that a process has started and that run."""
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def tree_cpu(pid):
    """Seconds of processor time of a server and of the workers that it has started."""
    return process_cpu(pid) + sum(process_cpu(child) for child in children(pid))


@dataclasses.dataclass
class Measured:
    """One run of a command, with all processes that it started."""

    status: int
    started_at: float
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    # Of the processors' time, the percentage that the hypervisor gave to other machines.
    stolen: float
    output: str
    errors: str


def tree_peak(pid):
    """The sum of the peak resident memory of a process and its descendants, as they are now."""
    total, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        try:
            status = pathlib.Path(f"/proc/{current}/status").read_text()
        except OSError:
            continue
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
        total += int(found[1]) * 1024 if found else 0
        waiting += children(current)
    return total


def adopt_orphans():
    """Makes this process the parent of what its children leave behind, so that it is counted."""
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        sys.exit("the kernel does not let this process adopt orphans (Linux 3.4 and later do)")


def wait_for_orphans(others, seconds=10):
    """Waits for processes that a measured one has left behind; those in `others` are not its."""
    end = time.monotonic() + seconds
    while True:
        left = [child for child in children(os.getpid()) if child not in others]
        if not left:
            return
        for child in left:
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0 if time.monotonic() > end else os.WNOHANG)
        time.sleep(0.01)


def measure(command, environment=None, limit=1800, log=None):
    """Runs a command to its end and says what it took.

    CPU is getrusage's, of the process and all its descendants.
    Memory is the kernel's high-water mark of each process, looked up every 25 ms and summed over
    the tree: a process's own peak is exact up to its last 25 ms.
    """
    adopt_orphans()
    others = set(children(os.getpid()))
    processors = Processors()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started_at, started = time.time(), time.monotonic()
    peak = 0
    output, errors = log_files(log)
    with output, errors:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output,
            stderr=errors, env={**clean_environment(), **(environment or CREDENTIALS)})
        ended = os.pidfd_open(process.pid)
        while not select.select([ended], [], [], LOOK_SECONDS)[0]:
            peak = max(peak, tree_peak(process.pid))
            if time.monotonic() - started > limit:
                process.kill()
                process.wait()
                sys.exit(f"ended after its limit of {limit} s: {command[0]}")
        seconds = time.monotonic() - started
        stolen = processors.stolen()
        os.close(ended)
        process.wait()
        wait_for_orphans(others)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        output.seek(0)
        errors.seek(0)
        return Measured(
            status=process.returncode, started_at=started_at, seconds=seconds,
            cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            peak_bytes=peak, stolen=stolen, output=output.read(), errors=errors.read())


class Processors:
    """The time of all processors from now on."""

    def __init__(self):
        self.begun = self.times()

    @staticmethod
    def times():
        line = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0]
        # user, nice, system, idle, iowait, irq, softirq, steal; what follows is in user already.
        return [int(field) for field in line.split()[1:9]]

    def stolen(self):
        spent = [now - then for now, then in zip(self.times(), self.begun)]
        return round(100 * spent[7] / max(1, sum(spent)), 1)


def log_files(log):
    folder = pathlib.Path(log or ROOT / ".local" / "log" / "measured")
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "output").open("w+"), (folder / "errors").open("w+")


def own_settings():
    """The user's own settings for AWS, for an endpoint that is not one of ours."""
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return {**CREDENTIALS, **own}


def trusting(certificate):
    """The settings for a sink of ours behind TLS."""
    return {**CREDENTIALS, "AWS_CA_BUNDLE": str(certificate)} if certificate else CREDENTIALS


def clean_environment():
    """The environment without what could lead a measured program to another server."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "UNGLUE_"))}


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def machine():
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": cpu_model(), "cores": os.cpu_count(), "memory_gib": round(pages * size / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def load_average():
    return round(os.getloadavg()[0], 2)


def conditions(command, server):
    """What a stored run says of how it came about: no name of a host, no path of a machine."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(), "command": command, "machine": machine(), "server": server,
        "load_before": load_average(),
    }


def commit():
    found = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                           capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def run_path(name, suffix):
    """A path in Benchmarks/runs: date, kind of machine, what it is."""
    RUNS.mkdir(parents=True, exist_ok=True)
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d-%H%M%S")
    return RUNS / f"{stamp}-{os.cpu_count()}core-{name}{suffix}"


def median(values):
    return statistics.median(values) if values else float("nan")


def text_table(header, rows):
    """Columns aligned: the first to the left, the others to the right."""
    table = [header, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    lines = []
    for row in table:
        cells = [cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def handshakes(log):
    """What nginx's log says of TLS: a line a request, with its connection (see tls.sh)."""
    time.sleep(1.5)  # It is written once a second.
    connections, resumed, requests, protocols = set(), set(), 0, set()
    for line in pathlib.Path(log).read_text().splitlines():
        connection, _, reused, protocol, cipher = line.split()
        requests += 1
        connections.add(connection)
        protocols.add(f"{protocol} {cipher}")
        if reused == "r":
            resumed.add(connection)
    return {"requests": requests, "handshakes": len(connections),
            "of_them_resumed": len(resumed), "protocols": sorted(protocols)}
