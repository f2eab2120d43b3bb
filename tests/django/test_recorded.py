"""The requests of tests/reference: DRF and the server answer alike, on the same row of the same database.

What DRF answers is asked here and now, for a column's limit and nullability are this shop's. Where the contract departs
from DRF, its answer is wanted, but for what a Django shop's own tables decide.
"""

import json
from dataclasses import replace

import pytest
from case import BAD_URL, Contract, label
from cases import all_cases
from contract import differences, expected
from record import body_of
from support.drf import compact
from wire import Answer

AVATAR_LIMIT = 200  # characters, of the shop's column
# Hosts that Django 4.2 takes and Django 5.2 does not: digits of other scripts, and other full stops.
HOSTS_OF_4_2 = ["http://\u0661.\u0662.\u0663.\u0664/", "http://a\u3002com/", "http://x\uff0ecom"]
NOT_A_HOST = Contract("web address", 400, {"avatar": [BAD_URL]})
TOO_LONG = Contract("any host", 400, {"avatar": [f"Ensure this field has no more than {AVATAR_LIMIT} characters."]})


class Customer:
    """Customer 1 as it is before each case; it is restored only when it was changed."""

    def __init__(self, shop, server):
        self.shop, self.server, self.is_changed = shop, server, True

    def as_before(self):
        """What is stored, what the server shows, and its ETag."""
        if self.is_changed:
            self.shop.restore()
            self.state = without_time(self.shop.stored()), *self.server.row()
            self.is_changed = False
        return self.state

    def ask(self, target, case, etag=""):
        answer = target.ask(case.request, etag)
        self.is_changed |= is_written(case, answer)
        return answer


def is_written(case, answer):
    return case.request.startswith(b"PATCH ") and answer.status == 200


@pytest.fixture(scope="module")
def customer(shop, server):
    return Customer(shop, server)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_is_answered_as_drf_does(case, version, shop, django, server, customer):
    case = on_django_tables(case, version)
    stored, row, etag = customer.as_before()
    theirs = customer.ask(django, case)
    stored, row, etag = customer.as_before()
    ours = customer.ask(server, case, etag)
    wanted = expected(case, (theirs.status, body_of(theirs, row)))
    assert not differences(ours, wanted, row, bodiless=case.request.startswith(b"HEAD ")), (wanted, ours)
    if wanted.rule is None:
        assert ours.body == compact(theirs.body)
    if is_written(case, ours):
        assert_stored(ours, django, server, row, etag)
    else:
        assert without_time(shop.stored()) == stored


def on_django_tables(case, version):
    """The case with the contract's departure from DRF, if it is one on a Django shop's own tables."""
    departure = case.contract
    if departure and departure.rule == "taken":
        departure = None  # the shop's index compares exactly
    if departure and departure.rule == "any host" and len(departure.body["avatar"]) > AVATAR_LIMIT:
        departure = TOO_LONG
    if version == "4.2" and case.name in [f"avatar {label(host)}" for host in HOSTS_OF_4_2]:
        departure = NOT_A_HOST
    return replace(case, contract=departure)


def assert_stored(answer: Answer, django, server, row, etag):
    """What was answered is what both show from now on; the ETag moves with the row, and only with it."""
    shown, new_etag = server.row()
    assert shown == json.loads(answer.body)
    assert django.row()[0] == shown
    assert (shown == row) == (new_etag == etag)


def without_time(row):
    return {name: value for name, value in row.items() if name != "updated_at"}
