"""Who may call, by which path and method, and which check comes first."""

from case import PATH, request

from .case import Case, Errors, post

ALLOW = {"allow": "GET, HEAD, PATCH, OPTIONS"}
CHALLENGE = {"www-authenticate": "Token", "etag": None}

NOT_PROVIDED = "Authentication credentials were not provided."
NO_CREDENTIALS = "Invalid token header. No credentials provided."
SPACES = "Invalid token header. Token string should not contain spaces."
INVALID, INACTIVE = "Invalid token.", "User inactive or deleted."

AUTHORIZATION = {
    "Token {key}": None, "token {key}": None, "TOKEN {key}": None, "Bearer {key}": None, "bEaReR {key}": None,
    "Token  {key}": None, "Token\t{key}": None, "Token {key} ": None,
    "": NOT_PROVIDED, "Basic eDp5": NOT_PROVIDED, "Digest x": NOT_PROVIDED, "{key}": NOT_PROVIDED,
    "Tokens {key}": NOT_PROVIDED,
    "Token": NO_CREDENTIALS, "bearer": NO_CREDENTIALS, "Token ": NO_CREDENTIALS,
    "Token {key} x": SPACES, "Bearer a b": SPACES, "Token {key}, Token {key}": SPACES,
    "Token nope": INVALID, "Bearer nope": INVALID, "Token {key}x": INVALID, "Token " + "0" * 40: INVALID,
    "Token ' OR 1=1": SPACES,
    "Token '--": INVALID, "Token " + "a" * 4000: INVALID,
    "Token {inactive_key}": INACTIVE, "Bearer {inactive_key}": INACTIVE,
}  # fmt: skip

OTHER_PATHS = [
    "/api", "/api/shop/customers", "/api/shop/customers/1", PATH + "/x", PATH + "//", PATH + ".json",
    "/API/shop/customers/me",
    PATH + "%00", "/graphql/", "/admin/",
]  # fmt: skip


def cases():
    yield from credentials()
    yield from routes()
    yield from order_of_checks()


def credentials():
    for value, text in AUTHORIZATION.items():
        name = value if len(value) < 60 else f"{value[:20]}…{len(value)}"
        yield Case(f"GET, {name!r}", request("GET", type=None, auth=value), *profile_or(text))
        yield Case(f"GraphQL, {name!r}", post({"query": "{ me { id } }"}, auth=value), *me_or(text))
    yield Case("GET, no Authorization", request("GET", type=None, auth=None), *profile_or(NOT_PROVIDED))
    for second in ("Token {key}", "Basic eDp5"):
        twice = {"headers": [f"Authorization: {second}"]}
        yield Case(f"GET, twice, {second}", request("GET", type=None, **twice), *profile_or(SPACES))
        yield Case(f"GraphQL, twice, {second}", post({"query": "{ me { id } }"}, **twice), *me_or(SPACES))
    for text, auth in ((NOT_PROVIDED, None), (INVALID, "Token x"), (INACTIVE, "Token {inactive_key}")):
        yield Case(f"PATCH, {auth}", request(body={"first_name": "A"}, auth=auth), *profile_or(text))
        yield Case(f"HEAD, {auth}", request("HEAD", type=None, auth=auth), 401, None, CHALLENGE)
    yield from without_a_token()


def without_a_token():
    """Introspection runs without a token; a token that is sent must be valid all the same."""
    query = {"query": "{ __typename }"}
    for auth in (None, "Basic eDp5", "Token {key}"):
        yield Case(f"introspection, {auth}", post(query, auth=auth), 200, {"data": {"__typename": "Query"}})
    for auth, text in (
        ("Token", NO_CREDENTIALS),
        ("Token a b", SPACES),
        ("Token x", INVALID),
        ("Token {inactive_key}", INACTIVE),
    ):
        yield Case(f"introspection, {auth}", post(query, auth=auth), *me_or(text))


def profile_or(text):
    return (200, {}) if text is None else (401, {"detail": text}, CHALLENGE)


def me_or(text):
    if text is None:
        return 200, {"data": {"me": {"id": "1"}}}
    return 401, {"errors": Errors("UNAUTHENTICATED", text)}


def routes():
    for path in (PATH, PATH + "/", PATH + "?x=1", PATH + "/?validate_only=x", "/api/shop/customers/%6de"):
        yield Case(f"GET {path}", request("GET", path, type=None), 200, {}, ALLOW)
        yield Case(f"HEAD {path}", request("HEAD", path, type=None), 200, None, ALLOW)
    for path in OTHER_PATHS:
        for auth in ("Token {key}", None):
            yield Case(f"GET {path}, {auth}", request("GET", path, type=None, auth=auth), 404, {"detail": "Not found."})
    for method in ("PUT", "POST", "DELETE", "TRACE", "PROPFIND", "patch"):
        error = {"detail": f'Method "{method}" not allowed.'}
        yield Case(method, request(method, type=None), 405, error, ALLOW)
        yield Case(f"{method} without a token", request(method, type=None, auth=None), *profile_or(NOT_PROVIDED))
    for auth in ("Token {key}", "Token x", "Token", None):
        yield Case(f"OPTIONS, {auth}", request("OPTIONS", type=None, auth=auth), 204, None, ALLOW)
    for accept in ("text/html", "application/xml", "*/*;q=0", "nonsense"):
        yield Case(f"Accept: {accept}", request("GET", type=None, headers=[f"Accept: {accept}"]), 200, {})


def order_of_checks():
    """Each breaks several rules: path, token, method, type, size, JSON, fields, version."""
    large, moved = b"x" * 70_000, ['If-Match: "x"']
    yield Case("path before token", request(path="/x", auth="Token x", body=b"{"), 404, {"detail": "Not found."})
    yield Case("token before method", request("PUT", auth="Token x", body=b"{"), *profile_or(INVALID))
    yield Case("token before size", request(auth=None, type="text/plain", body=large), *profile_or(NOT_PROVIDED))
    yield Case(
        "method before type", request("PUT", type="text/plain", body=b"{"), 405, {"detail": 'Method "PUT" not allowed.'}
    )
    plain = {"detail": 'Unsupported media type "text/plain" in request.'}
    yield Case("type before size", request(type="text/plain", body=large), 415, plain)
    yield Case("type before JSON", request(type="text/plain", body=b"{"), 415, plain)
    too_large = {"detail": "Request body too large: the limit is 65536 bytes."}
    yield Case("size before JSON", request(body=large), 413, too_large)
    choice = {"gender": ['"x" is not a valid choice.']}
    yield Case("fields before version", request(body={"gender": "x"}, headers=moved), 400, choice)
