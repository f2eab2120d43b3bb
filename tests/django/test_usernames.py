"""Usernames are unique exactly as Django compares them: by the shop's own index."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from case import TAKEN, request

RENAMES = ["customer2", "Customer2", "CUSTOMER2", "ｃｕｓｔｏｍｅｒ２", "customer2\u0301", "admin", "ﬁ", "fi", "straße", "strasse"]


@pytest.mark.parametrize("username", RENAMES, ids=ascii)
def test_is_taken_where_django_says_so(username, shop, django, server):
    shop.restore()
    theirs = django.ask(request(body={"username": username}))
    shop.restore()
    # In Django the name was taken or it was free; here it is the same.
    ours = server.ask(request(body={"username": username}))
    assert (ours.status, ours.body) == (theirs.status, theirs.body)


def test_a_dry_run_and_other_errors_know_it_too(shop, server):
    shop.restore()
    body = {"username": "customer2", "gender": "x"}
    assert json.loads(server.ask(request(body=body)).body)["username"] == [TAKEN]
    exact, other_case = (
        server.ask(request(path="/api/shop/customers/me?validate_only=true", body={"username": name}))
        for name in ("customer2", "Customer2")
    )
    assert (exact.status, other_case.status) == (400, 200)


def test_one_of_two_racing_customers_gets_the_name(shop, django, server):
    """One by Django, one by us, many times over."""
    second = request(body={"username": "wanted"}, auth="Token " + f"{2:040x}")
    for _ in range(20):
        shop.restore()
        shop.database.set("shop_customer", ("id", 2), username="customer2")
        with ThreadPoolExecutor() as pool:
            answers = [pool.submit(server.ask, request(body={"username": "wanted"})), pool.submit(django.ask, second)]
            statuses = [answer.result().status for answer in answers]
        # Django looks first and then writes: where it loses after it has looked, its own answer is a 500.
        assert statuses[0] in (200, 400) and statuses.count(200) == 1, statuses
    shop.restore()
    shop.database.set("shop_customer", ("id", 2), username="customer2")
