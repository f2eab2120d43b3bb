"""The way from Django to shop-profile and back, by nginx's and haproxy's own means.

Which server answers does not depend on its database, so shop-profile has one of its own here.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from case import request
from support.proxy import Haproxy, Nginx
from support.shop import Shop

# Tokens that no customer has: both servers answer 401, and Django alone answers with gunicorn's name.
TOKENS = [f"{n:040x}" for n in range(10_000, 11_000)]


@pytest.fixture(scope="module")
def shop(new_url):
    shop = Shop("5.2", new_url("sqlite"))
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def django(shop):
    return shop.start_django()


@pytest.fixture(scope="module")
def server(shop, new_url):
    return shop.start_own_server(new_url("sqlite"))


@pytest.fixture(scope="module", params=[Nginx, Haproxy], ids=["nginx", "haproxy"])
def proxy(request, django, server, tmp_path_factory):
    proxy = request.param(tmp_path_factory.mktemp("proxy"), server.address, django.address)
    yield proxy
    proxy.stop()


def is_ours(proxy, token, path="/api/shop/customers/me"):
    answer = proxy.client.ask(request("GET", path, type=None, auth=f"Token {token}"))
    assert answer.status == 401
    return answer.header("x-request-id") is not None


def share(proxy):
    """Which tokens are answered by shop-profile."""
    with ThreadPoolExecutor(8) as pool:
        ours = pool.map(lambda token: is_ours(proxy, token), TOKENS)
    return {token for token, is_ours in zip(TOKENS, ours, strict=True) if is_ours}


def wait_for_share(proxy, percent, low, high):
    proxy.set_percent(percent)
    deadline = time.monotonic() + 20
    while not low <= len(tokens := share(proxy)) <= high:
        assert time.monotonic() < deadline, len(tokens)
    return tokens


def test_moves_customers_by_share_and_back(proxy):
    one_percent = share(proxy)
    assert 1 <= len(one_percent) <= 40
    assert share(proxy) == one_percent  # a customer stays where they are
    ten_percent = wait_for_share(proxy, 10, 50, 200)
    assert one_percent <= ten_percent
    wait_for_share(proxy, 100, 1000, 1000)
    wait_for_share(proxy, 0, 0, 0)


def test_only_the_endpoint_is_moved(proxy):
    wait_for_share(proxy, 100, 1000, 1000)
    assert is_ours(proxy, "x", "/api/shop/customers/me/")
    assert not is_ours(proxy, "x", "/auth/users/me/")
    assert proxy.client.ask(request("GET", "/admin/login/", type=None, auth=None)).status == 200
    answer = proxy.client.ask(request("POST", "/graphql", auth=None, body={"query": "{ __typename }"}))
    assert json.loads(answer.body) == {"data": {"__typename": "Query"}}


def test_django_answers_while_the_server_is_away(proxy, shop, django, new_url, tmp_path):
    server = shop.start_own_server(new_url("sqlite"))
    process = shop.processes[-1]
    other = type(proxy)(tmp_path, server.address, django.address)
    try:
        wait_for_share(other, 100, 1000, 1000)
        process.terminate()
        process.wait()
        deadline = time.monotonic() + 20
        raw = request(body={"first_name": "Sara"})
        while other.client.ask(raw).header("x-request-id") or other.client.ask(raw).status != 200:
            assert time.monotonic() < deadline
    finally:
        other.stop()
