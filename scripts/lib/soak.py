"""The rounds of scripts/soak, which starts it: UNGLUE_BIN and FAULTY_BIN name the programs."""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS))

import mysql_client  # noqa: E402  (found through the line above)

DATABASE = "soak_store"
# What a run may take of the machine, whatever goes wrong with its requests.
MEMORY_MAX_KB = 192 * 1024
DESCRIPTORS_MAX = 128
# A single process of a run: with all faults, far less.
PROCESS_SECONDS_MAX = 1200
READ_TIMEOUT_SECONDS = 10
WITNESS = "witness"


class Failed(Exception):
    """Something is not as it must be."""


class Figures:
    """What the programs used, over all of them."""

    def __init__(self):
        self.peak_kb = self.descriptors = self.processes = self.rounds = self.runs = 0
        self.kills = self.terminations = self.pauses = self.rows = 0
        self.started = time.monotonic()

    def __str__(self):
        return (
            f"{self.rounds} rounds, {self.runs} runs, {self.processes} processes, "
            f"{self.rows:,} rows in {time.monotonic() - self.started:.0f} s; {self.kills} kills, "
            f"{self.terminations} terminations, {self.pauses} pauses; peak memory {self.peak_kb / 1024:.1f} MiB, "
            f"at most {self.descriptors} descriptors")


class Watch:
    """Looks at one process' memory and descriptors while it lives."""

    def __init__(self, process):
        self.process, self.samples, self.peak_kb, self.descriptors = process, [], 0, 0
        self.started = time.monotonic()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        folder = pathlib.Path(f"/proc/{self.process.pid}")
        while self.process.poll() is None:
            try:
                status = dict(line.split(":", 1) for line in
                              (folder / "status").read_text().splitlines())
                resident = int(status["VmRSS"].split()[0])
                self.peak_kb = max(self.peak_kb, int(status["VmHWM"].split()[0]))
                self.descriptors = max(self.descriptors, len(os.listdir(folder / "fd")))
            except (OSError, KeyError, ValueError):
                return  # It has just ended.
            self.samples.append((time.monotonic() - self.started, resident))
            time.sleep(0.05)

    def slope(self):
        """By how much memory grew from the second quarter of a long life to the last: 1 is flat."""
        if len(self.samples) < 200:
            return 1
        quarter = len(self.samples) // 4
        early = max(resident for _, resident in self.samples[quarter:2 * quarter])
        late = max(resident for _, resident in self.samples[-quarter:])
        return late / early


class Endpoint:
    """The faulty endpoint and the proxy before MySQL, as a process of their own."""

    def __init__(self, seed, mysql_url, rates, log):
        server = urllib.parse.urlsplit(mysql_url)
        arguments = [
            os.environ["FAULTY_BIN"], "--seed", str(seed), "--witness-key", WITNESS,
            "--mysql-proxy", f"{server.hostname}:{server.port}"]
        for name, value in rates.items():
            arguments += ["--" + name, str(value)]
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=log, text=True)
        found = {}
        for line in self.process.stdout:
            name, _, value = line.strip().partition(" ")
            found[name] = value
            if name == "seed":
                break
        if "seed" not in found:
            raise Failed("faulty-dynamodb did not start")
        self.url = found["dynamodb"]
        # A connection that the proxy lets go silent is to be given up within the round.
        self.mysql_url = (f"mysql://{server.username}@{found['mysql']}/{DATABASE}"
                          f"?read-timeout={READ_TIMEOUT_SECONDS}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Round:
    def __init__(self, options, seed, kills, users, figures):
        self.random, self.kills, self.users = random.Random(seed), kills, users
        self.figures, self.seed = figures, seed
        self.direct_url = f"{options.mysql}/{DATABASE}"
        self.folder = pathlib.Path(options.folder)
        self.state = self.folder / "state"
        rates = self.rates()
        print(f"round {figures.rounds + 1}: seed {seed}, {users} users, {rates}", flush=True)
        self.log = open(self.folder / "soak.log", "ab")
        self.endpoint = Endpoint(seed, options.mysql, rates, self.log)

    def rates(self):
        draw = self.random.choice
        return {
            "fault-rate": draw([0.02, 0.05, 0.15]), "throttle-rate": draw([0, 0.02, 0.1]),
            "unprocessed-rate": draw([0.02, 0.1]), "black-hole-rate": draw([0, 0, 0.0005]),
            "body-cut-rate": draw([0, 0.01]), "cut-rate": draw([0.1, 0.3, 0.5]),
            "cut-bytes": draw([200_000, 2_000_000, 20_000_000]), "stall-rate": draw([0, 0, 0.02]),
        }

    def go(self):
        shutil.rmtree(self.state, ignore_errors=True)
        self.call(str(SCRIPTS / "seed"), "--url", self.direct_url, "--users", str(self.users),
                  "--fresh", "--duplicates", "6", "--bad-rows", "6")
        try:
            self.migrate()
            self.compare()
            # The next run finds items that are older than their rows.
            if self.kills is None:
                self.change_rows()
                self.migrate()
                self.compare()
        finally:
            self.endpoint.stop()
            self.log.close()
        self.figures.rounds += 1

    def call(self, *command, environment=None, accepted=(0,), merged=True):
        """Runs a program to its end; its output, with what it says on standard error if merged."""
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=3600,
                              stderr=subprocess.STDOUT if merged else self.log,
                              env={**os.environ, **(environment or {})})
        if done.returncode not in accepted:
            raise Failed(f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-4000:]}")
        return done.stdout

    def change_rows(self):
        connection = mysql_client.connect(self.direct_url)
        cursor = connection.cursor()
        for statement in (
                "UPDATE users SET credit = credit + 1 WHERE id % 3 = 0 AND credit < 1000",
                "UPDATE orders SET status = 'shipped' WHERE id % 5 = 1",
                "UPDATE products SET price = price - 0.01 WHERE id % 7 = 0 AND price > 1"):
            cursor.execute(statement)
        connection.commit()
        connection.close()

    def migrate(self):
        """Starts the run until it is done; returns its last report."""
        left = self.kills if self.kills is not None else self.random.randint(0, 4)
        attempts = 0
        while True:
            attempts += 1
            if attempts > 200:
                raise Failed("200 processes, and the run is not done")
            report = self.process(disturb=left > 0)
            if report is None:
                left -= 1
                continue
            if report.get("state") in ("succeeded", "partial"):
                self.figures.runs += 1
                self.figures.rows += sum(table["rows_read"] for table in report["tables"])
                if self.kills is not None and left > 0:
                    print(f"the run was done with {left} kills to go", flush=True)
                return

    def process(self, disturb):
        """One process of the run; its report, or None where it was killed."""
        with open(self.folder / "report.json", "wb") as output:
            process = subprocess.Popen(
                [os.environ["UNGLUE_BIN"], "run", "contracts/store.json", "--setup", "--inline",
                 "--mysql", self.endpoint.mysql_url, "--endpoint-url", self.endpoint.url,
                 "--region", "local", "--state", str(self.state), "--output", "json",
                 "--no-progress", "--in-flight", str(self.random.choice([4, 16, 48])),
                 "--readers", str(self.random.choice([1, 2, 4])),
                 "--chunk-rows", str(self.random.choice([1000, 2500, 10000]))],
                stdout=output, stderr=self.log,
                env={**os.environ, "AWS_ACCESS_KEY_ID": "soak", "AWS_SECRET_ACCESS_KEY": "soak"})
        watch = Watch(process)
        self.figures.processes += 1
        disturbed = self.disturb(process) if disturb else False
        try:
            process.wait(PROCESS_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"a process took more than {PROCESS_SECONDS_MAX} s") from None
        watch.thread.join()
        self.check(watch)
        text = (self.folder / "report.json").read_text()
        if process.returncode == -signal.SIGKILL and disturbed:
            return None
        if not text:
            if process.returncode in (0, 3):
                raise Failed("no report, but a status of success")
            # A connection to MySQL that was cut before the run began; the next process has luck.
            if process.returncode == 1:
                time.sleep(0.2)
                return {}
            return None
        report = json.loads(text)
        for table in report["tables"]:
            parts = ("items_written", "items_kept", "duplicates", "rejected")
            if table["rows_read"] != sum(table[part] for part in parts):
                raise Failed(f"the report does not add up: {table}")
        return report

    def disturb(self, process):
        """Kills the process, asks it to end, or stops it for a while; whether it was ended."""
        # A resumed run waits two seconds first, and cannot be disturbed in anything before.
        span = 3.5 if self.kills is not None else 6
        try:
            process.wait(self.random.uniform(0.05, span))
            return False
        except subprocess.TimeoutExpired:
            pass
        what = "kill" if self.kills is not None else self.random.choice(
            ["kill", "kill", "terminate", "pause"])
        if what == "kill":
            self.figures.kills += 1
            process.kill()
            return True
        if what == "terminate":
            self.figures.terminations += 1
            process.terminate()
            return True
        self.figures.pauses += 1
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.uniform(1, 5))
        process.send_signal(signal.SIGCONT)
        return False

    def check(self, watch):
        figures = self.figures
        figures.peak_kb = max(figures.peak_kb, watch.peak_kb)
        figures.descriptors = max(figures.descriptors, watch.descriptors)
        if watch.peak_kb > MEMORY_MAX_KB:
            raise Failed(f"a process took {watch.peak_kb} kB of memory")
        if watch.descriptors > DESCRIPTORS_MAX:
            raise Failed(f"a process had {watch.descriptors} descriptors open")
        if watch.slope() > 1.5:
            raise Failed(f"memory grew by {watch.slope():.2f} over a process' life")

    def compare(self):
        print(self.call(
            str(SCRIPTS / "oracle.py"), "--url", self.direct_url, "--endpoint", self.endpoint.url,
            "--contract", "store", "--values", environment={"AWS_ACCESS_KEY_ID": WITNESS}),
            end="", flush=True)
        # The program's own comparison must come to the same.
        report = json.loads(self.call(
            os.environ["UNGLUE_BIN"], "verify", "contracts/store.json", "--inline", "--quiet",
            "--mysql", self.direct_url, "--endpoint-url", self.endpoint.url, "--region", "local",
            "--output", "json",
            environment={"AWS_ACCESS_KEY_ID": WITNESS, "AWS_SECRET_ACCESS_KEY": WITNESS},
            merged=False))
        if report["state"] != "identical":
            raise Failed(f"unglue verify: {report}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--mysql", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--users", type=int)
    parser.add_argument("--kills", type=int)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1, 1_000_000)
    print(f"seed {seed}", flush=True)
    figures, draw = Figures(), random.Random(seed)
    deadline = time.monotonic() + options.minutes * 60
    try:
        if options.kills is not None:
            Round(options, seed, options.kills, options.users or 100_000, figures).go()
        while options.kills is None and (figures.rounds == 0 or time.monotonic() < deadline):
            users = options.users or draw.randint(2000, 6000)
            Round(options, draw.randrange(1, 1_000_000), None, users, figures).go()
    except (Failed, subprocess.SubprocessError, mysql_client.pymysql.err.Error) as error:
        print(f"FAILED: {error}\n{figures}\nagain: --seed {seed}; log: {options.folder}/soak.log")
        sys.exit(1)
    print(figures)


if __name__ == "__main__":
    main()
