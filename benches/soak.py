"""Mixed load for half an hour on each database at once, and every minute what the server takes of the machine.

    cargo build --release && python3 benches/soak.py --minutes 30

Rate limits are on. The run fails when memory, file descriptors or the WAL are larger at the end than after the first
third, beyond what `SLACK` allows, or when a response was a 5xx.
"""

import argparse
import collections
import http.client
import itertools
import json
import os
import random
import re
import subprocess
import sys
import threading
import time

import psutil
from contenders import SHOP_PROFILE, WORK, Postgres, SQLite, wait_for

CUSTOMERS = 10_000
CLIENTS = 4
# Checkpoints and vacuum as in production, and often.
POSTGRES_SETTINGS = ["max_wal_size=256MB", "checkpoint_timeout=1min", "listen_addresses=127.0.0.1", "unix_socket_directories="]
SLACK = 1.10
MIB = 1024 * 1024

ME = "/api/shop/customers/me"
READ = "query Me { me { id fullName gender } }"
UPDATE = "mutation Save($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { customer { version } userErrors { code } } }"
# What a client does, and how often of a hundred times.
MIX = {"get": 40, "patch": 25, "me": 12, "update": 10, "invalid": 4, "document": 4, "token": 3, "body": 2}


def request(kind: str, number: int) -> tuple[str, str, str | None]:
    """Method, path and body."""
    graphql = lambda query, **variables: ("POST", "/graphql", json.dumps({"query": query, "variables": variables}))
    match kind:
        case "get" | "token":
            return "GET", ME, None
        case "patch":
            return "PATCH", ME, json.dumps({"first_name": f"N{number}", "gender": random.choice(["male", "female"])})
        case "invalid":
            return "PATCH", ME, json.dumps({"username": "not valid", "avatar": "no-url"})
        case "body":
            return "PATCH", ME, "{" * 500
        case "me":
            return graphql(READ)
        case "document":  # one that the cache has not seen
            return graphql(f"{{ me {{ field{number}: id }} }}")
        case _:
            return graphql(UPDATE, input={"lastName": f"L{number}"})


class Client(threading.Thread):
    """Sends one request after the other, by a connection that it renews now and then."""

    def __init__(self, address: str, stop: threading.Event, pause: float) -> None:
        super().__init__(daemon=True)
        self.address, self.stop, self.pause = address, stop, pause
        self.statuses = collections.Counter()

    def run(self) -> None:
        connection = None
        for number in itertools.count():
            if self.stop.wait(self.pause):
                return
            kind = random.choices(list(MIX), MIX.values())[0]
            token = random.randrange(10**9, 10**10) if kind == "token" else random.randint(1, CUSTOMERS)
            # Customers have addresses of their own, and a client that guesses tokens has others.
            address = f"10.{token >> 16 & 255}.{token >> 8 & 255}.{token & 255}"
            headers = {"Authorization": f"Token {token:040x}", "Content-Type": "application/json", "X-Forwarded-For": address}
            try:
                if connection is None or number % 200 == 0:
                    connection = http.client.HTTPConnection(self.address, timeout=30)
                method, path, body = request(kind, number)
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                response.read()
                self.statuses[response.status] += 1
            except (http.client.HTTPException, OSError):
                self.statuses["broken"] += 1
                connection = None


class Soak:
    """A server on one database, and its clients."""

    def __init__(self, database, wal_bytes, pause: float) -> None:
        self.name = database.name
        url = database.url("shop-profile", CUSTOMERS)
        self.wal_bytes = lambda: wal_bytes(database, url)
        log = WORK / f"soak-{self.name}.log"
        with log.open("w") as output:
            serve = [str(SHOP_PROFILE), "serve", "--listen", "127.0.0.1:0", "--trusted-proxies", "127.0.0.1"]
            self.server = subprocess.Popen(serve, env=os.environ | {"DATABASE_URL": url}, stdout=output, stderr=output)
        address = wait_for(lambda: re.search(r"http://([\d.]+:\d+)", log.read_text()), self.server)[1]
        self.process, self.stop, self.samples = psutil.Process(self.server.pid), threading.Event(), []
        self.clients = [Client(address, self.stop, pause) for _ in range(CLIENTS)]
        for client in self.clients:
            client.start()

    def sample(self, minute: int) -> None:
        sample = self.process.memory_info().rss / MIB, self.process.num_fds(), self.wal_bytes() / MIB
        self.samples.append(sample)
        statuses = sum((client.statuses for client in self.clients), collections.Counter())
        counts = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items(), key=str))
        print(f"| {self.name} | {minute} | {sample[0]:.1f} | {sample[1]} | {sample[2]:.1f} | {counts} |", flush=True)
        self.failed = {status for status in statuses if status == "broken" or status >= 500}

    def problems(self):
        self.stop.set()
        self.server.terminate()
        if self.server.wait() != 0:
            yield f"{self.name}: the server ended with {self.server.returncode}"
        if self.failed:
            yield f"{self.name}: {self.failed}"
        third = len(self.samples) // 3
        for name, early, late in zip(("RSS", "descriptors", "WAL"), zip(*self.samples[:third]), zip(*self.samples[-third:])):
            if max(late) > max(early) * SLACK:
                yield f"{self.name}: {name} grew from {max(early):.1f} to {max(late):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--pause", type=float, default=0.005, help="seconds between two requests of a client")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(POSTGRES_SETTINGS)
    on_disk = "SELECT sum(size) FROM pg_ls_waldir()"
    soaks = [
        Soak(SQLite(), lambda sqlite, url: sqlite.wal_bytes(url), args.pause),
        Soak(postgres, lambda database, url: int(database.query(url, on_disk)), args.pause),
    ]
    print("| database | minute | RSS, MiB | descriptors | WAL, MiB | responses by status |\n|---|---|---|---|---|---|")
    start = time.monotonic()
    for minute in range(1, args.minutes + 1):
        time.sleep(max(0, start + 60 * minute - time.monotonic()))
        for soak in soaks:
            soak.sample(minute)
    problems = [problem for soak in soaks for problem in soak.problems()]
    postgres.stop()
    print("\n".join(problems) or "nothing grew")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
