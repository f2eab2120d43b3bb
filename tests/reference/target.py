"""A server under test: started with customers whose rows and keys are known, asked over raw sockets.

Both kinds of server start with the same three customers: 1 is asked about, 2 holds a username, 3 is deactivated.
"""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from case import request
from wire import exchange

DRF = Path(__file__).parents[2] / "benches" / "peers" / "drf"
NO_RATE_LIMITS = [word for policy in ("updates", "reads", "failed-tokens") for word in (f"--rate-limit-{policy}", "0")]

# What a patch can set, so that a patch with these restores customer 1.
BASELINE = {
    "username": "customer1",
    "avatar": "http://127.0.0.1:8000/media/1.png",
    "first_name": "Sara",
    "last_name": "Ahmadi",
    "gender": "female",
}


@dataclass
class Target:
    address: tuple[str, int]
    key: str
    inactive_key: str

    def ask(self, raw, etag=""):
        filled = raw.replace(b"{key}", self.key.encode()).replace(b"{inactive_key}", self.inactive_key.encode())
        return exchange(self.address, filled.replace(b"{etag}", etag.encode()))

    def row(self):
        """The customer as stored, and its ETag (None in DRF)."""
        answer = self.ask(request("GET", type=None))
        if answer.status != 200:
            raise RuntimeError(f"GET answers {answer.status} {answer.body!r}")
        return json.loads(answer.body), answer.header("etag")

    def restore(self):
        answer = self.ask(request(body=BASELINE))
        if answer.status != 200:
            raise RuntimeError(f"the baseline is rejected: {answer.status} {answer.body!r}")


def at(base_url, key, inactive_key):
    """A server that already runs."""
    url = urlsplit(base_url)
    return Target((url.hostname, url.port or 80), key, inactive_key)


def drf(folder):
    """The DRF shop on an SQLite file in `folder`; returns its process, too."""
    database = folder / "drf.db"
    environment = os.environ | {
        "DATABASE_URL": f"sqlite://{database}",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run([sys.executable, "seed.py", "3"], cwd=DRF, env=environment, check=True)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE shop_customer SET is_active = 0 WHERE id = 3")
    connection.close()
    # Already listening when gunicorn starts, so that no client has to wait for it.
    listener = socket.create_server(("127.0.0.1", 0))
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "critical"]
    command += ["--bind", f"fd://{listener.fileno()}", "django.core.wsgi:get_wsgi_application()"]
    descriptor = [listener.fileno()]
    process = subprocess.Popen(command, cwd=DRF, env=environment, pass_fds=descriptor, stderr=subprocess.DEVNULL)
    return Target(listener.getsockname(), f"{1:040x}", f"{3:040x}"), process


def shop_profile(binary, database_url):
    """The server under test on an empty database; its customers and keys are made by its own command line."""
    environment = os.environ | {"DATABASE_URL": database_url, "SHOP_PROFILE_LOG": "warn"}

    def run(*arguments):
        command = [binary, *arguments]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    run("migrate")
    for n in (1, 2, 3):
        name = ["--first-name", "Sara", "--last-name", "Ahmadi", "--gender", "female"]
        contact = ["--mobile-number", f"0930{n:07}", "--email", f"customer{n}@example.com"]
        run("customer", "add", "--username", f"customer{n}", *contact, *name)
    key, inactive_key = run("token", "issue", "customer1"), run("token", "issue", "customer3")
    run("customer", "deactivate", "customer3")
    command = [binary, "serve", "--listen", "127.0.0.1:0", *NO_RATE_LIMITS]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith("listening on "):
            return at(line.split()[-1], key, inactive_key), process
    raise RuntimeError("the server ended before it listened")
