"""The `Authorization` header, in every shape that clients and their mistakes give it."""

from case import Contract, get, label

NO_CREDENTIALS = {"detail": "Invalid token header. No credentials provided."}
SPACES = {"detail": "Invalid token header. Token string should not contain spaces."}
INVALID = {"detail": "Invalid token."}

AS_DRF = [
    "", " ", "Token", "Token ", "token", "TOKEN", "Token  ", "Token\t", "Token {key}", "token {key}", "TOKEN {key}",
    "tOkEn {key}", "Token  {key}", "Token\t{key}", "Token \t {key}", "Token {key} ", "Token {key}\t ",
    " \t Token {key}", "Token {key} x", "Token {key} {key}", "Token a b c", "Token x y", "Basic eDp5", "Basic",
    "Digest username=\"x\"", "Negotiate", "OAuth {key}", "ApiKey {key}", "JWT {key}", "Apikey", "Tokenx {key}",
    "XToken {key}", "Token:{key}", "Token: {key}", "Token={key}", "Token,{key}", "Token;{key}", "{key}",
    "Token \"{key}\"", "Token <{key}>", "Token '{key}'", "Token {key}x", "Token x{key}", "Token {key},",
    "Token {key};", "Token {key}, Token {key}", "Token 0", "Token null", "Token undefined", "Token <your_api_key>",
    "Token %00", "Token ' OR 1=1 --", "Token '", "Token 0000000000000000000000000000000000000000",
    "Token " + "a" * 4000, "Token \xff\xfe", "Token x\xff", "T\xf6ken {key}", "Token\xa0{key}",
    "\xef\xbb\xbfToken {key}", "Token {key}\xff", "Token \xda\xa9\xd9\x84\xdb\x8c\xd8\xaf", "Token \xc2\xa0",
    "Token x\xc2\x85y", "Token {key}\xc2\xa0", "Token \xff \xff", "Token {inactive_key}", "token\t{inactive_key}",
    "Token x\0y", "Token\v{key}", "Token \f{key}", "Token {key}\x1f", "Token\r\n {key}", "Token {key}\x7f",
]  # fmt: skip

BEARER = {
    "Bearer {key}": (200, {}),
    "bearer {key}": (200, {}),
    "BEARER\t{key} ": (200, {}),
    "Bearer": (401, NO_CREDENTIALS),
    "bearer ": (401, NO_CREDENTIALS),
    "Bearer {key} x": (401, SPACES),
    "Bearer nope": (401, INVALID),
    "Bearer {inactive_key}": (401, {"detail": "User inactive or deleted."}),
}

# The WSGI server joins two headers with a comma; some of these pairs do not look like two to DRF.
TWO_HEADERS = {
    ("Token {key}", "Token {key}"): "as DRF",
    ("Token {key}", "Basic eDp5"): "as DRF",
    ("Token nope", "Token {key}"): "as DRF",
    ("Basic eDp5", "Token {key}"): "departs",
    ("Basic eDp5", "Basic eDp5"): "departs",
    ("", "Token {key}"): "departs",
    ("Token {key}", ""): "departs",
    ("Token", "Token"): "departs",
}


def cases():
    yield get("no Authorization", auth=None)
    for value in AS_DRF:
        yield get(f"Authorization: {label(value)}", auth=value)
    for value, (status, body) in BEARER.items():
        yield get(f"Authorization: {label(value)}", Contract("bearer", status, body), auth=value)
    for (first, second), kind in TWO_HEADERS.items():
        answer = Contract("two Authorization headers", 401, SPACES) if kind == "departs" else None
        yield get(f"Authorization twice: {first} | {second}", answer, auth=first, headers=[f"Authorization: {second}"])
    yield get("the header's name in lower case", auth=None, headers=["authorization: Token {key}"])
    yield get("the header's name in upper case", auth=None, headers=["AUTHORIZATION:Token {key}"])
    yield get("a header with an underscore", auth=None, headers=["X_Authorization: Token {key}"])
    yield get("Proxy-Authorization", auth=None, headers=["Proxy-Authorization: Token {key}"])
    yield get("the key as a query parameter", auth=None, path="/api/shop/customers/me?token={key}")
    yield get("the key as a cookie", auth=None, headers=["Cookie: token={key}"])
