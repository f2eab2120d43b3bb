"""Checks what the project depends on: `python3 .ci/dependencies.py`.

Offline: each npm package of a lock file has a checksum and no address, so that it comes from the one registry; each PyPI
package has one version; what npm puts into the pages has an accepted licence. cargo-deny does the same for crates.

With the internet: nothing in `graphiql/`, which is embedded, and no crate has a known vulnerability.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# As deny.toml for crates, and licences that ask for nothing.
LICENCES = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT OR Apache-2.0", "PSF-2.0"}


def tracked(pattern):
    names = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in names.stdout.split()]


def npm_problems():
    for lock in tracked("*package-lock.json"):
        for name, package in json.loads(lock.read_text())["packages"].items():
            if not name:
                continue
            if not package.get("integrity", "").startswith("sha512-"):
                yield f"{lock}: {name} has no SHA-512 checksum"
            if "resolved" in package:
                yield f"{lock}: {name} names where it comes from"
            if lock.parent.name == "graphiql" and package.get("license") not in LICENCES:
                yield f"{lock}: {name} has the licence {package.get('license')}"


def pypi_problems():
    for requirements in tracked("*requirements*.txt"):
        for line in requirements.read_text().splitlines():
            line = line.split("#")[0].strip()
            if line and not line.startswith("-r ") and not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+( ;.*)?", line):
                yield f"{requirements}: {line!r} is not one version of one package"


def vulnerabilities():
    """What is known of them; a line on stderr where the databases cannot be reached."""
    if subprocess.run(["cargo", "deny", "fetch", "db"], cwd=ROOT, capture_output=True).returncode != 0:
        print("crates: not checked for known vulnerabilities, their database cannot be reached", file=sys.stderr)
    elif subprocess.run(["cargo", "deny", "check", "advisories"], cwd=ROOT).returncode != 0:
        yield "crates: known vulnerabilities"
    audit = subprocess.run(["npm", "audit", "--json"], cwd=ROOT / "graphiql", capture_output=True, text=True)
    report = json.loads(audit.stdout or "{}")
    if "vulnerabilities" not in report:
        print("graphiql: not checked for known vulnerabilities, their database cannot be reached", file=sys.stderr)
    for name, package in report.get("vulnerabilities", {}).items():
        yield f"graphiql: {name}: a known vulnerability, {package['severity']}"


def main():
    problems = [*npm_problems(), *pypi_problems(), *vulnerabilities()]
    print("\n".join(problems) or "the dependencies are as they should be")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
