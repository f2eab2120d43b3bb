"""The server on a database of its own, with one customer, "sara"."""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

DJANGO_TESTS = Path(__file__).parents[1] / "django"
NO_RATE_LIMITS = [word for policy in ("updates", "reads", "failed-tokens") for word in (f"--rate-limit-{policy}", "0")]


@contextmanager
def open_shop(binary, database="sqlite", options=NO_RATE_LIMITS, stderr=None):
    """Gives the server's address and the customer's API token. `stderr`: where the server logs."""
    with tempfile.TemporaryDirectory() as folder, database_url(database, folder) as url:
        environment = os.environ | {"DATABASE_URL": url, "SHOP_PROFILE_LOG": "warn"}

        def run(*words):
            return subprocess.run([binary, *words], env=environment, check=True, capture_output=True, text=True).stdout

        run("migrate")
        run("customer", "add", "--username", "sara")
        token = run("token", "issue", "sara").strip()
        serve = [binary, "serve", "--listen", "127.0.0.1:0", *options]
        server = subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True)
        try:
            yield server.stdout.readline().split()[-1], token
        finally:
            server.terminate()
            server.wait()


@contextmanager
def database_url(database, folder):
    if database == "sqlite":
        yield f"sqlite://{folder}/shop.db"
        return
    sys.path.append(str(DJANGO_TESTS))
    from support.cluster import Cluster

    cluster = Cluster()
    try:
        yield cluster.create_database()
    finally:
        cluster.stop()
