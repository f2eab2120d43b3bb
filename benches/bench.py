#!/usr/bin/env python3
"""The release binary and its peers on real sockets, under load by wrk: `python3 benches/bench.py --quick`.

Needs Rust, Python 3.11, Node.js with npm, PostgreSQL, wrk and pgbench (Debian: postgresql, wrk). What it needs from PyPI
it installs into target/bench/venv. Prints tables, and writes every round to a JSON file.

Contenders take turns, so that whatever else the machine does meets them all, and are suspended between them; a figure
is the median of the rounds.
Server and load share the machine, so requests per second say less than CPU per request.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

WORK = Path(__file__).resolve().parent.parent / "target/bench"
VENV = WORK / "venv"
if __name__ == "__main__" and Path(sys.prefix) != VENV:
    if not (VENV / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        requirements = Path(__file__).with_name("requirements.txt")
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "-r", requirements], check=True)
        (VENV / "installed").touch()
    os.execv(VENV / "bin/python", [VENV / "bin/python", *sys.argv])

import json
import http.client
import itertools
import random
import statistics
import time
from contextlib import ExitStack, suppress

import psutil

import contenders
import report
from contenders import CONTENDERS, ON_DJANGO_TABLES, PGBENCH_SCRIPT, ROOT, Postgres, SQLite, server

LOAD = Path(__file__).with_name("load.lua")
OPERATIONS = ["GET", "PATCH", "me", "updateMyProfile"]
# Sum of the changes, and the rows whose first name is another customer's.
CHANGES = "SELECT COALESCE(SUM(version - 1), 0) FROM customer"
STRAYS = "SELECT COUNT(*) FROM {} WHERE first_name LIKE 'N%' AND first_name NOT LIKE 'N' || id || 'x%'"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(number) for number in text.split(",")]
    words = lambda text: text.split(",")
    parser.add_argument("--quick", action="store_true", help="one round of one second, 16 connections, 10,000 customers")
    parser.add_argument("--growth", action="store_true", help="with a thousand customers, and with ten million")
    parser.add_argument("--start", type=int, metavar="REQUESTS", help="time to the first answer, and memory after so many requests")
    parser.add_argument("--binary", type=Path, help="the server to measure; nothing is built")
    parser.add_argument("--customers", type=numbers, default=[1_000_000])
    parser.add_argument("--connections", type=numbers, default=[1, 16, 64, 256])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--databases", type=words, default=["SQLite", "PostgreSQL"])
    parser.add_argument("--operations", type=words, default=OPERATIONS)
    parser.add_argument("--contenders", type=words)
    parser.add_argument("--output", type=Path, default=WORK / "rounds.json")
    args = parser.parse_args()
    if args.growth:
        args.customers, args.connections = [1_000, 100_000, 1_000_000, 10_000_000], [16]
        args.operations, args.contenders = ["GET", "PATCH"], args.contenders or ["shop-profile", "axum + sqlx"]
    args.contenders = args.contenders or list(CONTENDERS)
    if args.quick:
        args.customers = [1_000, 10_000] if args.growth else [10_000]
        args.connections, args.rounds, args.seconds = [16], 1, 1
    return args


class Contestant:
    """A contender with so many customers on one database, and its server."""

    def __init__(self, contender: str, database, count: int, stack) -> None:
        self.contender, self.database, self.count = contender, database, count
        self.url = database.url(contender, count)
        self.changes = 0
        self.process = None
        if contender != "pgbench":
            self.process, self.address = stack.enter_context(server(contender, self.url))
            stack.callback(self.resume)  # a stopped process does not end

    def resume(self) -> None:
        for process in self.processes():
            process.resume()

    def suspend(self) -> None:
        """Stops the server until its next turn: what it does later, such as writing the last uses of tokens, is its own."""
        for process in self.processes():
            process.suspend()

    def processes(self) -> list:
        return tree([self.process] if self.process else [])

    def does(self, operation: str) -> bool:
        return operation in CONTENDERS[self.contender][0]

    def measure(self, operation: str, connections: int, seconds: int) -> dict:
        self.resume()
        servers = [self.process] if self.process else []
        before = [cpu(servers), cpu(self.database.processes)]
        run = pgbench if self.contender == "pgbench" else wrk
        figures = run(self, operation, connections, seconds)
        if figures["wrong"]:
            raise SystemExit(f"{self.contender}, {operation}: {figures['wrong']} wrong answers, e.g. {figures['sample']}")
        if operation in ("PATCH", "updateMyProfile"):
            self.changes += figures["right"]
        measured = figures | {
            "database": self.database.name,
            "contender": self.contender,
            "operation": operation,
            "customers": self.count,
            "connections": connections,
            "server_cpu": cpu(servers) - before[0],
            "database_cpu": cpu(self.database.processes) - before[1],
            "rss_bytes": sum(process.memory_info().rss for process in self.processes()),
            "wal_bytes": self.database.wal_bytes(self.url),
        }
        self.suspend()
        return measured


def tree(roots: list) -> list:
    return [process for root in roots for process in (root, *root.children(recursive=True))]


def cpu(roots: list) -> float:
    """Seconds that these processes, their children and the children that have ended have used."""
    seconds = 0.0
    # The children first: one that ends between the two looks is then in its parent's account.
    for process in reversed(tree(roots)):
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def wrk(contestant: Contestant, operation: str, connections: int, seconds: int) -> dict:
    run = f"{time.time_ns():x}y"
    options = ["--threads=1", f"--connections={connections}", f"--duration={seconds}s", "--timeout=30s", "--latency"]
    load = ["--script", LOAD, f"http://{contestant.address}", "--", operation, str(contestant.count), run]
    done = subprocess.run(["wrk", *options, *load], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def pgbench(contestant: Contestant, _operation: str, connections: int, seconds: int) -> dict:
    """PostgreSQL's own load generator: the database alone."""
    folder = WORK / "pgbench"
    folder.mkdir(exist_ok=True)
    for log in folder.glob("pgbench_log.*"):
        log.unlink()
    (folder / "patch.sql").write_text(PGBENCH_SCRIPT)
    options = [f"--client={connections}", f"--time={seconds}", f"--define=customers={contestant.count}"]
    fixed = ["--no-vacuum", "--protocol=prepared", "--log", "--file=patch.sql"]
    subprocess.run(["pgbench", *fixed, *options, contestant.url], cwd=folder, check=True, capture_output=True)
    lines = (line.split() for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines())
    latencies = sorted(int(fields[2]) / 1e3 for fields in lines)
    share = lambda part: latencies[round((len(latencies) - 1) * part)]
    return {
        "seconds": seconds, "right": len(latencies), "wrong": 0, "failed": 0, "sample": "",
        "p50_ms": share(0.5), "p99_ms": share(0.99), "p999_ms": share(0.999),
    }  # fmt: skip


def check_answers(contestant: Contestant) -> None:
    """Each token is answered with its own customer."""
    contestant.resume()
    connection = http.client.HTTPConnection(contestant.address)
    for _ in range(50):
        customer = random.randint(1, contestant.count)
        headers = {"Authorization": f"Token {customer:040x}", "Content-Type": "application/json"}
        if contestant.does("GET"):
            connection.request("GET", "/api/shop/customers/me", headers=headers)
        else:
            connection.request("POST", "/graphql", '{"query":"{ me { username } }"}', headers)
        body = connection.getresponse().read().decode()
        assert f'"username":"customer{customer}"' in body, f"{contestant.contender}: {customer} got {body}"


def check_rows(contestants: list[Contestant], before: dict, connections: int) -> None:
    """What was answered is stored, and nothing is stored with another customer."""
    for it in contestants:
        table = "shop_customer" if it.contender in ON_DJANGO_TABLES else "customer"
        assert it.database.query(it.url, STRAYS.format(table)) == "0", f"{it.url}: a change went to another customer"
    for url, earlier in before.items():
        sharing = [it for it in contestants if it.url == url]
        database, answered = sharing[0].database, sum(it.changes for it in sharing)
        stored = int(database.query(url, CHANGES)) - earlier
        # A request whose answer wrk did not wait for may have been carried out.
        assert answered <= stored <= answered + connections, f"{url}: {answered} answered, {stored} stored"


def contest(args: argparse.Namespace, database, stack) -> list[dict]:
    names = [name for name in args.contenders if database.name in CONTENDERS[name][1]]
    names = [name for name in names if CONTENDERS[name][0].intersection(args.operations)]
    contestants = [Contestant(name, database, count, stack) for name in names for count in args.customers]
    # Django's tables have no versions.
    before = {it.url: int(database.query(it.url, CHANGES)) for it in contestants if it.contender not in ON_DJANGO_TABLES}
    scans = {it.url: database.scans(it.url) for it in contestants}
    turns = [(operation, it) for operation in args.operations for it in contestants if it.does(operation)]
    # The first load warms each up and does not count.
    for operation, contestant in turns:
        contestant.measure(operation, 16, 1)
    rounds = []
    for number in range(1, args.rounds + 1):
        for connections, (operation, contestant) in itertools.product(args.connections, turns):
            rounds.append(contestant.measure(operation, connections, args.seconds))
        print(f"{database.name}: round {number} of {args.rounds}", flush=True)
    for contestant in contestants:
        before_rounds, after_rounds = scans[contestant.url], database.scans(contestant.url)
        # To read a small table from end to end is the quickest way.
        assert contestant.count < 100_000 or after_rounds == before_rounds, f"{contestant.url}: a table was scanned: {before_rounds} -> {after_rounds}"
        if contestant.process:
            check_answers(contestant)
    check_rows(contestants, before, len(turns) * (16 + args.rounds * sum(args.connections)))
    return rounds


def start(customers: int, requests: int) -> dict:
    """How soon shop-profile answers on SQLite, and what it holds."""
    database, times = SQLite(), []
    for _ in range(5):
        url, begin = database.url("shop-profile", customers), time.perf_counter()
        with server("shop-profile", url) as (_, address):
            connection = http.client.HTTPConnection(address)
            connection.request("GET", "/api/shop/customers/me", headers={"Authorization": f"Token {1:040x}"})
            assert connection.getresponse().read().startswith(b'{"id":1,')
            times.append((time.perf_counter() - begin) * 1e3)
    with ExitStack() as stack:
        contestant = Contestant("shop-profile", database, customers, stack)
        check_answers(contestant)
        idle, sent = contestant.process.memory_info().rss, 0
        for operation in itertools.cycle(["GET", "PATCH"]):
            figures = contestant.measure(operation, 64, 5)
            sent += figures["right"]
            if sent >= requests:
                break
    return {
        "first_answer_ms": statistics.median(times), "idle_rss_bytes": idle,
        "requests": sent, "rss_bytes": figures["rss_bytes"], "binary_bytes": contenders.SHOP_PROFILE.stat().st_size,
    }  # fmt: skip


def main() -> None:
    args = arguments()
    if args.binary:
        contenders.SHOP_PROFILE = args.binary.resolve()
    else:
        build = ["cargo", "build", "--release", "--package", "shop-profile", "--package", "axum-sqlx"]
        subprocess.run(build, cwd=ROOT, check=True)
    run = {"machine": report.machine(), "command": " ".join(sys.argv), "rounds": [], "start": None}
    if args.start:
        run["start"] = start(args.customers[0], args.start)
        args.databases = []
    for name in args.databases:
        database = Postgres() if name == "PostgreSQL" else SQLite()
        try:
            with ExitStack() as stack:
                run["rounds"] += contest(args, database, stack)
        finally:
            if name == "PostgreSQL":
                database.stop()
    args.output.write_text(json.dumps(run, indent=1))
    report.print_tables(run)


if __name__ == "__main__":
    main()
