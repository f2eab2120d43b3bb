"""Sends what the document allows and forbids, and compares every answer with it (schemathesis)."""

import os
import re
import subprocess
import sys
from pathlib import Path

from shop import open_shop

FOLDER = Path(__file__).parent
# Below this the run has not looked at much: a mistake in its configuration, say.
MIN_CASES = 2_000


def check(binary, database, examples):
    with open_shop(binary, database) as (origin, token):
        command = [
            Path(sys.prefix) / "bin" / "schemathesis",
            *("--config-file", FOLDER / "schemathesis.toml"),
            *("run", f"{origin}/openapi.json"),
            *("--header", f"Authorization: Token {token}"),
            *("--max-examples", str(examples)),
        ]
        # The hooks are found there.
        environment = os.environ | {"PYTHONPATH": str(FOLDER), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(command, env=environment, cwd=FOLDER, stdout=subprocess.PIPE, text=True)
    print(ended.stdout)
    if ended.returncode:
        sys.exit(f"{database}: the server does not answer as openapi.json says")
    cases = int(re.search(r"(\d+) generated", ended.stdout)[1])
    if cases < MIN_CASES:
        sys.exit(f"{database}: only {cases} cases")
