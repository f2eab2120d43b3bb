#!/usr/bin/env python3
"""What a customer takes on the disk, and what a request writes to PostgreSQL's log: the figures of docs/scaling.md.

Needs the release binary and the environment that bench.py makes, and changes bench.py's databases a little.
"""

import http.client
import json
import random
import sqlite3
import time

from contenders import Postgres, SQLite, server

CUSTOMERS = 1_000_000
# Few enough to be sent three times within a minute, after which a token's last use is written again.
REQUESTS = 2_000
SQLITE_SIZES = "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
POSTGRES_SIZES = """SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"""


def main() -> None:
    sqlite = SQLite().url("shop-profile", CUSTOMERS).removeprefix("sqlite://")
    with sqlite3.connect(sqlite) as connection:
        show("SQLite", connection.execute(SQLITE_SIZES))
    database = Postgres()
    try:
        url = database.url("shop-profile", CUSTOMERS)
        show("PostgreSQL", (row.split("|") for row in database.query(url, POSTGRES_SIZES).splitlines()))
        show_log(database, url)
    finally:
        database.query(database.address("postgres"), "ALTER SYSTEM RESET wal_compression")
        database.stop()


def show(database: str, sizes) -> None:
    print(f"\n| {database} | bytes a customer |\n|---|--:|")
    for name, size in sizes:
        if int(size) > CUSTOMERS:
            print(f"| `{name}` | {int(size) / CUSTOMERS:.0f} |")


def show_log(database: Postgres, url: str) -> None:
    """Bytes of the log, by its position before and after so many requests of customers at random."""
    position = lambda: int(database.query(url, "SELECT pg_current_wal_lsn() - '0/0'"))
    print("\n| PostgreSQL | bytes of log |\n|---|--:|")
    for compression in ("off", "on"):
        database.query(url, f"ALTER SYSTEM SET wal_compression = {compression}")
        database.query(url, "SELECT pg_reload_conf()")
        with server("shop-profile", url) as (_, address):
            customers = random.sample(range(1, CUSTOMERS + 1), REQUESTS)
            database.query(url, "CHECKPOINT")
            begin, start = position(), database.query(url, "SELECT now()")
            send(address, "GET", customers)
            # They are written after the requests, some hundreds a second.
            used = f"SELECT COUNT(*) FROM api_token WHERE last_used_at > '{start}'"
            written = 0
            while (now := int(database.query(url, used))) > written or not written:
                written = now
                time.sleep(2)
            log = [("last use of a token, first change of its page", position() - begin)]
            database.query(url, "CHECKPOINT")
            for what in ("PATCH, first change of its page", "PATCH, its page changed before"):
                begin = position()
                send(address, "PATCH", customers)
                log.append((what, position() - begin))
        for what, size in log:
            print(f"| {what}, `wal_compression = {compression}` | {size / REQUESTS:.0f} |")


def send(address: str, method: str, customers: list[int]) -> None:
    connection = http.client.HTTPConnection(address)
    for customer in customers:
        body = json.dumps({"first_name": f"N{customer}x{time.time_ns()}"}) if method == "PATCH" else None
        headers = {"Authorization": f"Token {customer:040x}", "Content-Type": "application/json"}
        connection.request(method, "/api/shop/customers/me", body, headers)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit(f"{method}: {response.status}")


if __name__ == "__main__":
    main()
