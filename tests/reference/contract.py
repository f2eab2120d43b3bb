"""How a recorded answer becomes the expected one, and what is wrong with a given one."""

import json
import re
from dataclasses import dataclass
from typing import Any

from case import BAD_URL, PARSE_ERROR, Anything

# The headers that go with a status, beside the content type.
HEADERS = {
    204: {"allow": "GET, HEAD, PATCH, OPTIONS"},
    401: {"www-authenticate": "Token"},
    405: {"allow": "GET, HEAD, PATCH, OPTIONS"},
}

ECHO = re.compile(r'"(.{100}).+"( is not a valid choice\.| in request\.)', re.DOTALL)


@dataclass
class Expected:
    status: int
    body: Any  # a JSON value; for a 200, only the fields that change
    rule: str | None = None


def expected(case, recorded):
    """The answer to `case`: the contract's where it departs, else DRF's recorded `(status, body)`."""
    if case.contract:
        return Expected(case.contract.status, case.contract.body, case.contract.rule)
    status, body = recorded
    if body == "html":
        return Expected(404, {"detail": "Not found."}, "404") if status == 404 else Expected(status, Anything(), "http")
    if body == PARSE_ERROR:
        return Expected(status, PARSE_ERROR, "parse error")
    if avatar_is_too_long(body):
        return Expected(status, {"avatar": [text for text in body["avatar"] if text != BAD_URL]}, "too long")
    clipped = clip(body)
    return Expected(status, clipped, None if clipped == body else "echo")


def avatar_is_too_long(body):
    match body:
        case {"avatar": [str(first), *_]}:
            return first.startswith("Ensure this field has no more than")
    return False


def clip(body):
    """The same body with every echoed input cut at 100 characters."""
    match body:
        case {"detail": str(text)}:
            return {"detail": ECHO.sub(r'"\1"\2', text)}
        case {"gender": [str(text)], **others}:
            return others | {"gender": [ECHO.sub(r'"\1"\2', text)]}
    return body


def differences(answer, wanted, row, bodiless):
    """What is wrong with an answer, in words; `row` is the customer as it was before."""
    if answer.status != wanted.status:
        return [f"status {answer.status} instead of {wanted.status}"]
    wrong = header_differences(answer, wanted.body)
    if bodiless or answer.status in (204, 304):
        return wrong + (["a body where none may be"] if answer.body else [])
    body = row | wanted.body if answer.status == 200 else wanted.body
    return wrong + body_differences(answer.body, body)


def header_differences(answer, body):
    """Held against DRF when it is recorded, and against the server when it is compared."""
    wanted = HEADERS.get(answer.status, {})
    if answer.status not in (204, 304) and not isinstance(body, Anything):
        wanted = wanted | {"content-type": "application/json"}
    return [
        f"{name}: {answer.header(name)!r} instead of {value!r}"
        for name, value in wanted.items()
        if answer.header(name) != value
    ]


def body_differences(raw, wanted):
    if isinstance(wanted, Anything):
        return []
    try:
        got = json.loads(raw)
    except ValueError:
        return ["the body is not JSON"]
    if got != wanted:
        return ["another body"]
    if list(got) != list(wanted):
        return ["another order of keys"]
    compact = json.dumps(got, ensure_ascii=False, separators=(",", ":"))
    # As DRF writes the two line separators that JavaScript once did not take in a string.
    compact = compact.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if len(raw.decode()) > len(compact):
        return ["the JSON is not compact"]
    return []
