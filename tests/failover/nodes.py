"""The processes: etcd, three nodes of PostgreSQL under Patroni, and haproxy in front, with the files of deploy/patroni."""

import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import psycopg2

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy/patroni"
USER = "postgres"
PASSWORD = "only-for-tests"
NAMES = ("one", "two", "three")
PATIENCE_SECONDS = 60


# Every program has a loopback address of its own: the ports of clients, which are of 127.0.0.1, take none of theirs.
NETWORK = f"127.{random.randrange(1, 255)}.{random.randrange(255)}"


def free_port(host):
    with socket.socket() as listener:
        listener.bind((host, 0))
        return listener.getsockname()[1]


def await_that(what, look, seconds=PATIENCE_SECONDS):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Node:
    """PostgreSQL and the Patroni that keeps it."""

    def __init__(self, cluster, number, name):
        self.cluster, self.name = cluster, name
        self.host = f"{NETWORK}.{number}"
        self.port, self.api_port = free_port(self.host), free_port(self.host)
        self.data = cluster.folder / name / "data"
        self.process = None

    def start(self):
        (self.cluster.folder / self.name).mkdir(exist_ok=True)
        shutil.chown(self.cluster.folder / self.name, USER)
        self.process = self.cluster.spawn(
            f"patroni-{self.name}",
            ["patroni", DEPLOY / "patroni.yml"],
            PATRONI_NAME=self.name,
            PATRONI_ETCD_HOSTS=self.cluster.etcd,
            PATRONI_RESTAPI_LISTEN=f"{self.host}:{self.api_port}",
            PATRONI_RESTAPI_CONNECT_ADDRESS=f"{self.host}:{self.api_port}",
            PATRONI_POSTGRESQL_LISTEN=f"{self.host}:{self.port}",
            PATRONI_POSTGRESQL_CONNECT_ADDRESS=f"{self.host}:{self.port}",
            PATRONI_POSTGRESQL_DATA_DIR=self.data,
            PATRONI_POSTGRESQL_PGPASS=self.cluster.folder / self.name / "pgpass",
            PATRONI_SUPERUSER_PASSWORD=PASSWORD,
            PATRONI_REPLICATION_PASSWORD=PASSWORD,
            PATRONI_REWIND_PASSWORD=PASSWORD,
        )

    def is_in_role(self, role):
        """Asks Patroni: /primary, /replica, /sync."""
        try:
            return urllib.request.urlopen(f"http://{self.host}:{self.api_port}/{role}", timeout=1).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def connect(self, database="postgres"):
        return psycopg2.connect(
            host=self.host, port=self.port, user=USER, password=PASSWORD, dbname=database, connect_timeout=1
        )

    def processes(self):
        """Patroni, PostgreSQL and its children: those that run in the folder of the data."""
        found = [self.process.pid]
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "cwd") == str(self.data):
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def signal(self, number):
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        if number == signal.SIGKILL:
            self.process.wait()


class Cluster:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shop-failover-"))
        self.folder.chmod(0o755)
        self.started = []
        etcd, haproxy = f"{NETWORK}.10", f"{NETWORK}.11"
        self.etcd, self.etcd_peer = f"{etcd}:{free_port(etcd)}", f"{etcd}:{free_port(etcd)}"
        self.address = f"{haproxy}:{free_port(haproxy)}"
        self.nodes = [Node(self, number, name) for number, name in enumerate(NAMES, 1)]

    def spawn(self, name, command, **environment):
        """As the user that PostgreSQL wants."""
        account = pwd.getpwnam(USER)
        environment = {name: str(value) for name, value in environment.items()}
        environment["PATH"] = f"{postgresql()}:{os.environ['PATH']}:/usr/sbin"
        other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command],
                env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **other,
            )  # fmt: skip
        self.started.append(process)
        return process

    def start(self):
        shutil.chown(self.folder, USER)
        client, peer = f"http://{self.etcd}", f"http://{self.etcd_peer}"
        self.spawn(
            "etcd",
            ["etcd", "--name", "one", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync", "--enable-v2",
             "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster", f"one={peer}"],
        )  # fmt: skip
        for node in self.nodes:
            node.start()
        places = {}
        for number, node in enumerate(self.nodes, 1):
            places |= {f"NODE_{number}": f"{node.host}:{node.port}", f"API_PORT_{number}": node.api_port}
        self.spawn(
            "haproxy",
            ["haproxy", "-db", "-f", DEPLOY / "haproxy.cfg"],
            LISTEN=self.address,
            **places,
        )
        self.await_whole()

    def leader(self):
        return next((node for node in self.nodes if node.is_in_role("primary")), None)

    def await_whole(self):
        """One leader, one synchronous standby and one other."""

        def is_whole():
            return (
                self.leader()
                and sum(node.is_in_role("replica") for node in self.nodes) == 2
                and any(node.is_in_role("sync") for node in self.nodes)
            )

        await_that("three nodes in order", is_whole)

    def url(self, database):
        return f"postgres://{USER}:{PASSWORD}@{self.address}/{database}"

    def configure(self, **settings):
        """Changes what all nodes have in common."""
        url = f"http://{self.nodes[0].host}:{self.nodes[0].api_port}/config"
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(settings).encode(), method="PATCH"), timeout=10)

    def switch_over(self, leader):
        target = next(node for node in self.nodes if node.is_in_role("sync"))
        body = json.dumps({"leader": leader.name, "candidate": target.name}).encode()
        request = urllib.request.Request(f"http://{leader.host}:{leader.api_port}/switchover", body, method="POST")
        return urllib.request.urlopen(request, timeout=60).status

    def stop(self):
        for node in self.nodes:
            if node.process:
                node.signal(signal.SIGKILL)
        for process in self.started:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def postgresql():
    return max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
