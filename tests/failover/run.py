#!/usr/bin/env python3
"""The leader of three PostgreSQL nodes is switched, killed and frozen, and a standby is killed, while clients patch.
See README.md beside this file."""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time

from load import CLIENTS, Load, username
from nodes import NETWORK, Cluster, await_that, free_port

SERVERS = 3
# How long the clients go on undisturbed.
CALM_SECONDS = 2
COMPARISON_SECONDS = 15


class Probe(threading.Thread):
    """Notes when another node than the old leader commits its first transaction."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.nodes, self.first = nodes, None

    def run(self):
        while self.first is None:
            for node in self.nodes:
                try:
                    connection = node.connect("shop")
                except Exception:
                    continue
                try:
                    with connection, connection.cursor() as cursor:
                        cursor.execute("SELECT pg_is_in_recovery()")
                        if cursor.fetchone()[0]:
                            continue
                        cursor.execute("INSERT INTO probe DEFAULT VALUES")
                    self.first = time.monotonic()
                    return
                except Exception:
                    pass
                finally:
                    connection.close()
            time.sleep(0.02)


class Shop:
    def __init__(self, cluster, binary, back_within):
        self.cluster, self.binary, self.back_within = cluster, binary, back_within
        with_leader = cluster.leader().connect()
        with_leader.autocommit = True
        with_leader.cursor().execute("CREATE DATABASE shop")
        with_leader.close()
        self.environment = {"DATABASE_URL": cluster.url("shop"), "SHOP_PROFILE_LOG": "warn"}
        self.command("migrate")
        self.sql("CREATE TABLE probe (at timestamptz DEFAULT now())")
        self.servers, addresses = [], []
        for number in range(SERVERS):
            host = f"{NETWORK}.{20 + number}"
            addresses.append((host, free_port(host)))
            with open(cluster.folder / f"server-{number}.log", "wb") as log:
                serve = [binary, "serve", "--listen", "%s:%d" % addresses[-1], "--database-connections", "8"]
                self.servers.append(subprocess.Popen(serve, env=self.environment, stdout=subprocess.PIPE, stderr=log))
        for server in self.servers:
            assert server.stdout.readline().startswith(b"listening on"), "a server did not start"
        tokens = []
        for number in range(CLIENTS):
            self.command("customer", "add", "--username", username(number))
            tokens.append(self.command("token", "issue", username(number)))
        self.load = Load(tokens, addresses)

    def command(self, *arguments):
        done = subprocess.run([self.binary, *arguments], env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, statement):
        connection = self.cluster.leader().connect("shop")
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def check_rows(self):
        rows = {row[0]: row[1:] for row in self.sql("SELECT username, last_name, version FROM customer")}
        return sum(client.check(*rows[client.username]) for client in self.load.clients)

    def stop(self):
        self.load.stopped.set()
        for server in self.servers:
            server.kill()
            server.wait()


def disaster(shop, name, act, repair=None, has_new_leader=True):
    """Acts, waits until every client is answered 200 again, repairs, and says what was seen."""
    cluster, load = shop.cluster, shop.load
    leader = cluster.leader()
    time.sleep(CALM_SECONDS)
    probe = Probe([node for node in cluster.nodes if node is not leader])
    if has_new_leader:
        probe.start()
    began = time.monotonic()
    counts = load.statuses()
    act(cluster, leader)
    if has_new_leader:
        await_that("the new leader's first transaction", lambda: probe.first)
    else:
        time.sleep(CALM_SECONDS)
    moment = probe.first or time.monotonic()
    await_that("200 for every client", lambda: all(at > moment for at in load.last_success_per_client()))
    time.sleep(CALM_SECONDS)
    others = {status: count - counts[status] for status, count in load.statuses().items() if status != 200}
    figures = [f"longest time without a 200: {load.longest_gap(began):.2f} s", f"other answers: {others}"]
    if has_new_leader:
        back = load.first_success_sent_after(moment) - moment
        all_back = max(min(a for s, a, status in c.outcomes if status == 200 and a > moment) for c in load.clients) - moment
        figures.insert(0, f"first transaction of the new leader after {moment - began:.2f} s")
        figures.insert(1, f"first 200 {back:.2f} s later, all clients {all_back:.2f} s")
    print(f"{name}: " + "; ".join(figures), flush=True)
    assert not has_new_leader or back < shop.back_within, f"{name}: not within {shop.back_within} s"
    if repair:
        repair(leader)
    cluster.await_whole()
    return leader


def signal_node(number):
    return lambda cluster, leader: leader.signal(number)


def switch_over(shop):
    disaster(shop, "switchover", lambda cluster, leader: cluster.switch_over(leader))


def kill_leader(shop):
    disaster(shop, "kill -9 of the leader", signal_node(signal.SIGKILL), lambda leader: leader.start())


def freeze_leader(shop):
    disaster(shop, "SIGSTOP of the leader", signal_node(signal.SIGSTOP), lambda leader: leader.signal(signal.SIGCONT))


def kill_standby(shop):
    standby = next(node for node in shop.cluster.nodes if node.is_in_role("sync"))
    kill = lambda _cluster, _leader: standby.signal(signal.SIGKILL)
    disaster(shop, "kill -9 of the synchronous standby", kill, lambda _leader: standby.start(), has_new_leader=False)


def compare_modes(shop):
    """How long a patch takes with synchronous_mode and without."""
    for is_synchronous in (True, False):
        shop.cluster.configure(synchronous_mode=is_synchronous)
        await_that("the mode", lambda: any(node.is_in_role("sync") for node in shop.cluster.nodes) == is_synchronous)
        began = time.monotonic()
        time.sleep(COMPARISON_SECONDS)
        times = sorted(answered - sent for sent, answered, _ in shop.load.outcomes(began))
        half, most = (1000 * times[int(len(times) * share)] for share in (0.5, 0.99))
        print(f"synchronous_mode {is_synchronous}: {len(times)} patches, half within {half:.1f} ms, 99 % within {most:.1f} ms")


DISASTERS = {"switchover": switch_over, "kill": kill_leader, "freeze": freeze_leader, "standby": kill_standby}
EVERYTHING = DISASTERS | {"cost": compare_modes}


def run(cluster, arguments):
    cluster.start()
    shop = Shop(cluster, os.path.abspath(arguments.binary), arguments.back_within)
    try:
        for name in [arguments.only] if arguments.only else DISASTERS:
            EVERYTHING[name](shop)
        shop.load.stop()
        statuses = shop.load.statuses()
        print(f"answers: {dict(statuses)}")
        for body, count in shop.load.bodies().most_common():
            print(f"  {count} x {body}")
        print(f"patches answered 200, each found in the database: {shop.check_rows()}")
        assert set(statuses) <= {200, 503}, statuses
    finally:
        shop.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", default="target/release/shop-profile")
    arguments.add_argument("--back-within", type=float, default=2, help="seconds from the new leader's first transaction")
    arguments.add_argument("--only", choices=EVERYTHING, help="one of them instead of all disasters")
    arguments.add_argument("--keep", action="store_true", help="keep the logs when it fails")
    arguments = arguments.parse_args()
    began = time.monotonic()
    cluster = Cluster()
    try:
        run(cluster, arguments)
    except BaseException:
        if arguments.keep:
            print(f"logs: {cluster.folder}", file=sys.stderr)
            subprocess.run(["cp", "-r", cluster.folder, f"{cluster.folder}-kept"], check=False)
        raise
    finally:
        cluster.stop()
    print(f"took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
