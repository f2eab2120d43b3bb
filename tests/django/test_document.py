"""The commands of docs/moving-from-django.md (the blocks marked `bash`), run from top to bottom beside the example."""

import os
import re
import subprocess

import pytest
from support.environment import REPOSITORY
from support.shop import TOKEN, Shop

DOCUMENT = REPOSITORY / "docs" / "moving-from-django.md"
DJANGO, SERVER, SHADOW = (f"127.0.0.1:{port}" for port in (8001, 8000, 8002))


@pytest.fixture
def shop(cluster):
    shop = Shop("5.2", cluster.create_database())
    yield shop
    shop.stop()
    shop.database.execute("DROP OWNED BY shop_profile")
    shop.database.execute("DROP ROLE shop_profile")
    shop.database.close()


class Terminal:
    """A shell whose variables stay, with the documented addresses replaced by those that were free."""

    def __init__(self, shop, django, folder, programs):
        self.shop, self.folder = shop, folder
        self.addresses = {DJANGO: "{}:{}".format(*django.address)}
        (folder / "bin").mkdir()
        (folder / "bin" / "shop-profile").symlink_to(shop.program)
        path = f"{folder}/bin:{programs}:{os.environ['PATH']}"
        self.environment = shop.environment | {"PATH": path, "TOKEN": TOKEN}

    def run(self, block):
        script = ""
        for line in block.splitlines():
            command = self.located(line)
            if line.startswith(("shop-profile serve", "shop-profile shadow")):
                self.execute(script)
                script = ""
                self.start(command, SHADOW if "shadow" in line.split() else SERVER)
            else:
                script += command + "\n"
        return self.execute(script)

    def located(self, line):
        for documented, address in self.addresses.items():
            line = line.replace(documented, address)
        return line

    def execute(self, script):
        script = f"set -ea\n{script}\nexport -p > {self.folder}/variables"
        before = f". {self.folder}/variables\n" if (self.folder / "variables").exists() else ""
        command = ["bash", "-c", before + script]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, command, documented):
        command = re.sub(r" --listen \S+", "", command) + " --listen 127.0.0.1:0"
        process = self.shop.spawn(command.split(), self.environment, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if line.startswith("listening on "):
                self.addresses[documented] = line.split()[-1].removeprefix("http://")
                return
        raise RuntimeError(f"{command} ended with {process.wait()}")


def blocks():
    return re.findall(r"^```bash\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)


def test_each_command_works(shop, cluster, tmp_path):
    terminal = Terminal(shop, shop.start_django(), tmp_path, cluster.binaries)
    printed = [terminal.run(block) for block in blocks()]
    check, _, both, shadowed, _ = printed
    assert "shop-profile serve --layout django" in check.splitlines()[-1]
    profile, *same = re.findall(r"\{.*?\}", both + shadowed)
    assert '"username":"customer1"' in profile and same == [profile, profile]
