#!/usr/bin/env python3
"""Runs the tests in an environment of their own: `python3 tests/django/run.py [--binary PATH] [pytest's arguments]`.

Without --binary, TEST_PROGRAM names the server. `--latency` measures the shadow instead.
"""

import os
import subprocess
import sys

from support.environment import TESTS, python


def main(arguments):
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    if arguments[:1] == ["--binary"]:
        environment["TEST_PROGRAM"] = os.path.abspath(arguments[1])
        arguments = arguments[2:]
    if "TEST_PROGRAM" not in environment:
        sys.exit("name the server: --binary target/release/shop-profile, or TEST_PROGRAM")
    for django in ("5.2", "4.2"):
        python(django)
    command = [python("tests"), "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    if "--latency" in arguments:
        command = [python("tests"), "shadow_latency.py"]
    return subprocess.run(command, cwd=TESTS, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
