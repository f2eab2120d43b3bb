#!/usr/bin/env python3
"""A real Prometheus reads a real server while clients count what they send. See README.md beside this file."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from load import Load
from prometheus import Prometheus, metrics_of, selectors

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# How far Prometheus may be from the clients.
TOLERANCE = 0.01
CUSTOMERS = 4
# After ten minutes of more updates than are allowed, and of tokens that are not valid.
EXPECTED_ALERTS = {"ShopProfileRateLimits", "ShopProfileFailedTokens"}
# Reads and failed tokens are not limited, so that the load is what it is; of updates each customer has so many.
LIMITS = ["--rate-limit-updates", "600", "--rate-limit-reads", "0", "--rate-limit-failed-tokens", "0"]


class Server:
    def __init__(self, binary, folder):
        self.binary, self.environment = binary, {"DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite://{folder}/shop.db"}
        self.run("migrate")
        self.tokens = []
        for number in range(CUSTOMERS):
            name = f"customer{number}-{os.getpid()}"
            self.run("customer", "add", "--username", name)
            self.tokens.append(self.run("token", "issue", name))
        self.log = open(f"{folder}/server.log", "w+")
        arguments = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", *LIMITS]
        self.process = subprocess.Popen(
            [binary, *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://"), f"the server did not start: {line}"
        self.address = line.strip().removeprefix("listening on http://")
        # The line was logged before the address was printed; the log's thread may be behind.
        self.metrics_address = await_that("the metrics' address", self.find_metrics_address)

    def find_metrics_address(self):
        text = pathlib.Path(self.log.name).read_text()
        found = re.search(r" metrics .*?address=(\S+)", text)
        return found and found[1]

    def run(self, *arguments):
        done = subprocess.run([self.binary, *arguments], env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(40) == 0, "the server did not stop in order"


def await_that(what, look, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return found


def compare(what, read, sent):
    """Prints both numbers, and tells whether they agree."""
    difference = abs(read - sent) / max(sent, 1)
    print(f"| {what} | {sent:,} | {read:,.0f} | {100 * difference:.2f} % |")
    return difference <= TOLERANCE


def compare_counts(prometheus, counts, seconds):
    """What Prometheus has read against what the clients have counted."""
    print("| | clients | Prometheus | difference |\n|---|--:|--:|--:|")
    agree = []
    names = ("api", "operation", "outcome")
    read = prometheus.by('shop_profile_requests_total{api!="health"} > 0', names)
    for key in sorted(read.keys() | counts.keys()):
        agree.append(compare(", ".join(key), read.get(key, 0), counts[key]))
    total = sum(counts.values())
    # From the samples, as a dashboard does it: Prometheus extrapolates to the ends of the window.
    window = int(seconds) + 20
    increase = f'sum(increase(shop_profile_requests_total{{api!="health"}}[{window}s]))'
    agree.append(compare("all, by increase()", prometheus.number(increase), total))
    observed = 'sum(shop_profile_request_duration_seconds_count{api!="health"})'
    agree.append(compare("all, by the histograms", prometheus.number(observed), total))
    limited = sum(count for key, count in counts.items() if key[2] == "rate_limited")
    agree.append(compare("limit updates", prometheus.number('shop_profile_limit_exceeded_total{limit="updates"}'), limited))
    aliases = counts["graphql", "none", "rejected"]
    agree.append(
        compare("limit TOO_MANY_ALIASES", prometheus.number('shop_profile_limit_exceeded_total{limit="TOO_MANY_ALIASES"}'), aliases)
    )
    failed = sum(count for key, count in counts.items() if key[2] == "unauthenticated")
    agree.append(compare("failed tokens", prometheus.number("sum(shop_profile_failed_tokens_total)"), failed))
    assert all(agree), f"they differ by more than {100 * TOLERANCE} %"


def check_rules_and_dashboard(prometheus, exposed):
    """Every rule can be evaluated, none fires unexpectedly, and every expression of the dashboard has an answer, where the server has
    the metric."""
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert rules and all(rule["health"] == "ok" for rule in rules), rules
    firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
    assert firing <= EXPECTED_ALERTS, firing
    answered = 0
    for expression in prometheus.dashboard():
        result = prometheus.query(expression)
        if all(metric in exposed for metric in selectors(expression)):
            assert result, f"no answer: {expression}"
            answered += 1
    print(f"rules: {len(rules)} evaluated, firing: {sorted(firing)}; expressions of the dashboard with an answer: {answered}")


def run(arguments, folder):
    server = Server(os.path.abspath(arguments.binary), folder)
    prometheus = None
    try:
        prometheus = Prometheus(folder, server.metrics_address, REPOSITORY / "deploy")
        await_that("the first reading", lambda: prometheus.query("shop_profile_build_info"))
        load = Load(server.address, server.tokens)
        began = time.monotonic()
        time.sleep(arguments.seconds)
        counts = load.stop()
        seconds = time.monotonic() - began
        print(f"{sum(counts.values()):,} requests in {seconds:.1f} s")
        total = sum(counts.values())
        sum_of_all = 'sum(shop_profile_requests_total{api!="health"})'
        try:
            await_that("the last reading", lambda: prometheus.number(sum_of_all) >= total)
        except AssertionError as error:
            print(error)
        # One more, so that increase() has the end.
        time.sleep(2)
        compare_counts(prometheus, counts, seconds)
        check_rules_and_dashboard(prometheus, metrics_of(server.metrics_address))
    finally:
        if prometheus:
            prometheus.stop()
        server.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", default="target/release/shop-profile")
    arguments.add_argument("--seconds", type=float, default=60, help="how long the clients send")
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="shop-prometheus-") as folder:
        run(arguments, folder)


if __name__ == "__main__":
    sys.exit(main())
