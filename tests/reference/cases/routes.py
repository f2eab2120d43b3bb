"""Paths, methods, `Accept`, and which check comes first."""

from case import PATH, Case, Contract, get, patch, request

JSON_404 = Contract("404", 404, {"detail": "Not found."})
OPTIONS = Contract("options", 204)
COMPACT = Contract("accept", 200, {})
OTHER_PATHS = [
    "/api", "/api/shop/customers", "/api/shop/customers/", PATH + "//", PATH + "/x", "/API/shop/customers/me",
    PATH + "%0a", PATH + "%00", PATH + ".json", "//api/shop/customers/me", "/api/shop/customers/1",
]  # fmt: skip
NO_KEY = {"detail": "Authentication credentials were not provided."}


def cases():
    yield from paths()
    yield from methods()
    yield from accept()
    yield from order_of_checks()


def paths():
    for path in OTHER_PATHS:
        yield get(f"path {path}", path=path)
    yield get("path without a key", path="/nope", auth=None)
    yield get("path with a bad key", path="/nope", auth="Token nope")
    yield get("trailing slash", path=PATH + "/")
    yield patch("trailing slash, PATCH", {"first_name": "A"}, path=PATH + "/")
    yield get("query string", path=PATH + "?x=1&y")
    yield get("?format=json", path=PATH + "?format=json")
    yield get("?format=xml", Contract("format", 200, {}), path=PATH + "?format=xml")
    yield get("an escaped letter", path="/api/shop/customers/%6de")
    yield get("an escaped slash", path=PATH + "%2F")
    yield get("absolute form", path="http://shop.example" + PATH)


def methods():
    yield get("GET")
    yield get("HEAD", method="HEAD")
    yield get("HEAD with a slash", method="HEAD", path=PATH + "/")
    for method in ("PUT", "POST", "DELETE", "TRACE", "FOO", "PROPFIND", "LINK"):
        yield get(f"method {method}", method=method)
        yield get(f"method {method} without a key", method=method, auth=None)
    yield get(
        "method in lower case", Contract("methods", 405, {"detail": 'Method "patch" not allowed.'}), method="patch"
    )
    yield Case("method override", request("POST", headers=["X-HTTP-Method-Override: PATCH"], body={}))
    yield Case("PUT with a body", request("PUT", body={"first_name": "A"}))
    for name, auth in (
        ("a key", "Token {key}"),
        ("no key", None),
        ("a bad key", "Token nope"),
        ("half a header", "Token"),
    ):
        yield get(f"OPTIONS with {name}", OPTIONS, method="OPTIONS", auth=auth)
    preflight = ["Origin: http://evil.example", "Access-Control-Request-Method: PATCH"]
    yield get("a preflight", OPTIONS, method="OPTIONS", auth=None, headers=preflight)
    yield Case("OPTIONS with a body", request("OPTIONS", body=b"x"), OPTIONS)


def accept():
    for value in (
        "*/*",
        "application/*",
        "application/json",
        "text/html, */*;q=0.1",
        "*/*;q=0",
        "application/json;q=0",
        "application/json; indent=4",
    ):
        yield get(f"Accept: {value}", headers=[f"Accept: {value}"])
    for value in ("text/html", "application/xml", "garbage", "", "image/*, text/plain"):
        yield get(f"Accept: {value}", COMPACT, headers=[f"Accept: {value}"])
    html = ["Accept: text/html"]
    yield get("HTML wanted, no key", Contract("accept", 401, NO_KEY), auth=None, headers=html)
    yield get(
        "HTML wanted, wrong method",
        Contract("accept", 405, {"detail": 'Method "PUT" not allowed.'}),
        method="PUT",
        headers=html,
    )
    error = {"gender": ['"x" is not a valid choice.']}
    yield patch("HTML wanted, wrong field", {"gender": "x"}, Contract("accept", 400, error), headers=html)
    yield get("Accept-Language", headers=["Accept-Language: fa, de"])
    yield patch("Accept-Language, wrong field", {"gender": "x"}, headers=["Accept-Language: fa, de"])
    yield get("a cookie", headers=["Cookie: sessionid=x; csrftoken=y"])
    yield get("Origin", headers=["Origin: http://evil.example"])


def order_of_checks():
    """Each request breaks several rules; the first check in the contract's order answers."""
    yield Case("no key, wrong method", request("PUT", auth=None, body=b"x"))
    yield Case("bad key, wrong method", request("DELETE", auth="Token nope"))
    yield patch("bad key, wrong type", b"x", auth="Token nope", type="text/plain")
    yield patch("no key, wrong type", b"x", auth=None, type="text/plain")
    yield patch("no key, wrong JSON", b"{", auth=None)
    yield patch("no key, wrong field", {"gender": "x"}, auth=None)
    yield patch("inactive, wrong field", {"gender": "x"}, auth="Token {inactive_key}")
    yield patch("inactive", {"first_name": "A"}, auth="Token {inactive_key}")
    yield Case("wrong method, wrong type", request("PUT", type="text/plain", body=b"x"))
    yield Case("wrong method, wrong JSON", request("PUT", body=b"{"))
    yield patch("wrong type, too large", b"x" * 70_000, type="text/plain")
    yield patch("wrong type, wrong JSON", b"{", type="text/plain")
    yield patch("wrong JSON, wrong field", b'{"gender":"x",}')
    yield Case("GET with wrong JSON", request("GET", body=b"{"))
    yield Case("GET with another type", request("GET", type="text/plain", body=b"x"))
    yield Case("HEAD with a body", request("HEAD", body=b"{"))
    yield get("HEAD without a key", method="HEAD", auth=None)
    yield get("HEAD with a bad key", method="HEAD", auth="Token nope")
