"""Messages in English and Persian: the same language is chosen, and its texts are DRF's to the byte.

The shop negotiates (`LocaleMiddleware`) or has one language (`LANGUAGE_CODE`), and the server does the same by
`--languages` or `--language`. Which engine the shop has does not matter for that.
"""

import json
from dataclasses import dataclass

import pytest
from case import PARSE_ERROR, request
from support.drf import unescaped
from support.shop import Shop

ACCEPT_LANGUAGE = ["fa", "fa-IR,en;q=0.5", "en", "*", "de,*;q=0.1", "de, fa;q=0.8", "fa;q=x", None]

# More ways to ask, each with one request.
NEGOTIATED = [
    *("", " ", ",", ";", "fa,", ",fa", "fa;", "fa;q", "fa;q=", "fa;q=1", "fa;q=0", "fa;q=0.0", "fa;q=0.001", "fa;q=1.0"),
    *("fa;q=1.000", "fa;q=1.5", "fa;q=2", "fa;q=-1", "fa;q=0.1234", "fa;q=1.0000", "fa;q=.5", "fa; q=0.5", "fa ;q=0.5"),
    *("fa;Q=0.5", "fa; q = 0.5", "fa;q=0.5;x=1", "fa;level=1", "fa;q=1e0", "fa;q=٠٫٥"),
    *("FA", "Fa-iR", "fa-IR", "fa_IR", "fa-Arab", "fa-Arab-IR", "fa-x-private", "fa-", "-fa", "fas", "per", "farsi", "f"),
    *("en-US", "en-GB-oed", "EN", "i-klingon", "de", "de-AT,de;q=0.9", "ar", "x", "1", "fa1", "fa-1996", "prs", "tg"),
    *("en,fa", "fa,en", "en;q=0.5,fa;q=0.5", "fa;q=0.5,en;q=0.5", "en;q=0.4,fa;q=0.5", "fa;q=0.4,en;q=0.5"),
    *("de,fa,en", "de;q=1,en;q=0.2,fa;q=0.3", "en;q=0,fa;q=0.1", "fa;q=0,en;q=0.1", "fa;q=0,de", "en,fa;q=x"),
    *("*,fa", "fa,*", "*;q=0.1,fa;q=0.2", "*;q=0.5,fa;q=0.5", "*;q=0,fa;q=0.1", "*;q=0", "*-fa", "fa-*", "**", "de,*"),
    *("fa, fa-IR", "fa-IR;q=0.1, en;q=0.2", "fa\ten", "fa en", "fa/en", "fa|en", '"fa"', "fa;q=0.5 , en", "é,fa", "فا"),
    *(",".join(["de"] * 100) + ",fa", "fa," + "x" * 500, "x" * 600 + ",fa", "de-" + "a" * 9 + ",fa", "fa-" + "a" * 9),
    "de;q=0.9," * 55 + "fa",
    "de;q=0.9," * 56 + "fa",
]  # fmt: skip


@dataclass
class Rejected:
    name: str
    raw: bytes
    # Where docs/rest-api.md, "Differences from Django REST Framework" departs: gives the server's body for DRF's.
    departure: callable = unescaped


def patch(name, body, *departure):
    return Rejected(name, request(body=body), *departure)


def get(name, auth, path="/api/shop/customers/me", *departure):
    return Rejected(name, request("GET", path, type=None, auth=auth), *departure)


def too_long_alone(body):
    """An avatar that is too long has that error alone."""
    errors = json.loads(body)
    return compact(errors | {"avatar": errors["avatar"][:1]})


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def parse_error(_):
    """The wording after the dash is the server's own, in English as Python's is."""
    return PARSE_ERROR


REQUESTS = [
    get("no token", None),
    get("another scheme", "Basic eDp5"),
    get("a scheme alone", "Token"),
    get("two words", "Token two words"),
    get("a byte that is no UTF-8", "Token \xff"),
    get("an unknown token", "Token unknown"),
    get("a deactivated customer", "Token {inactive_key}"),
    Rejected("no token, PATCH", request(auth=None, body={"first_name": 5})),
    Rejected("no token, another method", request("PUT", auth=None)),
    Rejected("PUT", request("PUT")),
    Rejected("POST", request("POST", body={})),
    Rejected("DELETE", request("DELETE")),
    Rejected("text/plain", request(type="text/plain", body=b"{}")),
    Rejected("a form", request(type="application/x-www-form-urlencoded", body=b"first_name=a")),
    Rejected("a content type with quotes", request(type='text/"x"; a=b', body=b"{}")),
    patch("no JSON", b"{", parse_error),
    patch("no UTF-8", b'{"first_name":"\xff"}', parse_error),
    patch("a list", []),
    patch("a string", "x"),
    patch("an integer", 5),
    patch("a float", 1.5),
    patch("a boolean", True),
    patch("null", None),
    *(patch(f"{field} null", {field: None}) for field in ("username", "first_name", "last_name")),
    patch("username blank", {"username": ""}),
    patch("username of blanks", {"username": " \u3000"}),
    *(patch(f"{field} a list", {field: []}) for field in ("username", "avatar", "first_name", "last_name", "gender")),
    *(patch(f"{field} true", {field: True}) for field in ("username", "avatar", "first_name", "gender")),
    *(patch(f"{field} too long", {field: "x" * 151}) for field in ("username", "first_name", "last_name")),
    patch("username too long and wrong", {"username": "x " * 76 + "x"}),
    patch("username wrong", {"username": "two words"}),
    patch("username taken", {"username": "customer2"}),
    patch("avatar no URL", {"avatar": "x"}),
    patch("avatar too long", {"avatar": "x" * 201}, too_long_alone),
    patch("avatar too long, a URL", {"avatar": "https://a.com/" + "x" * 187}),
    patch("gender no choice", {"gender": "other"}),
    patch("gender a number", {"gender": 5}),
    patch("gender in Persian", {"gender": 'زن "\u200c\\'}),
    *(patch(f"{field} with NUL", {field: "a\0b"}) for field in ("username", "avatar", "first_name", "last_name")),
    *(patch(f"{field} surrogate", b'{"%s":"\\ud800"}' % field.encode()) for field in ("username", "first_name")),
    patch("surrogate and NUL", b'{"first_name":"\\udfff\\u0000"}'),
    patch(
        "every field wrong",
        {"gender": "x", "last_name": "y" * 151, "first_name": None, "avatar": "nope", "username": "customer2"},
    ),
    get("a profile", "Token {key}"),
    patch("an update", {"first_name": "سارا"}),
]


@dataclass
class Mode:
    """How the shop chooses the language, and the server's options for the same."""

    django: dict[str, str]
    options: list[str]


MODES = {
    "negotiated": Mode({"LOCALE_MIDDLEWARE": "1", "LANGUAGE_CODE": "en", "LANGUAGES": "en,fa"}, ["--languages", "en,fa"]),
    "Persian unless asked": Mode(
        {"LOCALE_MIDDLEWARE": "1", "LANGUAGE_CODE": "fa", "LANGUAGES": "fa,en"}, ["--languages", "fa,en"]
    ),
    "Persian": Mode({"LANGUAGE_CODE": "fa"}, ["--language", "fa"]),
    "Persian of Iran": Mode({"LANGUAGE_CODE": "fa-ir"}, ["--language", "fa"]),
    "English": Mode({}, []),
}


@pytest.fixture(scope="module")
def shop(version, new_url):
    shop = Shop(version, new_url("sqlite"))
    yield shop
    shop.stop()


@pytest.fixture(scope="module", params=MODES)
def servers(request, shop):
    """DRF and the server, which choose the language in the same way."""
    mode = MODES[request.param]
    running = len(shop.processes)
    yield shop.start_django(**mode.django), shop.start_server(*mode.options)
    shop.stop(running)


def asked_in(raw, language):
    line = b"" if language is None else b"Accept-Language: %s\r\n" % language.encode()
    return raw.replace(b"\r\n", b"\r\n" + line, 1)


def assert_alike(theirs, ours, departure=unescaped):
    body = departure(theirs.body)
    given = json.loads(ours.body) if body is PARSE_ERROR else ours.body
    assert (ours.status, given) == (theirs.status, body)
    for name in ("content-language", "content-type", "www-authenticate"):
        assert ours.header(name) == theirs.header(name), name
    assert vary(ours) == vary(theirs)


def vary(answer):
    """Ours names `authorization` too, which decides about every answer here; Django leaves it out."""
    names = (answer.header("vary") or "").split(", ")
    return [name for name in names if name and name.lower() != "authorization"]


@pytest.mark.parametrize("rejected", REQUESTS, ids=lambda rejected: rejected.name)
def test_answers_in_drfs_words(rejected, shop, servers):
    for language in ACCEPT_LANGUAGE:
        django, server = servers
        raw = asked_in(rejected.raw, language)
        shop.restore()
        theirs = django.ask(raw)
        shop.restore()
        assert_alike(theirs, server.ask(raw), rejected.departure)


@pytest.mark.parametrize("language", NEGOTIATED, ids=lambda language: ascii(language[:40]))
def test_chooses_as_django_does(language, servers):
    django, server = servers
    raw = asked_in(request("GET", type=None, auth=None), language)
    assert_alike(django.ask(raw), server.ask(raw))


def test_two_header_lines_are_one_list(servers):
    django, server = servers
    for first, second in [("de", "fa"), ("en;q=0.1", "fa"), ("*", "fa")]:
        raw = asked_in(asked_in(request("GET", type=None, auth=None), second), first)
        assert_alike(django.ask(raw), server.ask(raw))


@pytest.mark.parametrize("language", ACCEPT_LANGUAGE, ids=str)
def test_other_paths_have_drfs_text(language, servers):
    """Django's own 404 is HTML in English; the contract's is JSON, with what DRF says where it answers 404 itself."""
    django, server = servers
    theirs = django.ask(asked_in(request("GET", "/api/shop/customers/me?format=xml", type=None), language))
    ours = server.ask(asked_in(request("GET", "/api/shop/customers/1", type=None), language))
    assert theirs.status == 404
    assert_alike(theirs, ours)


@pytest.mark.parametrize("language", ACCEPT_LANGUAGE, ids=str)
def test_graphql_has_the_same_texts(language, shop, servers):
    django, server = servers
    shop.restore()
    fields = {"username": "", "firstName": "a\0b", "lastName": "x" * 151, "avatar": "nope"}
    mutation = "mutation($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { userErrors { message } } }"
    query = {"query": mutation, "variables": {"input": fields}}
    answer = server.ask(asked_in(request("POST", "/graphql", body=query), language))
    errors = json.loads(answer.body)["data"]["updateMyProfile"]["userErrors"]
    names = {"firstName": "first_name", "lastName": "last_name"}
    rest = {names.get(name, name): value for name, value in fields.items()}
    theirs = json.loads(django.ask(asked_in(request(body=rest), language)).body)
    assert [error["message"] for error in errors] == [
        theirs[name][0] for name in ("username", "avatar", "first_name", "last_name")
    ]
