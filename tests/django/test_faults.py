"""An old server with a fault, and the shadow before it: each fault is in the report, by its place and kind.

The client gets the faulty answer all the same: the shadow changes nothing.
"""

from dataclasses import dataclass, field

import pytest
from case import request
from support.shadow import Shadow, essence
from support.shop import Shop

GET = request("GET", type=None)
NO_TOKEN = request("GET", type=None, auth=None)
NAME = request(body={"first_name": "Reza"})
ONE_ERROR = request(body={"last_name": None})
TWO_ERRORS = request(body={"gender": "x", "last_name": None})


@dataclass
class Fault:
    name: str  # of tests/django/shops/faults
    raw: bytes
    place: str
    kind: str
    row: dict = field(default_factory=dict)  # what the customer has instead of the usual


FAULTS = [
    Fault("a field is missing", GET, "mobile_number", "missing_field"),
    Fault("a field too many", GET, "is_staff", "extra_field"),
    Fault("wrong full name", GET, "full_name", "value"),
    Fault("always complete", GET, "is_profile_completed", "value", {"last_name": ""}),
    Fault("gender in another case", GET, "gender", "value"),
    Fault("id as a string", GET, "id", "type"),
    Fault("avatar by https", GET, "avatar", "value"),
    Fault("null as an empty string", GET, "gender", "type", {"gender": None}),
    Fault("keys in another order", GET, "body", "bytes"),
    Fault("another customer's profile", GET, "id", "value"),
    Fault("escaped letters", GET, "body", "bytes", {"first_name": "سارا"}),
    Fault("blanks in the JSON", GET, "body", "bytes"),
    Fault("a lost update", NAME, "stored.first_name", "stored_row"),
    Fault("an update that does nothing", NAME, "first_name", "value"),
    Fault("another column is stored, too", NAME, "stored.last_name", "stored_row"),
    Fault("null is accepted", ONE_ERROR, "status", "status"),
    Fault("not trimmed", request(body={"first_name": " Reza "}), "first_name", "value"),
    Fault("e-mail is written", request(body={"email": "new@example.com"}), "email", "value"),
    Fault("a long avatar is accepted", request(body={"avatar": "https://a.com/" + "x" * 300}), "status", "status"),
    Fault("another message", ONE_ERROR, "last_name", "value"),
    Fault("another echo", request(body={"gender": "x"}), "gender", "value"),
    Fault("errors as strings", ONE_ERROR, "last_name", "type"),
    Fault("the first error alone", TWO_ERRORS, "gender", "missing_field"),
    Fault("errors in another order", TWO_ERRORS, "body", "bytes"),
    Fault("201 for an update", NAME, "status", "status"),
    Fault("403 for 401", NO_TOKEN, "status", "status"),
    Fault("422 for 400", ONE_ERROR, "status", "status"),
    Fault("an HTML page for 500", GET, "status", "status"),
    Fault("an empty body", GET, "body", "body"),
    Fault("a redirect", GET, "status", "status"),
    Fault("not JSON by its content type", GET, "content-type", "header"),
    Fault("a charset in the content type", GET, "content-type", "header"),
    Fault("no WWW-Authenticate", NO_TOKEN, "www-authenticate", "header"),
    Fault("another WWW-Authenticate", NO_TOKEN, "www-authenticate", "header"),
    Fault("another Allow", request("PUT"), "allow", "header"),
    Fault("a deactivated customer is let in", request("GET", type=None, auth="Token {inactive_key}"), "status", "status"),
]


@pytest.fixture(scope="module")
def shop(engine, new_url):
    shop = Shop("5.2", new_url(engine), "faults")
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def django(shop):
    return shop.start_django()


@pytest.fixture(scope="module")
def shadow(shop, django, tmp_path_factory):
    return Shadow(shop, django, tmp_path_factory.mktemp("shadow"))


def at_fault(raw, name):
    return raw.replace(b"\r\n", b"\r\nX-Fault: %s\r\n" % name.encode(), 1)


def found(line):
    return [(difference["place"], difference["kind"]) for difference in line["differences"]]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_is_reported_by_place_and_kind(fault, shop, django, shadow):
    raw = at_fault(fault.raw, fault.name)

    def ask():
        shop.restore(**fault.row)
        return shadow.client.ask(raw)

    through, line = shadow.reported(ask)
    assert (fault.place, fault.kind) in found(line), line
    assert line["explained"] is False
    assert line["method"] == fault.raw.split()[0].decode() and line["status"]["upstream"] == through.status
    shop.restore(**fault.row)
    assert essence(through) == essence(django.ask(raw))


def test_a_stale_row_is_reported(shop, shadow):
    """A cache in the old server that no update clears."""
    shop.restore(first_name="Old")
    raw = at_fault(GET, "a stale row")
    shadow.client.ask(raw)
    shop.restore(first_name="New")
    answer, line = shadow.reported(lambda: shadow.client.ask(raw))
    assert b"Old" in answer.body
    assert ("first_name", "value") in found(line)


def test_values_are_reported_only_when_asked_for(shop, django, shadow, tmp_path):
    raw = at_fault(GET, "avatar by https")
    shop.restore()
    reported = len(shadow.lines())
    shadow.client.ask(raw)
    shadow.wait_for_lines(reported + 1)
    assert "customer1" not in shadow.report.read_text() and "https:" not in shadow.report.read_text()
    other = Shadow(shop, django, tmp_path, "--show-values")
    other.client.ask(raw)
    (line,) = other.wait_for_lines(1)
    other.stop()
    shown = next(difference for difference in line["differences"] if difference["place"] == "avatar")
    assert "https://127.0.0.1" in str(shown["upstream"]) and "http://127.0.0.1" in str(shown["ours"])


def test_without_a_fault_nothing_is_reported(shop, django, tmp_path):
    shadow = Shadow(shop, django, tmp_path)
    # Twice: a busy machine answers too late for the shadow, which then compares nothing.
    for fault in FAULTS * 2:
        shop.restore(**fault.row)
        shadow.client.ask(fault.raw)
    last, compared = shadow.stop()
    assert last == f"ready to switch: {compared} compared, 0 unexplained"
    assert compared >= len(FAULTS) and not shadow.unexplained()


def test_the_summary_says_that_it_is_not_ready(shop, django, tmp_path):
    shadow = Shadow(shop, django, tmp_path)
    shop.restore()
    for name in ("wrong full name", "keys in another order"):
        shadow.client.ask(at_fault(GET, name))
    last, _ = shadow.stop()
    assert "2 unexplained" in last and not last.startswith("ready")
