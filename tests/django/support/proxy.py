"""nginx and haproxy with the files of `deploy/django`, between a client and the two servers."""

import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import suppress

import target
from support.environment import REPOSITORY
from support.shop import INACTIVE_TOKEN, TOKEN

FILES = REPOSITORY / "deploy" / "django"


def at(address):
    return "{}:{}".format(*address)


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()


class Proxy:
    """`shop_profile` and `django` are addresses; `client` is the way through it."""

    def __init__(self, folder, shop_profile, django):
        self.folder, self.shop_profile, self.django = folder, shop_profile, django
        self.address = free_address()
        self.client = target.Target(self.address, TOKEN, INACTIVE_TOKEN)
        self.process = self.start()
        self.wait_until_it_answers()

    def wait_until_it_answers(self):
        deadline = time.monotonic() + 20
        while True:
            with suppress(ConnectionRefusedError):
                return socket.create_connection(self.address).close()
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the proxy does not listen")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx(Proxy):
    percent = 1

    def start(self):
        self.write()
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.command = [program, "-p", self.folder, "-c", self.folder / "nginx.conf", "-g", "daemon off;"]
        return subprocess.Popen(self.command)

    def write(self):
        """The shipped file with other addresses, in the smallest of configurations."""
        text = (FILES / "nginx.conf").read_text()
        for old, new in (
            ("listen 8080;", f"listen {at(self.address)};"),
            ("127.0.0.1:8000", at(self.shop_profile)),
            ("127.0.0.1:8001", at(self.django)),
            ("1%  shop_profile;", f"{self.percent}%  shop_profile;" if self.percent else "# none"),
        ):
            assert old in text
            text = text.replace(old, new)
        paths = "".join(
            f"{name}_temp_path {self.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = f"worker_processes 1; pid {self.folder}/nginx.pid; events {{}}"
        if os.geteuid() == 0:
            main = f"user root; {main}"  # its workers read the folder of the tests
        (self.folder / "nginx.conf").write_text(f"{main} http {{ access_log off; {paths}\n{text}\n}}")

    def set_percent(self, percent):
        self.percent = percent
        self.write()
        subprocess.run([*self.command[:-2], "-s", "reload"], check=True)


class Haproxy(Proxy):
    def start(self):
        self.admin = self.folder / "admin.sock"
        environment = os.environ | {
            "LISTEN": at(self.address),
            "SHOP_PROFILE": at(self.shop_profile),
            "DJANGO": at(self.django),
            "ADMIN": str(self.admin),
        }
        program = shutil.which("haproxy") or "/usr/sbin/haproxy"
        return subprocess.Popen([program, "-f", FILES / "haproxy.cfg"], env=environment, stderr=subprocess.DEVNULL)

    def set_percent(self, percent):
        command = f"set weight customers/shop_profile {percent}; set weight customers/django {100 - percent}\n"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.admin))
            connection.sendall(command.encode())
            assert not re.search(r"\w", connection.recv(4096).decode())
