"""Sends what the document allows and forbids, and compares every answer with it (schemathesis)."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from shop import open_shop

FOLDER = Path(__file__).parent
# Below this the run has not looked at much: a mistake in its configuration, say.
MIN_CASES = 2_000


def check(binary, database, examples):
    with open_shop(binary, database) as shop:
        cases = schemathesis(shop, "--max-examples", str(examples))
    if cases < MIN_CASES:
        sys.exit(f"{database}: only {cases} cases")


def check_within_rate_limits(binary):
    """With a limit on, and a client that waits when it is told to. Three updates come back each second."""
    options = ["--rate-limit-updates", "180", "--log", "warn,shop_profile=debug"]
    with tempfile.TemporaryFile() as log:
        with open_shop(binary, options=options, stderr=log) as shop:
            schemathesis(shop, "--max-examples", "50", "--rate-limit", "auto")
        log.seek(0)
        if b"status=429" not in log.read():
            sys.exit("the limit was not met")


def schemathesis(shop, *options):
    """How many cases were sent; ends the process unless every answer is as the document says."""
    origin, token = shop
    command = [
        Path(sys.prefix) / "bin" / "schemathesis",
        *("--config-file", FOLDER / "schemathesis.toml"),
        *("run", f"{origin}/openapi.json"),
        *("--header", f"Authorization: Token {token}"),
        *options,
    ]
    # The hooks are found there.
    environment = os.environ | {"PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(command, env=environment, cwd=FOLDER, stdout=subprocess.PIPE, text=True)
    print(ended.stdout)
    if ended.returncode:
        sys.exit("the server does not answer as openapi.json says")
    return int(re.search(r"(\d+) generated", ended.stdout)[1])
