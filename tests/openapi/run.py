#!/usr/bin/env python3
"""Whether openapi.json is valid and true: `python3 tests/openapi/run.py --binary PATH [--examples N] [--only STEP]`.

Without --binary, TEST_PROGRAM names the server. The steps are lint, sqlite, postgres, limits, python and java.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
DOCUMENT = REPOSITORY / "openapi.json"


def main():
    options = arguments()
    environment = make_environment()
    if Path(sys.prefix) != environment:
        # Again, in the environment that has what the steps need.
        os.execv(environment / "bin" / "python", [environment / "bin" / "python", __file__, *sys.argv[1:]])
    import clients
    import truth

    steps = {
        "lint": lambda: lint(environment),
        "sqlite": lambda: truth.check(options.binary, "sqlite", options.examples),
        "postgres": lambda: truth.check(options.binary, "postgres", options.examples),
        "limits": lambda: truth.check_within_rate_limits(options.binary),
        "python": lambda: clients.run_python(options.binary, DOCUMENT),
        "java": lambda: clients.run_java(options.binary, DOCUMENT),
    }
    for name, step in steps.items():
        if options.only in (None, name):
            print(f"--- {name}", flush=True)
            step()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("TEST_PROGRAM"), help="the server")
    parser.add_argument("--examples", type=int, default=800, help="how many examples schemathesis makes of an operation")
    parser.add_argument("--only", help="one step alone")
    options = parser.parse_args()
    if not options.binary:
        parser.error("name the server: --binary target/release/shop-profile, or TEST_PROGRAM")
    options.binary = str(Path(options.binary).resolve())
    return options


def make_environment():
    """A virtual environment for these requirements, made once."""
    requirements = FOLDER / "requirements.txt"
    folder = REPOSITORY / "target" / "openapi" / hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    if not (folder / "complete").exists():
        venv.create(folder, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements]
        subprocess.run([folder / "bin" / "python", *install], check=True)
        (folder / "complete").touch()
    return folder


def lint(environment):
    run = lambda *command: subprocess.run(command, cwd=FOLDER, check=True)
    run("npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--silent")
    run("npx", "spectral", "lint", "--fail-severity", "warn", "--ruleset", "spectral.yaml", DOCUMENT)
    # Its linter would ask the network for a newer version of itself.
    os.environ |= {"REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "REDOCLY_TELEMETRY": "off"}
    run("npx", "redocly", "lint", "--config", "redocly.yaml", "--max-problems", "20", DOCUMENT)
    run(environment / "bin" / "openapi-spec-validator", DOCUMENT)


if __name__ == "__main__":
    main()
