"""`Content-Type`: with a body, and with none."""

from case import Contract, label, patch

BODY = '{"first_name":"é"}'
READ_AS_UTF8 = {"first_name": "é", "full_name": "é Ahmadi"}

EMPTY_BODY = [
    "application/json", None, "", "text/plain", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "multipart/form-data", "application/merge-patch+json", "garbage", "*/*",
    "application/json; charset=nope",
]  # fmt: skip

JSON = [
    "application/json", "APPLICATION/JSON", "Application/Json", "application/json;", "application/json ;x=y",
    "application/json; charset=utf-8", "application/json;charset=UTF8", 'application/json; charset="utf-8"',
    "application/json; foo=bar", "application/json; =", " application/json ",
    "application/json;version=1;charset=utf-8", "application/json; charset=nope", "application/json; charset=",
    "application/json; charset=utf-8-sig",
]  # fmt: skip

OTHER = [
    None, "", "text/plain", "TEXT/Plain", "text/plain; charset=utf-8", "text/json", "text/html",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/xml",
    "application/octet-stream", "application/graphql", "application/vnd.api+json", "application/json-patch+json",
    "application/jsonx", "application/json5", "xapplication/json", "application/json, text/plain",
    "application/json text", "application/ json", "application /json", "application", "/", ";", ";charset=utf-8",
    "json", "garbage", "application/json\xff", "text/\xc3\xa9", 'text/pl"ain', "text/pl\\ain", "a" * 300,
    "text/" + "b" * 95, "text/" + "b" * 96,
]  # fmt: skip

CHARSETS = ["latin1", "latin-1", "iso-8859-1", "ISO-8859-1", "us-ascii", "cp1256", "windows-1252", "utf-16", "utf-16le"]

# Names that Python knows and the web does not.
PYTHON_CHARSETS = ["utf-7", "base64"]


def cases():
    yield from empty_bodies()
    for type in JSON:
        yield patch(f"Content-Type: {type}", BODY.encode(), type=type)
    for type in OTHER:
        yield patch(f"Content-Type: {type if type is None else label(type)}", BODY.encode(), type=type)
    for type in ("application/*", "*/*", "*/json"):
        rejected = Contract("content types", 415, {"detail": f'Unsupported media type "{type}" in request.'})
        yield patch(f"Content-Type: {type}", BODY.encode(), rejected, type=type)
    for type in ("application/merge-patch+json", "application/merge-patch+json; charset=utf-8"):
        merged = Contract("content types", 200, READ_AS_UTF8)
        yield patch(f"Content-Type: {type}", BODY.encode(), merged, type=type)
    yield from charsets()


def empty_bodies():
    for type in EMPTY_BODY:
        yield patch(f"no body, Content-Type: {type}", b"", type=type)
        yield patch(f"Content-Length: 0, Content-Type: {type}", b"", type=type, headers=["Content-Length: 0"])


def charsets():
    for charset in CHARSETS:
        type = f"application/json; charset={charset}"
        yield patch(f"UTF-8 sent as {charset}", BODY.encode(), type=type)
        yield patch(f"ASCII sent as {charset}", b'{"first_name":"A"}', type=type)
    for charset in PYTHON_CHARSETS:
        answer = Contract("charset", 200, READ_AS_UTF8)
        yield patch(f"UTF-8 sent as {charset}", BODY.encode(), answer, type=f"application/json; charset={charset}")
    for charset in ("iso-8859-1", "utf-16", "utf-16le"):
        type = f"application/json; charset={charset}"
        yield patch(f"{charset} sent as such", BODY.encode(charset), type=type)
        yield patch(f"{charset} sent without a charset", BODY.encode(charset))
