"""Virtual environments, made once for each set of requirements: `target/django/NAME-DIGEST`."""

import hashlib
import subprocess
import venv
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
TESTS = REPOSITORY / "tests" / "django"
EXAMPLE = REPOSITORY / "examples" / "django-shop"

REQUIREMENTS = {
    "5.2": TESTS / "requirements-5.2.txt",
    "4.2": TESTS / "requirements-4.2.txt",
    "tests": TESTS / "requirements.txt",
}


def python(name):
    """The interpreter of an environment."""
    requirements = REQUIREMENTS[name]
    # The example's is named in another one.
    texts = requirements.read_bytes() + (EXAMPLE / "requirements.txt").read_bytes()
    digest = hashlib.sha256(texts).hexdigest()[:12]
    folder = REPOSITORY / "target" / "django" / f"{name}-{digest}"
    program = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, clear=True, with_pip=True)
        # The file pins the whole tree, so nothing may be added to it.
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements]
        subprocess.run([program, *install], check=True)
        (folder / "complete").touch()
    return program
