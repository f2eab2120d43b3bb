"""A Django shop on a database of its own, and what beside it is started on the same one."""

import os
import socket
import subprocess
from pathlib import Path

import target
from support.database import Database
from support.environment import EXAMPLE, TESTS, python

TOKEN, OTHER_TOKEN, INACTIVE_TOKEN = (f"{n:040x}" for n in (1, 2, 3))
SHOPS = TESTS / "shops"

# Customer 1 of the example as the cases of tests/reference know it.
BASELINE = target.BASELINE | {
    "mobile_number": "09300000001",
    "email": "customer1@example.com",
    "is_active": True,
}


class Shop:
    """`app` is the folder in `shops/` that has the settings."""

    def __init__(self, version, url, app="extras"):
        self.database = Database(url)
        self.python = python(version)
        self.program = Path(os.environ["TEST_PROGRAM"])
        self.processes = []
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": f"{app}.settings",
            "PYTHONPATH": f"{EXAMPLE}:{SHOPS}",
        }
        self.manage("migrate", "--verbosity=0")
        self.manage("seed")

    def manage(self, *arguments, **environment):
        """`manage.py` to its end; what it prints."""
        command = [self.python, "-m", "django", *arguments]
        return run(command, self.environment | environment)

    def start_django(self, port=0, **environment):
        """Django under gunicorn; a server to ask."""
        # Already listening when gunicorn starts, so that no test has to wait for it.
        listener = socket.create_server(("127.0.0.1", port))
        command = [self.python, "-m", "gunicorn", "--no-control-socket", "--log-level", "critical", "--threads", "8"]
        command += ["--bind", f"fd://{listener.fileno()}", "django.core.wsgi:get_wsgi_application()"]
        self.spawn(command, environment, pass_fds=[listener.fileno()])
        return target.Target(listener.getsockname(), TOKEN, INACTIVE_TOKEN)

    def start_server(self, *arguments, **environment):
        """`shop-profile serve --layout django` on the shop's database; a server to ask."""
        return self.serve("--layout", "django", *arguments, **environment)

    def start_own_server(self, url):
        """`shop-profile serve` on a database of its own."""
        return self.serve(DATABASE_URL=url)

    def serve(self, *arguments, **environment):
        command = [self.program, "serve", "--listen", "127.0.0.1:0", *target.NO_RATE_LIMITS, *arguments]
        process = self.spawn(command, environment, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if line.startswith("listening on "):
                return target.at(line.split()[-1], TOKEN, INACTIVE_TOKEN)
        raise RuntimeError(f"the server ended with {process.wait()} before it listened")

    def spawn(self, command, environment, **options):
        process = subprocess.Popen(command, env=self.environment | environment, **options)
        self.processes.append(process)
        return process

    def run(self, *arguments, **environment):
        """A command of shop-profile on the shop's tables: exit code, stdout, stderr."""
        done = subprocess.run(
            [self.program, *arguments], env=self.environment | environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout, done.stderr

    def restore(self, **columns):
        """Customer 1 of the example as it was, or with other values in some columns."""
        self.database.set("shop_customer", ("id", 1), **(BASELINE | columns))

    def stored(self):
        (row,) = self.database.execute("SELECT * FROM shop_customer WHERE id = 1")
        return row

    def stop(self, first=0):
        """Ends all processes, or those that were started when there were `first` already."""
        self.database.close()
        processes = self.processes[first:]
        del self.processes[first:]
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def run(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
