"""A private PostgreSQL server in a temporary folder, made from the binaries that are installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

OWNER = "shop"  # needs no password: the socket's folder is the tests' own
# A socket and no port. What is written need not survive a power cut. Plans are logged for `test_plans`.
SETTINGS = (
    "-c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=200 "
    "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=-1"
)


class Cluster:
    def __init__(self):
        self.binaries = find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="shop-django-pg-"))
        self.user = unprivileged_user()
        if self.user:
            shutil.chown(self.folder, self.user)
        self.names = (f"shop{n}" for n in count(1))
        self.log = self.folder / "log"
        self.run("initdb", "-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "--no-sync")
        self.run("pg_ctl", "start", "-w", "-s", "-l", self.log, "-o", f"{SETTINGS} -k {self.folder}")

    def create_database(self):
        """The URL of an empty database."""
        name = next(self.names)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database, user=OWNER):
        return f"postgres://{user}@localhost/{database}?host={quote(str(self.folder), safe='/')}"

    def stop(self):
        self.run("pg_ctl", "stop", "-m", "immediate", "-s")
        shutil.rmtree(self.folder)

    def run(self, program, *arguments):
        command = [self.binaries / program, "-D", self.folder / "data", *arguments]
        # The server would keep a pipe open for as long as it runs.
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        subprocess.run(command, cwd=self.folder, user=self.user, group=self.user, check=True, **streams)


def find_binaries():
    """Debian keeps the server's programs off the path."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(":"))]
    for folder in folders:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            return folder
    raise RuntimeError("PostgreSQL is not installed (apt install postgresql)")


def unprivileged_user():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)
