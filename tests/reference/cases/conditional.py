"""Conditions and preferences: DRF ignores them, the contract gives some a meaning."""

from case import Contract, Text, get, patch

NOT_MODIFIED = Contract("etag", 304)
MOVED = Contract("if-match", 412, {"detail": Text()})
STRICT = "Prefer: handling=strict"


def cases():
    yield from reads()
    yield from updates()
    yield from preferences()


def reads():
    for value in ("{etag}", "*", '"x", {etag}', "W/{etag}", '"x",{etag},"y"'):
        yield get(f"If-None-Match: {value}", NOT_MODIFIED, headers=[f"If-None-Match: {value}"])
        yield get(f"HEAD If-None-Match: {value}", NOT_MODIFIED, method="HEAD", headers=[f"If-None-Match: {value}"])
    for value in ('"x"', 'W/"x"', '""', '"x", "y"'):
        yield get(f"If-None-Match: {value}", headers=[f"If-None-Match: {value}"])
    yield get("If-None-Match without a key", auth=None, headers=["If-None-Match: *"])
    for header in (
        "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT",
        "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        "Range: bytes=0-1",
        "Cache-Control: only-if-cached",
    ):
        yield get(header, headers=[header])


def updates():
    name = {"first_name": "A"}
    for value in ("{etag}", "*", '"x", {etag}'):
        yield patch(f"If-Match: {value}", name, headers=[f"If-Match: {value}"])
    for value in ('"x"', '"x", "y"', "W/{etag}"):
        yield patch(f"If-Match: {value}", name, MOVED, headers=[f"If-Match: {value}"])
    yield patch("If-Match, a patch that changes nothing", {}, MOVED, headers=['If-Match: "x"'])
    yield patch("If-Match, wrong field first", {"gender": "x"}, headers=['If-Match: "x"'])
    yield patch("If-Match, wrong JSON first", b"{", headers=['If-Match: "x"'])
    yield patch("If-Match without a key", name, auth=None, headers=['If-Match: "x"'])
    yield patch("If-Unmodified-Since", name, headers=["If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"])


def preferences():
    ignored = {"id": 9, "email": "x", "nickname": "x"}
    named = Contract("strict", 400, {key: [Text()] for key in ignored})
    yield patch("strict, ignored keys", ignored, named, headers=[STRICT])
    yield patch("strict, upper case", ignored, named, headers=["PREFER: Handling=Strict"])
    yield patch("strict among others", ignored, named, headers=["Prefer: return=representation, handling=strict; x=y"])
    both = Contract("strict", 400, {"gender": [Text()], "nickname": [Text()]})
    yield patch("strict, wrong field too", {"nickname": "x", "gender": "x"}, both, headers=[STRICT])
    yield patch("strict, known keys", {"first_name": "A"}, headers=[STRICT])
    yield patch("strict, no keys", {}, headers=[STRICT])
    yield patch("strict, wrong JSON", b"{", headers=[STRICT])
    yield get("strict, GET", headers=[STRICT])
    for value in ("handling=lenient", "return=minimal", "handling=strictly", "x-handling=strict"):
        yield patch(f"Prefer: {value}", ignored, headers=[f"Prefer: {value}"])
