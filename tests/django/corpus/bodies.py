"""PATCH: content types, what is JSON, sizes and framing."""

from dataclasses import replace

from case import PARSE_ERROR, request

from .case import Case, patched, rejected

A = {"first_name": "A"}

TYPES = [
    "application/json", "APPLICATION/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"',
    "application/json; x=y", "application/merge-patch+json", "application/merge-patch+json; charset=utf-8",
]  # fmt: skip

OTHER_TYPES = [
    "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonx", "application/json-patch+json", "application/*", "*/*", "json", "",
]  # fmt: skip

NOT_JSON = [
    b"{", b"}", b"[", b"x", b"'{}'", b"{'a':1}", b'{"a":1,}', b"{a:1}", b'{"a":NaN}', b"NaN", b'{"a":Infinity}',
    b'{"a":01}',
    b'{"a":.5}', b'{"a":tru}', b'{"first_name":"a\nb"}', b'{"first_name":"\\x41"}', b'{"first_name":"a"', b"{} {}",
    b"{}x", b" ",
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"first_name":"\xff"}', b'{"first_name":"\xc0\x80"}',
    b'{"first_name":"\xed\xa0\x80"}', b"[" * 2000 + b"]" * 2000, b'{"a":' * 2000 + b"1" + b"}" * 2000,
]  # fmt: skip

NOT_OBJECTS = {
    b"[]": "list", b'[{"first_name":"A"}]': "list", b'"x"': "str", b'""': "str", b"1": "int", b"-0": "int",
    b"1.5": "float",
    b"1e5": "float", b"true": "bool", b"false": "bool",
}  # fmt: skip

TOO_LARGE = "Request body too large: the limit is 65536 bytes."


def cases():
    yield from types()
    for raw in NOT_JSON:
        yield rejected(f"not JSON: {raw[:40]!r}", raw, PARSE_ERROR)
    for raw, kind in NOT_OBJECTS.items():
        text = f"Invalid data. Expected a dictionary, but got {kind}."
        yield rejected(f"no object: {raw!r}", raw, {"non_field_errors": [text]})
    yield rejected("null", b"null", {"non_field_errors": ["No data provided"]})
    yield from objects()
    yield from framing()


def types():
    for kind in TYPES:
        yield patched(f"as {kind}", A, type=kind)
    for kind in OTHER_TYPES:
        yield rejected(f"as {kind!r}", A, f'Unsupported media type "{kind}" in request.', status=415, type=kind)
    yield rejected("without a type", A, 'Unsupported media type "" in request.', status=415, type=None)
    for kind in (None, "", "text/plain", "application/json", "application/merge-patch+json"):
        yield patched(f"nothing as {kind}", b"", {}, type=kind)


def objects():
    yield patched("{}", b"{}", {})
    yield patched("white space", b"\r\n {\t} ", {})
    yield patched("the last of two", b'{"first_name":"A","first_name":"B"}', {"first_name": "B"})
    yield patched("the last of two, the first wrong", b'{"first_name":5,"first_name":"B"}', {"first_name": "B"})
    yield rejected(
        "the last of two wrong", b'{"gender":"male","gender":"x"}', {"gender": ['"x" is not a valid choice.']}
    )
    yield patched("an escaped name", b'{"first\\u005fname":"\\u0041"}', A)
    yield patched("a surrogate pair", b'{"first_name":"\\ud83d\\ude00"}', {"first_name": "😀"})
    yield patched("a line separator", '{"first_name":"a\u2028b"}'.encode(), {"first_name": "a\u2028b"})
    yield patched("unknown deep value", b'{"x":' + b"[" * 100 + b"]" * 100 + b"}", {})
    yield patched("unknown huge number", b'{"x":' + b"9" * 5000 + b"}", {})


def framing():
    spaces = 65_536 - len(b'{"first_name":"A"}')
    yield patched("of 65,536 bytes", b" " * spaces + b'{"first_name":"A"}', A)
    yield rejected("of 65,537 bytes", b" " * (spaces + 1) + b'{"first_name":"A"}', TOO_LARGE, status=413)
    announced = {"headers": ["Content-Length: 65537"], "length": False}
    yield Case("65,537 bytes announced", request(body=b"", **announced), 413, {"detail": TOO_LARGE})
    for name, chunks in {
        "one": b'12\r\n{"first_name":"A"}\r\n0\r\n\r\n',
        "two and a trailer": b'5\r\n{"fir\r\nd;x=y\r\nst_name":"A"}\r\n0\r\nX: y\r\n\r\n',
    }.items():
        yield patched(f"in chunks: {name}", chunks, A, **chunked())
    yield patched("in no chunk", b"0\r\n\r\n", {}, **chunked())
    yield rejected("in a chunk, not JSON", b"1\r\n{\r\n0\r\n\r\n", PARSE_ERROR, **chunked())
    large = b"%x\r\n%s\r\n0\r\n\r\n" % (70_000, b" " * 70_000)
    yield rejected("in a chunk, too large", large, TOO_LARGE, status=413, **chunked())
    yield patched("after 100-continue", A, wire=["Expect: 100-continue"])
    no_host = replace(patched("without Host", A), status=400, body=None)
    yield replace(no_host, request=no_host.request.replace(b"Host: shop.example\r\n", b""))


def chunked():
    return {"wire": ["Transfer-Encoding: chunked"], "length": False}
