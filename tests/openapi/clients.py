"""Clients that openapi-generator makes of the document compile, and work against the server."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from shop import open_shop

PROGRAMS = Path(__file__).parent / "clients"
BIN = Path(sys.prefix) / "bin"


def generate(document, generator, folder, *options):
    command = [BIN / "openapi-generator-cli", "generate", "-g", generator, "-i", document, "-o", folder, *options]
    subprocess.run(command, check=True, capture_output=True)


def run_python(binary, document):
    with tempfile.TemporaryDirectory() as folder, open_shop(binary) as (origin, token):
        generate(document, "python", folder)
        environment = os.environ | {"PYTHONPATH": folder}
        subprocess.run([sys.executable, PROGRAMS / "client.py", origin, token], env=environment, check=True)


def run_java(binary, document):
    with tempfile.TemporaryDirectory() as folder, open_shop(binary) as (origin, token):
        # They need Jackson, which the generator has within itself, and an annotation, which stands in `clients/`.
        generate(document, "java", folder, "--library", "native", "--additional-properties", "openApiNullable=false")
        [generator] = Path(sys.prefix).glob("lib/*/site-packages/openapi_generator_cli/openapi-generator.jar")
        sources = [*Path(folder, "src/main/java").rglob("*.java"), *PROGRAMS.rglob("*.java")]
        subprocess.run(["javac", "-nowarn", "-cp", generator, "-d", f"{folder}/classes", *sources], check=True)
        subprocess.run(["java", "-cp", f"{folder}/classes:{generator}", "Client", origin, token], check=True)
