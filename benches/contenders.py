"""Who is measured: their programs, their databases and the customers in them.

Customer n is `customer<n>`, and the API token is n in 40 hexadecimal digits.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benches/peers"
WORK = ROOT / "target/bench"
SHOP_PROFILE = ROOT / "target/release/shop-profile"
# No other contender has any.
NO_RATE_LIMITS = [word for policy in ("updates", "reads", "failed-tokens") for word in (f"--rate-limit-{policy}", "0")]

REST, GRAPHQL = {"GET", "PATCH"}, {"me", "updateMyProfile"}
# What takes part in which operations, on which databases.
CONTENDERS = {
    "shop-profile": (REST | GRAPHQL, {"SQLite", "PostgreSQL"}),
    "on Django's tables": (REST | GRAPHQL, {"SQLite", "PostgreSQL"}),
    "axum + sqlx": (REST, {"SQLite", "PostgreSQL"}),
    "pgbench": ({"PATCH"}, {"PostgreSQL"}),
    "DRF": (REST, {"SQLite", "PostgreSQL"}),
    "fastify": (REST, {"PostgreSQL"}),
    "Apollo Server": (GRAPHQL, {"PostgreSQL"}),
}
# Whose tables are those of benches/peers/drf; the others know the tables of our migrations.
ON_DJANGO_TABLES = {"on Django's tables", "DRF"}

# As durable as PostgreSQL is by default. Memory for a million customers; neither a checkpoint nor a vacuum falls into
# one contender's round.
POSTGRES_SETTINGS = [
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "max_connections=400",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
]

# The statement of benches/peers/axum-sqlx with two fields. The database computes the digest: pgbench has no SHA-256.
PGBENCH_SCRIPT = r"""\set customer random(1, :customers)
\set nonce random(1, 2000000000)
UPDATE customer SET first_name = 'N' || :customer || 'x' || :nonce, last_name = 'Ahmadi', version = version + 1, updated_at = CURRENT_TIMESTAMP WHERE is_active AND id = (SELECT customer_id FROM api_token WHERE digest = sha256(convert_to(lpad(to_hex((:customer)::integer), 40, '0'), 'UTF8')) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)) RETURNING id, username, mobile_number, email, avatar, first_name, last_name, gender;
"""


def command(contender: str) -> tuple[list[str], Path]:
    """The contender's program with its arguments, and the folder that it starts in."""
    match contender:
        case "shop-profile":
            return [str(SHOP_PROFILE), "serve", "--listen", "127.0.0.1:0", *NO_RATE_LIMITS], ROOT
        case "on Django's tables":
            return [str(SHOP_PROFILE), "serve", "--listen", "127.0.0.1:0", "--layout", "django", *NO_RATE_LIMITS], ROOT
        case "axum + sqlx":
            return [str(ROOT / "target/release/axum-sqlx")], ROOT
        case "DRF":
            gunicorn = str(WORK / "venv/bin/gunicorn")
            options = ["--no-control-socket", "--workers", "2", "--bind", "127.0.0.1:0"]
            return [gunicorn, *options, "django.core.wsgi:get_wsgi_application()"], PEERS / "drf"
        case _:
            folder = PEERS / contender.split()[0].lower()
            if not (folder / "node_modules").exists():
                subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True)
            return ["node", "server.js"], folder


@contextmanager
def server(contender: str, url: str):
    """Starts a contender and gives its process and its address; all of them print where they listen."""
    arguments, folder = command(contender)
    env = os.environ | {"DATABASE_URL": url, "NODE_ENV": "production", "DJANGO_SETTINGS_MODULE": "shop.settings"}
    log = WORK / "server.log"
    with log.open("w") as output, subprocess.Popen(arguments, cwd=folder, env=env, stdout=output, stderr=output) as process:
        try:
            yield psutil.Process(process.pid), wait_for(lambda: re.search(r"http://([\d.]+:\d+)", log.read_text()), process)[1]
        finally:
            process.terminate()


def wait_for(look, process: subprocess.Popen):
    """Looks until there is something, for at most a minute."""
    for _ in range(6000):
        if found := look():
            return found
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise SystemExit(f"{process.args} does not start: {(WORK / 'server.log').read_text()}")


def customers_csv(count: int) -> Path:
    """A file for `shop-profile customer import`."""
    path = WORK / f"customers-{count}.csv"
    if not path.exists():
        with path.with_suffix(".unfinished").open("w") as file:
            file.write("id,username,mobile_number,email,first_name,last_name,gender,tokens\n")
            for n in range(1, count + 1):
                file.write(f"{n},customer{n},{n:011},customer{n}@example.com,Sara,Ahmadi,female,{n:040x}\n")
        path.with_suffix(".unfinished").rename(path)
    return path


def tables(contender: str) -> str:
    """Who made the tables that a contender works on; part of the database's name."""
    return "drf" if contender in ON_DJANGO_TABLES else "shop"


def fill(contender: str, url: str, count: int) -> None:
    """Makes the tables and the customers in an empty database."""
    print(f"{count:,} customers on {tables(contender)}'s tables", flush=True)
    env = os.environ | {"DATABASE_URL": url, "SHOP_PROFILE_LOG": "warn"}
    if contender in ON_DJANGO_TABLES:
        seed = [WORK / "venv/bin/python", "seed.py", str(count)]
        subprocess.run(seed, cwd=PEERS / "drf", env=env, check=True)
    else:
        subprocess.run([SHOP_PROFILE, "migrate"], env=env, check=True, capture_output=True)
        subprocess.run([SHOP_PROFILE, "customer", "import", customers_csv(count)], env=env, check=True)


class SQLite:
    """A file for each contender, copied from one that stays between runs."""

    name = "SQLite"
    processes: list[psutil.Process] = []

    def url(self, contender: str, count: int) -> str:
        seed = WORK / f"{tables(contender)}-{count}.db"
        if not seed.exists():
            unfinished = seed.with_suffix(".unfinished")
            for path in WORK.glob(unfinished.name + "*"):
                path.unlink()
            fill(contender, f"sqlite://{unfinished}", count)
            with sqlite3.connect(unfinished) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            unfinished.rename(seed)
        copy = WORK / "run" / f"{contender.split()[0]}-{count}.db"
        copy.parent.mkdir(exist_ok=True)
        for old in copy.parent.glob(copy.name + "*"):
            old.unlink()
        # Copying it also brings it into the machine's cache.
        shutil.copy(seed, copy)
        return f"sqlite://{copy}"

    def query(self, url: str, sql: str) -> str:
        with sqlite3.connect(url.removeprefix("sqlite://")) as connection:
            return str(connection.execute(sql).fetchone()[0])

    def wal_bytes(self, url: str) -> int:
        wal = Path(url.removeprefix("sqlite://") + "-wal")
        return wal.stat().st_size if wal.exists() else 0

    def scans(self, _url: str) -> str:
        return ""  # it does not count them


class Postgres:
    """A private server, whose databases stay between runs. Contenders that know our tables share one."""

    name = "PostgreSQL"

    def __init__(self, settings: list[str] = POSTGRES_SETTINGS) -> None:
        programs = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True).stdout.strip()
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        data = WORK / "postgres"
        if not (data / "PG_VERSION").exists():
            data.mkdir(parents=True, exist_ok=True)
            if as_user:
                shutil.chown(data, "postgres", "postgres")
            initdb = [*as_user, f"{programs}/initdb", "--auth=trust", "--username=postgres", "--pgdata", data]
            subprocess.run(initdb, check=True, capture_output=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        options = [word for setting in settings for word in ("-c", setting)]
        arguments = [*as_user, f"{programs}/postgres", "-D", data, "-p", str(self.port), *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes = [psutil.Process(self.process.pid)]
        ready = ["pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        wait_for(lambda: subprocess.run(ready).returncode == 0, self.process)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def address(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def url(self, contender: str, count: int) -> str:
        name = f"{tables(contender)}_{count}"
        server = self.address("postgres")
        if not self.query(server, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self.query(server, f"DROP DATABASE IF EXISTS {name}_unfinished")
            self.query(server, f"CREATE DATABASE {name}_unfinished")
            fill(contender, self.address(f"{name}_unfinished"), count)
            self.query(server, f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
        url = self.address(name)
        for sql in ("VACUUM ANALYZE", "CHECKPOINT"):
            self.query(url, sql)
        # Reads the tables and their indexes into the machine's cache.
        files = "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = '{}'"
        for file in Path(self.query(url, files.format(name))).iterdir():
            file.read_bytes()
        return url

    def query(self, url: str, sql: str) -> str:
        done = subprocess.run(["psql", "-XAtq", "-c", sql, "-d", url], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def wal_bytes(self, _url: str) -> int:
        return 0

    def scans(self, url: str) -> str:
        """How often each table was read from end to end, but for the list of migrations, which the server looks at now and then."""
        others = "relname NOT LIKE '%migration%'"
        return self.query(url, f"SELECT relname, seq_scan FROM pg_stat_user_tables WHERE {others} ORDER BY 1")
