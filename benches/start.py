#!/usr/bin/env python3
"""How soon the server answers: from the start of the process to the whole answer to the first request.

    cargo build --release && python3 benches/start.py target/release/shop-profile

On an empty directory (the database is made and migrated) and on a database of 100,000 customers. Medians of 11 starts.
"""

import hashlib
import http.client
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STARTS = 11
CUSTOMERS = 100_000
KEY = "key-of-this-benchmark"


def first_answer(program: str, database: Path, status: int) -> tuple[float, float]:
    """Milliseconds to the first answer, and the memory held after it in megabytes."""
    begin = time.perf_counter()
    server = subprocess.Popen(
        [program, "serve", "--listen", "127.0.0.1:0", "--database-url", f"sqlite://{database}"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        address = server.stdout.readline().strip().removeprefix("listening on http://")
        connection = http.client.HTTPConnection(address)
        connection.request("GET", "/api/shop/customers/me", headers={"Authorization": f"Token {KEY}"})
        answer = connection.getresponse()
        answer.read()
        took = (time.perf_counter() - begin) * 1000
        assert answer.status == status, answer.status
        held = Path(f"/proc/{server.pid}/status").read_text().split("VmRSS:")[1].split()[0]
        return took, int(held) / 1024
    finally:
        server.terminate()
        server.wait()


def seed(program: str, database: Path) -> None:
    subprocess.run([program, "migrate", "--database-url", f"sqlite://{database}"], check=True, capture_output=True)
    now = "2026-01-01T00:00:00+00:00"
    customers = (
        (n, f"customer{n}", f"customer{n}", f"+98{n:010}", f"customer{n}@shop.example", "Sara", "Ahmadi", "female", now, now)
        for n in range(1, CUSTOMERS + 1)
    )
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO customer (id, username, canonical_username, mobile_number, email, first_name, last_name, gender,"
            " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            customers,
        )
        digest = hashlib.sha256(KEY.encode()).digest()
        connection.execute(
            "INSERT INTO api_token (digest, customer_id, created_at) VALUES (?, ?, ?)", (digest, CUSTOMERS // 2, now)
        )


def report(title: str, samples: list[tuple[float, float]]) -> None:
    times, memory = zip(*samples)
    print(f"{title}: first answer after {statistics.median(times):.0f} ms, {statistics.median(memory):.1f} MB held")


def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        empty = [first_answer(program, Path(folder, f"empty{n}.db"), 401) for n in range(STARTS)]
        report("empty directory", empty)
        database = Path(folder, "seeded.db")
        seed(program, database)
        report(f"{CUSTOMERS:,} customers", [first_answer(program, database, 200) for _ in range(STARTS)])
    print(f"binary: {Path(program).stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
