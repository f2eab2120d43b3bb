"""What `shop-profile shadow` counts: its metrics while it runs, and the totals that it prints when SIGTERM ends it."""

import re
import time

import pytest
from case import request
from support.proxy import at, free_address
from support.shadow import PATIENCE, Shadow
from support.shop import Shop
from wire import exchange

GET, OPTIONS = request("GET", type=None), request("OPTIONS", type=None)
OF_DJANGO = request("GET", "/metrics", type=None)

# What is counted, as it is printed and as a metric.
COUNTS = {
    "requests": "requests_total",
    "compared": "compared_total",
    "equal": "equal_total",
    "explained": "explained_total",
    "by rule 6: options": 'explained_differences_total{rule="6"}',
    "unexplained": "unexplained_total",
    "moved meanwhile": "moved_meanwhile_total",
}


@pytest.fixture
def shop(new_url):
    shop = Shop("5.2", new_url("sqlite"))
    yield shop
    shop.stop()


def test_counts_are_served_and_printed_at_the_end(shop, tmp_path):
    address, django = free_address(), shop.start_django()
    shadow = Shadow(shop, django, tmp_path, "--metrics-listen", at(address), SHOP_PROFILE_LOG="warn")
    metrics, sent = {}, 0
    deadline = time.monotonic() + PATIENCE
    # A request is sent again when a busy machine answered too late for a comparison.
    while metrics.get("equal_total", 0) < 2 or metrics.get('explained_differences_total{rule="6"}', 0) < 1:
        assert time.monotonic() < deadline, metrics
        for raw in (GET, OPTIONS, request(body={"gender": "x"})):
            assert shadow.client.ask(raw).status == django.ask(raw).status
        sent += 3
        metrics = settled(address, sent)
    assert metrics["compared_total"] == metrics["equal_total"] + metrics["explained_total"]
    assert metrics["unexplained_total"] == metrics["moved_meanwhile_total"] == 0
    # The shop's own page of that name stays the shop's.
    assert shadow.client.ask(OF_DJANGO).body == django.ask(OF_DJANGO).body
    metrics = read(address)
    assert metrics["requests_total"] == sent + 1
    last, compared = shadow.stop()
    assert printed(shadow.totals) == {name: metrics[metric] for name, metric in COUNTS.items()}
    assert (last, compared) == (f"ready to switch: {compared} compared, 0 unexplained", metrics["compared_total"])


def settled(address, requests):
    """The metrics as soon as so many requests are counted, each as compared or as not."""
    deadline = time.monotonic() + PATIENCE
    while True:
        metrics = read(address)
        not_compared = sum(count for name, count in metrics.items() if name.startswith("not_compared_total"))
        done = metrics["compared_total"] + metrics["moved_meanwhile_total"] + not_compared
        if metrics["requests_total"] == done == requests:
            return metrics
        assert time.monotonic() < deadline, metrics
        time.sleep(0.01)


def read(address):
    answer = exchange(address, request("GET", "/metrics", type=None, auth=None))
    assert (answer.status, answer.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    found = re.findall(r"^shop_profile_shadow_(\S+) (\d+)$", answer.body.decode(), re.MULTILINE)
    return {name: int(count) for name, count in found}


def printed(totals):
    """The lines of the counts that are metrics of their own."""
    counts = re.findall(r"^ *(\S.*?) {2,}([\d,]+)$", totals, re.MULTILINE)
    return {name: int(count.replace(",", "")) for name, count in counts if name in COUNTS}
