"""Rows as a Django shop may have them: both servers show each in the same bytes, and each other's changes."""

import json
from itertools import product

import pytest
from case import request
from support.drf import compact

GET = request("GET", type=None)
NULLABLE = {"mobile_number": [None, "", "0930"], "avatar": [None, "", "x"], "gender": [None, "", "male", "other"]}
BLANK = {"email": ["", "a@b.example"], "first_name": ["", "Sara"], "last_name": ["", "Ahmadi"]}

# Stored by a shell, an import or an older release of the shop: no form would take them.
ODD = [
    {"username": "two words"},
    {"username": "\u202eevil"},
    {"avatar": "media/without/host.png"},
    {"first_name": " blanks around "},
    {"first_name": "quotes \" \\ / ' <b>&"},
    {"first_name": "line\nbreak \t \x01 \x1f \x7f"},
    {"first_name": "\u2028 \u2029 \u200c"},
    {"first_name": "😀 سارا"},
    {"first_name": "x" * 150},
    {"last_name": " "},
]

PATCHES = [
    {},
    {"username": "reza"},
    {"username": "customer1"},
    {"username": "Customer2"},
    {"username": "customer2"},
    {"username": None},
    {"username": ""},
    {"avatar": None},
    {"avatar": ""},
    {"avatar": "https://a.com/" + "x" * 186},
    {"avatar": "https://a.com/" + "x" * 187},
    {"avatar": "no URL"},
    {"first_name": "", "last_name": ""},
    {"first_name": None},
    {"first_name": "س" * 150, "last_name": "😀" * 151},
    {"gender": "male"},
    {"gender": "other"},
    {"gender": ""},
    {"gender": None},
    {"email": "new@example.com", "mobile_number": "1", "is_active": False, "is_superuser": True},
]


def combinations():
    for values in product(*NULLABLE.values()):
        yield dict(zip(NULLABLE, values, strict=True))
    for values in product(*BLANK.values()):
        yield dict(zip(BLANK, values, strict=True))
    yield from ODD


@pytest.mark.parametrize("columns", list(combinations()), ids=ascii)
def test_is_shown_as_drf_shows_it(columns, shop, django, server):
    shop.restore(**columns)
    theirs, ours = django.ask(GET), server.ask(GET)
    assert (ours.status, ours.body) == (theirs.status, compact(theirs.body))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: json.dumps(patch)[:60])
@pytest.mark.parametrize("columns", [{}, {"avatar": "", "gender": "", "email": "", "mobile_number": ""}], ids=ascii)
def test_is_patched_as_drf_patches_it(columns, patch, shop, django, server):
    """The same bytes are answered, and the same row is stored."""
    shop.restore(**columns)
    theirs = django.ask(request(body=patch))
    written_by_django = shop.stored()
    shop.restore(**columns)
    ours = server.ask(request(body=patch))
    assert (ours.status, ours.body) == (theirs.status, compact(theirs.body))
    assert without_time(shop.stored()) == without_time(written_by_django)


def without_time(row):
    return {name: value for name, value in row.items() if name != "updated_at"}


def test_each_server_shows_the_others_changes(shop, django, server):
    shop.restore()
    for writer, reader in ((server, django), (django, server)):
        name = f"by {writer.address}"
        assert writer.ask(request(body={"first_name": name})).status == 200
        assert json.loads(reader.ask(GET).body)["first_name"] == name
        assert reader.ask(GET).body == writer.ask(GET).body


def test_djoser_shows_our_changes(shop, django, server):
    shop.restore()
    server.ask(request(body={"username": "renamed"}))
    answer = django.ask(request("GET", "/auth/users/me/", type=None))
    assert json.loads(answer.body)["username"] == "renamed"


def test_a_django_write_moves_the_version(shop, django, server):
    shop.restore()
    _, etag = server.row()
    django.ask(request(body={"last_name": "Karimi"}))
    answer = server.ask(request(body={"first_name": "Reza"}, headers=["If-Match: {etag}"]), etag)
    assert answer.status == 412
    assert answer.header("etag") == server.row()[1] != etag


def test_touches_no_column_that_the_patch_does_not_name(shop, server):
    shop.restore()
    before = shop.stored()
    server.ask(request(body={"first_name": "Reza"}))
    assert shop.stored() == before | {"first_name": "Reza"}


def test_does_not_send_djangos_signals(shop, django, server):
    """What the documentation says that the shop gives up."""
    saved = lambda: shop.database.value("SELECT count(*) FROM shop_savedcustomer")
    shop.restore()
    before = saved()
    server.ask(request(body={"first_name": "Reza"}))
    assert saved() == before
    django.ask(request(body={"first_name": "Sara"}))
    assert saved() == before + 1
