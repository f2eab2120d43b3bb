"""The contract in raw requests: both layouts answer alike, as it says, and store what they answer.

On a Django shop's tables another answer is wanted only where those tables decide: whether a username is taken, and how
long an avatar may be (`Case.on_django`). The ETag has another text there; it moves with the row all the same.
"""

import json
import re
from dataclasses import dataclass

import pytest
import target
from corpus import all_cases
from corpus.expected import headers, profile, row_after, wanted
from wire import Answer

CASES = {case.name: case for case in all_cases()}

# Of the moment, or of the row's version, which is held against the row.
NOT_COMPARED = {"date", "etag", "x-request-id"}


@dataclass
class Outcome:
    """An answer, and customer 1 before and after it."""

    answer: Answer
    row: dict
    etag: str
    new_row: dict
    new_etag: str


class Customer:
    """Customer 1 of one server: the same before each case."""

    def __init__(self, server):
        self.server = server
        self.server.restore()
        self.row, self.etag = self.server.row()

    def ask(self, case):
        answer = self.server.ask(with_version(case.request, self.etag), self.etag)
        outcome = Outcome(answer, self.row, self.etag, *self.server.row())
        if outcome.new_row != self.row:
            self.__init__(self.server)
        return outcome


def with_version(raw, etag):
    """The version is a part of a body, whose length follows from it."""
    if b"{version}" not in raw:
        return raw
    filled = raw.replace(b"{version}", etag.strip('"').encode())
    return re.sub(rb"(?<=Content-Length: )\d+", b"%d" % len(filled.split(b"\r\n\r\n", 1)[1]), filled)


@pytest.fixture(scope="module")
def native(shop, new_url, engine):
    """The server's own tables, with the customers that the shop has."""
    server, process = target.shop_profile(shop.program, new_url(engine))
    yield Customer(server)
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def on_django(shop, server):
    shop.restore()
    return Customer(server)


def test_there_are_many_and_no_two_of_a_name():
    assert len(CASES) == len(all_cases()) >= 600


# What Django's version decides, `test_recorded` and `test_rows` show.
@pytest.mark.parametrize("version", ["5.2"], scope="session")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_layouts_answer_alike_and_as_the_contract_says(case, native, on_django):
    ours, theirs = native.ask(case), on_django.ask(case)
    assert_answered(case, ours)
    assert_answered(case.on_django or case, theirs)
    if case.on_django is None:
        assert essence(case, theirs) == essence(case, ours)


def assert_answered(case, outcome):
    answer = outcome.answer
    assert answer.status == case.status, answer
    for name, value in headers(case, outcome.etag).items():
        assert answer.header(name) == value, (name, answer)
    expected = wanted(case, outcome)
    if expected is None:
        assert not answer.body
    else:
        body = json.loads(answer.body)
        assert body == expected
        assert list(body) == list(expected)
    assert outcome.new_row == profile(row_after(case, outcome))
    assert (outcome.new_row == outcome.row) == (outcome.new_etag == outcome.etag)
    if answer.status == 200 and answer.header("etag"):
        assert answer.header("etag") == outcome.new_etag


def essence(case, outcome):
    """What both layouts have in common, byte for byte."""
    answer = outcome.answer
    shown = {name: values for name, values in answer.headers.items() if name not in NOT_COMPARED}
    body = answer.body.replace(outcome.etag.strip('"').encode(), b"") if b"{ version }" in case.request else answer.body
    if body != answer.body:
        del shown["content-length"]
    return answer.status, shown, body
