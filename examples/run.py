#!/usr/bin/env python3
"""Runs the examples as their README files say, each against a shop of its own, and checks what they do.

    TEST_PROGRAM=target/release/shop-profile python3 examples/run.py [EXAMPLE ...]

It needs curl, Node.js, Chromium, PyPI and npm.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shop import Shop, Unavailable

HERE = Path(__file__).parent
NAMES = {"first_name": "John", "last_name": "Doe", "gender": "male"}


def rest_curl(shop):
    check_rest(shop, [HERE / "rest-curl/update.sh"])
    assert run(shop, [HERE / "rest-curl/update.sh"], url="http://127.0.0.1:1").returncode == 2, "not reachable: try again"
    with Unavailable(shop, times=1) as proxy:
        assert run(shop, [HERE / "rest-curl/update.sh"], url=proxy.url).returncode == 2, "503: try again"


def rest_python(shop):
    with tempfile.TemporaryDirectory() as folder:
        program = [python(folder, "rest-python"), HERE / "rest-python/update.py"]
        check_rest(shop, program)
        check_retry(shop, program)


def rest_typescript(shop):
    folder = HERE / "rest-typescript"
    npm(folder, "ci")
    npm(folder, "run", "build")
    check_rest(shop, ["node", folder / "build/update.js"])
    check_conflict(shop, ["node", folder / "build/update.js"])


def graphql_python(shop):
    with tempfile.TemporaryDirectory() as folder:
        program = [python(folder, "graphql-python"), HERE / "graphql-python/update.py"]
        updated = run(shop, program)
        assert json.loads(updated.stdout)["fullName"] == "John Doe", updated
        assert names(shop) == NAMES, shop.profile()
        check_errors(shop, program, {"username": "", "avatar": "x"}, ["username: ", "(BLANK)", "avatar: ", "(INVALID)"])
        check_retry(shop, program)
        check_conflict(shop, program)


def react_profile_form(_):
    # Its tests start shops of their own.
    npm(HERE / "react-profile-form", "ci")
    npm(HERE / "react-profile-form", "test")


def check_rest(shop, program):
    """The document's example, wrong fields and a wrong token."""
    updated = run(shop, program)
    assert updated.returncode == 0, updated
    assert json.loads(updated.stdout) == shop.profile() and names(shop) == NAMES, updated
    check_errors(shop, program, {"username": "", "gender": "x"}, ["username", "blank", "gender", "valid choice"])


def check_errors(shop, program, changes, words):
    """Both errors are told, nothing is written, and a wrong token is told as well."""
    before = shop.profile()
    for environment, words in [({}, words), ({"token": "unknown"}, ["token"])]:
        failed = run(shop, program, changes, **environment)
        assert failed.returncode == 1 and not failed.stdout, failed
        assert all(word in failed.stderr for word in words), failed
        assert "Traceback" not in failed.stderr, failed
    assert shop.profile() == before


def check_retry(shop, program):
    """A server that cannot answer twice is asked a third time; one that never can is given up."""
    with Unavailable(shop, times=2) as proxy:
        assert run(shop, program, url=proxy.url).returncode == 0
        assert proxy.answered == 2
    with Unavailable(shop, times=1000) as proxy:
        failed = run(shop, program, url=proxy.url)
        assert failed.returncode == 1 and "Traceback" not in failed.stderr, failed


def check_conflict(shop, program):
    """A change between the program's reading and its update is not overwritten."""
    with Unavailable(shop, times=0, after_reading=lambda: shop.update({"first_name": "Meanwhile"})) as proxy:
        failed = run(shop, program, url=proxy.url)
    assert failed.returncode == 1 and "changed" in failed.stderr, failed
    assert shop.profile()["first_name"] == "Meanwhile"


def names(shop):
    return {name: shop.profile()[name] for name in NAMES}


def run(shop, program, changes=None, url=None, token=None):
    environment = {**os.environ, "SHOP_URL": url or shop.url, "TOKEN": token or shop.token, "NO_PROXY": "*"}
    words = [*program, json.dumps(changes)] if changes else program
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)


def python(folder, example):
    """A Python with the packages that the example pins."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = Path(folder, "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]
    subprocess.run([*install, HERE / example / "requirements.txt"], check=True)
    return python


def npm(folder, *words):
    subprocess.run(["npm", *words, "--loglevel=error", "--no-fund", "--no-audit"], cwd=folder, check=True)


EXAMPLES = [rest_curl, rest_python, rest_typescript, graphql_python, react_profile_form]


def main():
    by_name = {example.__name__.replace("_", "-"): example for example in EXAMPLES}
    for name in sys.argv[1:] or by_name:
        start = time.monotonic()
        with Shop() as shop:
            by_name[name](shop)
        print(f"ok {name} ({time.monotonic() - start:.0f} s)", flush=True)


main()
