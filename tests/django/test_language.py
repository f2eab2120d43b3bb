"""Messages are in the language that the shop's Django would choose, in its bytes.

The shop negotiates by `LocaleMiddleware`, or its LANGUAGE_CODE is Persian; the server beside it has options for both.
"""

import json
import re
import subprocess
from dataclasses import dataclass, replace

import pytest
from case import request
from corpus.case import GRAPHQL_NAMES, graphql, post
from corpus.inputs import UPDATE
from support.drf import compact
from support.environment import REPOSITORY, TESTS, python

FIXTURE = REPOSITORY / "tests" / "it" / "fixtures" / "accept-language.tsv"

# Each line is a header of its own.
ACCEPT_LANGUAGE = [
    [],
    ["fa"],
    ["fa-IR,fa;q=0.9,en;q=0.8"],
    ["en-US,en"],
    ["*"],
    ["de, *;q=0.5, fa;q=0.3"],
    ["de"],
    ["fa;q=0, en"],
    ["fa;q=0"],
    ["fa_IR"],
    ["de", "fa"],
]

WRONG_EVERYWHERE = {"username": "", "avatar": "x", "first_name": None, "last_name": [], "gender": "other"}

PATCHES = {
    "blank": {"username": " "},
    "null": {"username": None},
    "null name": {"first_name": None},
    "not a string": {"username": True},
    "not a string, name": {"last_name": ["x"]},
    "not a string, avatar": {"avatar": {}},
    "too long": {"username": "x" * 151},
    "too long, name": {"first_name": "س" * 151},
    "too long, avatar": {"avatar": "https://a.com/" + "x" * 187},
    "invalid username": {"username": "two words"},
    "taken": {"username": "customer2"},
    "URL": {"avatar": "no URL"},
    "choice": {"gender": "other"},
    "choice in Persian": {"gender": 'مرد "'},
    "choice, a number": {"gender": 1.5},
    "null character": {"first_name": "a\0b"},
    "null character, username": {"username": "a\0b"},
    "surrogate": {"first_name": "\ud800"},
    "surrogate, username": {"username": "a\udfff"},
    "every field": WRONG_EVERYWHERE,
    "two messages": {"username": "a b" * 51},
    "list": [],
    "string": "x",
    "integer": 1,
    "float": 1.5,
    "boolean": True,
    "null instead of an object": b"null",
}

CREDENTIALS = {
    "no credentials": None,
    "another scheme": "Basic eDp5",
    "no key": "Token",
    "a key with spaces": "Token a b",
    "a key of other characters": "Token \xff",
    "unknown key": "Token nope",
    "inactive customer": "Token {inactive_key}",
}

REQUESTS = {
    **{name: request(body=body) for name, body in PATCHES.items()},
    **{name: request("GET", type=None, auth=auth) for name, auth in CREDENTIALS.items()},
    "method": request("PUT", body={}),
    "method without a key": request("DELETE", type=None, auth=None),
    "media type": request(type="text/plain", body=b"x"),
    "no media type": request(type=None, body=b"x"),
    "JSON": request(body=b"{"),
    "path": request("GET", "/nowhere", type=None),
    "GET": request("GET", type=None),
    "PATCH": request(body={"first_name": "سارا"}),
}

# What GraphQL can say as well. Its types leave no room for another kind of value, and it tells a body's defects itself.
IN_GRAPHQL = [
    *(
        "blank",
        "null",
        "null name",
        "too long",
        "too long, name",
        "too long, avatar",
        "invalid username",
        "taken",
        "URL",
    ),
    *("null character", "null character, username", "two messages"),
    *CREDENTIALS,
]


@dataclass(frozen=True)
class Choice:
    """How a shop chooses a language, and the options that say the same to the server."""

    shop: dict
    server: tuple


def negotiated(languages, default):
    shop = {"LOCALE_MIDDLEWARE": "1", "LANGUAGES": languages, "LANGUAGE_CODE": default}
    return Choice(shop, ("--languages", languages))


CHOICES = {
    "negotiated": negotiated("en,fa", "en"),
    "negotiated, Persian first": negotiated("fa,en", "fa"),
    "Persian": Choice({"LANGUAGE_CODE": "fa"}, ("--language", "fa")),
    "Persian of Iran": Choice({"LANGUAGE_CODE": "fa-ir"}, ("--language", "fa")),
}

# Django answers a path that it does not know in HTML, the server as DRF answers a row that is not there.
NOT_FOUND = {"en": "Not found.", "fa": "یافت نشد."}

# Named by the server besides: a cache must not give one customer's profile to another. DRF leaves that to the shop.
OWN_VARY = {"authorization"}


@pytest.fixture(scope="module", params=CHOICES.values(), ids=CHOICES)
def pair(request, shop):
    """Both servers with one choice."""
    started = len(shop.processes)
    shop.restore()
    yield shop.start_django(**request.param.shop), shop.start_server(*request.param.server)
    shop.stop(first=started)


# No message depends on the engine.
@pytest.mark.parametrize("engine", ["sqlite"], scope="session")
@pytest.mark.parametrize("case", REQUESTS)
def test_answers_in_the_language_and_bytes_of_django(case, pair):
    for values in ACCEPT_LANGUAGE:
        theirs, ours = (server.ask(with_languages(REQUESTS[case], values)) for server in pair)
        assert essence(ours, vary=OWN_VARY) == expected(case, theirs), values


@pytest.mark.parametrize("engine", ["sqlite"], scope="session")
@pytest.mark.parametrize("case", IN_GRAPHQL)
def test_graphql_has_the_same_messages(case, pair):
    django, server = pair
    in_graphql = as_graphql(case)
    for values in ACCEPT_LANGUAGE:
        theirs, ours = (
            django.ask(with_languages(REQUESTS[case], values)),
            server.ask(with_languages(in_graphql, values)),
        )
        assert messages(json.loads(ours.body)) == messages(json.loads(theirs.body)), values
        assert ours.header("content-language") == theirs.header("content-language")
        assert members(theirs) <= members(ours)


@pytest.mark.parametrize("engine", ["sqlite"], scope="session")
@pytest.mark.parametrize("pair", [CHOICES["negotiated"]], ids=["negotiated"], indirect=True)
def test_the_cookie_of_a_language_is_not_read(pair):
    """Django takes it before `Accept-Language`. The server reads no cookie, and the documentation says so."""
    raw = request(body={"username": ""}, headers=["Cookie: django_language=fa", "Accept-Language: en"])
    assert [answer.header("content-language") for answer in (server.ask(raw) for server in pair)] == ["fa", "en"]


def as_graphql(case):
    if case in CREDENTIALS:
        return post(graphql("{ me { id } }"), auth=CREDENTIALS[case])
    fields = {GRAPHQL_NAMES[name]: value for name, value in PATCHES[case].items()}
    return post(graphql(UPDATE, {"input": fields}))


def messages(body):
    """All that an error says, of either API."""
    match body:
        case {"data": {"updateMyProfile": {"userErrors": errors}}} | {"errors": errors}:
            return [error["message"] for error in errors]
        case {"detail": text}:
            return [text]
    return [text for texts in body.values() for text in texts]


def with_languages(raw, values):
    lines = "".join(f"\r\nAccept-Language: {value}" for value in values).encode()
    return raw.replace(b"\r\n", lines + b"\r\n", 1)


def expected(case, answer):
    """What Django answered; the body as the contract wants it where that is not DRF's."""
    if case == "path":
        language = answer.header("content-language") or "fa"
        body = json.dumps({"detail": NOT_FOUND[language]}, ensure_ascii=False, separators=(",", ":"))
        answer = replace(answer, body=body.encode())
    return essence(answer)


def essence(answer, vary=frozenset()):
    """Status, body and the two headers, but for the members of `Vary` that are named here."""
    # The wording after the dash is ours, and English in every language.
    body = re.sub(rb"(?<=JSON parse error - )[^\"]*", b"", compact(answer.body))
    return answer.status, answer.header("content-language"), members(answer) - vary, body


def members(answer):
    """Of `Vary`: names of headers, whose case does not matter."""
    return set(", ".join(answer.headers.get("vary", [])).lower().split(", ")) - {""}


def test_the_recorded_languages_are_those_of_django(tmp_path):
    """What the unit test of the negotiation is held to."""
    written = tmp_path / FIXTURE.name
    subprocess.run([python("5.2"), TESTS / "accept_language.py", written], check=True)
    assert written.read_text() == FIXTURE.read_text()
