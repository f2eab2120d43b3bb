"""What a case is: a raw request, and the answer where the contract departs from Django REST Framework.

A request may hold `{key}` (a live key), `{inactive_key}` (a deactivated customer's) and `{etag}` (the current one);
they are filled in when it is sent.
"""

import json
from dataclasses import dataclass
from typing import Any

from rules import RULES

PATH = "/api/shop/customers/me"

NOT_A_STRING = "Not a valid string."
BAD_URL = "Enter a valid URL."
BAD_USERNAME = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
TAKEN = "A user with that username already exists."


class Text:
    """Equal to every string with this beginning: where the contract fixes no wording."""

    def __init__(self, beginning=""):
        self.beginning = beginning

    def __eq__(self, other):
        return isinstance(other, str) and other.startswith(self.beginning)

    def __repr__(self):
        return f"<text {self.beginning!r}…>"


PARSE_ERROR = {"detail": Text("JSON parse error - ")}


class Anything:
    """Equal to every body: where the contract fixes none."""

    def __eq__(self, other):
        return True

    def __repr__(self):
        return "<anything>"


@dataclass(frozen=True)
class Contract:
    """What the contract wants where it departs from DRF, and the rule (a key of RULES) that says so.

    `body` is the JSON of the answer; for a 200, only the fields that change.
    """

    rule: str
    status: int
    body: Any = None

    def __post_init__(self):
        if self.rule not in RULES:
            raise ValueError(f"no such rule: {self.rule}")


@dataclass(frozen=True)
class Case:
    name: str
    request: bytes
    contract: Contract | None = None


def request(
    method="PATCH", path=PATH, *, auth="Token {key}", type="application/json", headers=(), body=b"", length=True
):
    """An HTTP/1.1 request. `auth`, `type` and `headers` are text in Latin-1 or bytes; `auth` and `type` may be None."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example"]
    lines += [] if auth is None else [join("Authorization: ", auth)]
    lines += [] if type is None else [join("Content-Type: ", type)]
    lines += headers
    lines += [f"Content-Length: {len(body)}"] if body and length else []
    return b"".join(as_bytes(line) + b"\r\n" for line in lines) + b"\r\n" + body


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def join(name, value):
    return as_bytes(name) + as_bytes(value)


def patch(name, body, contract=None, **options):
    """A case that sends `body` (JSON value, or raw bytes) by PATCH."""
    return Case(name, request(body=body, **options), contract)


def get(name, contract=None, method="GET", path=PATH, **options):
    """A case that reads; without a Content-Type, as clients do."""
    return Case(name, request(method, path, type=None, **options), contract)


def label(value, limit=60):
    """A short ASCII name for a value."""
    text = ascii(value)
    return text if len(text) <= limit else f"{text[: limit - 20]}…{len(value)} long"
