#!/usr/bin/env python3
"""Runs the tests once for each mutant that cargo-mutants finds. See README.md beside this file."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

from program import SwitchedProgram

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
WORK = REPOSITORY / "target/switched"
UNIT, INTEGRATION = "shop_profile", "it"
# Which tests are run, until one fails: those that find most mutants soonest come first.
UNIT_TESTS = "api auth graphql messages profile rate_limit rest service --skip a_table_stays_bounded"
OTHER_UNIT_TESTS = "rate_limit metrics request_notes server transfer store shadow"
# By the beginning of a file's name.
NEAREST = {
    "src/auth": "auth:: log:: token_flood:: cli_operators:: --skip postgres",
    "src/rate_limit": "rate_limits:: token_flood:: auth:: --skip postgres",
    "src/api": "rate_limits:: token_flood:: --skip postgres",
    "src/service": "rate_limits:: rest_contract:: rest_fields:: auth:: cli:: cli_operators:: audit:: metrics:: faults:: --skip postgres",
    "src/graphql": "graphql_contract:: rate_limits:: faults:: --skip postgres",
    "src/profile": "rest_fields:: graphql_contract:: cli:: django_check:: rest_contract:: --skip postgres",
    "src": "rest_contract:: rest_fields:: graphql_contract:: auth:: dry_run:: --skip postgres",
}
# Seconds. A mutant may never end.
TIMEOUT = 300


def listed():
    """Every mutant, as cargo-mutants lists them; `.cargo/mutants.toml` says of which files."""
    command = ["cargo", "mutants", "--list", "--json"]
    return json.loads(subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout)


def failure(program, test, filters, number):
    """The first test that fails with this mutant. It ends the others; one that never ends is ended, too."""
    environment = {**os.environ, "MUTANT": str(number), "REQUIRE_POSTGRES": "1"}
    command = [program.tests[test], *filters.split()]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=program.tree, env=environment, start_new_session=True, **pipes) as process:
        stop = lambda: os.killpg(process.pid, signal.SIGKILL)
        timer = threading.Timer(TIMEOUT, stop)
        timer.start()
        try:
            for line in process.stdout:
                if line.endswith(" ... FAILED\n"):
                    return line.split()[1]
            return "the end of the program" if process.wait() else None
        finally:
            timer.cancel()
            with contextlib.suppress(ProcessLookupError):
                stop()


def rounds(file):
    """The tests for a mutant of this file: each time a program and its arguments."""
    nearest = next(tests for start, tests in NEAREST.items() if file.startswith(start))
    # The documents and the layers are about the text of the program, which the switches change.
    every = "--skip docs:: --skip layering:: --skip cost::"
    return [
        (UNIT, UNIT_TESTS),
        (UNIT, OTHER_UNIT_TESTS),
        (INTEGRATION, nearest),
        (INTEGRATION, f"{every} --skip postgres"),
        (INTEGRATION, f"postgres {every}"),
    ]


def outcome(program, number, tests):
    for test, filters in tests:
        if failed := failure(program, test, filters, number):
            return f"caught by {failed}"
    return "missed"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds of tests a mutant has to pass")
    parser.add_argument("--from-round", type=int, default=1, help="the first of them")
    parser.add_argument("--only", help="only the mutants whose name has this in it")
    parser.add_argument("--again", action="store_true", help="only the mutants that the last run missed")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    results_file = WORK / "results.json"
    results = json.loads(results_file.read_text()) if arguments.again else {}

    program = SwitchedProgram(REPOSITORY, WORK, listed())
    program.build()
    chosen = slice(arguments.from_round - 1, arguments.rounds)
    every_test = {tests for start in NEAREST for tests in rounds(start)[chosen]}
    for tests in every_test:
        if failed := failure(program, *tests, -1):
            raise SystemExit(f"{failed} fails without any mutant")
    for number, mutant in enumerate(program.mutants):
        name = mutant["name"]
        is_known = arguments.again and results.get(name) not in ("missed", None)
        if is_known or arguments.only and arguments.only not in name:
            continue
        began = time.monotonic()
        results[name] = program.apart.get(number) or outcome(program, number, rounds(mutant["file"])[chosen])
        print(f"{time.monotonic() - began:6.1f} s  {name}: {results[name]}", flush=True)
        results_file.write_text(json.dumps(results, indent=1))
    kinds = collections.Counter(result if not result.startswith("caught") else "caught" for result in results.values())
    for result, count in sorted(kinds.items()):
        print(f"{count:5} {result}")


if __name__ == "__main__":
    main()
