"""The requests of tests/reference: DRF and the server answer alike, on the same row of the same database.

What DRF answers is asked here and now, for a column's limit and nullability are this shop's. Where the contract departs
from DRF, its answer is wanted, but for what a Django shop's own tables decide.
"""

import json
from dataclasses import replace

import pytest
from case import Contract
from cases import all_cases
from contract import differences, expected
from record import body_of
from support.drf import compact
from wire import Answer

AVATAR_LIMIT = 200  # characters, of the shop's column
TOO_LONG = Contract("any host", 400, {"avatar": [f"Ensure this field has no more than {AVATAR_LIMIT} characters."]})


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_is_answered_as_drf_does(case, shop, django, server):
    case = on_django_tables(case)
    shop.restore()
    row, etag = server.row()
    theirs = django.ask(case.request)
    shop.restore()
    row, etag = server.row()
    ours = server.ask(case.request, etag)
    wanted = expected(case, (theirs.status, body_of(theirs, row)))
    assert not differences(ours, wanted, row, bodiless=case.request.startswith(b"HEAD ")), (wanted, ours)
    if wanted.rule is None:
        assert ours.body == compact(theirs.body)
    assert_stored(ours, shop, django, server, row, etag, is_patch=case.request.startswith(b"PATCH "))


def on_django_tables(case):
    """The case with the contract's departure from DRF, if it is one on a Django shop's own tables."""
    departure = case.contract
    if departure and departure.rule == "taken":
        departure = None  # the shop's index compares exactly
    if departure and departure.rule == "any host" and len(departure.body["avatar"]) > AVATAR_LIMIT:
        departure = TOO_LONG
    return replace(case, contract=departure)


def assert_stored(answer: Answer, shop, django, server, row, etag, is_patch):
    """What was answered is what both show from now on; the ETag moves with the row, and only with it."""
    shown, new_etag = server.row()
    assert django.row()[0] == shown
    assert shown == (json.loads(answer.body) if is_patch and answer.status == 200 else row)
    assert (shown == row) == (new_etag == etag)
