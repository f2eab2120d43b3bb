#!/usr/bin/env python3
"""Starts the Django shop on SQLite or PostgreSQL: `python3 examples/django-shop/start.py`.

Needs Python 3.10 or newer; the shop's packages go into `.venv` here. Ctrl-C ends it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = HERE / "requirements.txt"
TOKEN = f"{1:040x}"  # of the customer that `manage.py seed` makes first


def main():
    options = arguments()
    install()
    url = f"sqlite://{HERE}/shop.db" if options.database == "sqlite" else options.database
    environment = os.environ | {"DATABASE_URL": url, "DEBUG": "1"}
    for command in ("migrate", "seed"):
        subprocess.run([PYTHON, "manage.py", command], cwd=HERE, env=environment, check=True)
    print(welcome(options.port), flush=True)
    serve = [PYTHON, "manage.py", "runserver", "--noreload", f"127.0.0.1:{options.port}"]
    try:
        return subprocess.run(serve, cwd=HERE, env=environment).returncode
    except KeyboardInterrupt:
        return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="sqlite", help="sqlite (default), or postgres://USER:PASSWORD@HOST/NAME")
    parser.add_argument("--port", type=int, default=8001, help="where Django listens (default: 8001)")
    return parser.parse_args()


def install():
    """Makes the virtual environment, unless it has been made from these very requirements."""
    stamp = VENV / "requirements.txt"
    if stamp.exists() and stamp.read_bytes() == REQUIREMENTS.read_bytes():
        return
    venv.create(VENV, clear=True, with_pip=True)
    # The file pins the whole tree, so nothing may be added to it.
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", REQUIREMENTS]
    subprocess.run([PYTHON, *install], check=True)
    shutil.copy(REQUIREMENTS, stamp)


def welcome(port):
    url = f"http://127.0.0.1:{port}"
    return f"""
The endpoint by Django REST Framework:
  curl {url}/api/shop/customers/me -H "Authorization: Token {TOKEN}"
  curl -X PATCH {url}/api/shop/customers/me -H "Authorization: Token {TOKEN}" -H "Content-Type: application/json" \\
    -d '{{"first_name": "John"}}'
djoser's view of the same customer:
  curl {url}/auth/users/me/ -H "Authorization: Token {TOKEN}"
Django's admin, name and password "admin": {url}/admin/
"""


if __name__ == "__main__":
    sys.exit(main())
