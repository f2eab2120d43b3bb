"""GraphQL over HTTP: methods, media types, and bodies that are no GraphQL request."""

from urllib.parse import quote

from case import request

from .case import Case, Errors, graphql, post

QUERY = graphql("{ me { id } }")
FOUND = {"data": {"me": {"id": "1"}}}
JSON, OWN = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"

ACCEPT = {
    None: JSON, "*/*": JSON, "application/*": JSON, "application/json": JSON, "application/graphql-response+json": OWN,
    "application/json, application/graphql-response+json": OWN,
    "application/json;q=0.9, application/graphql-response+json": OWN,
    "application/json, application/graphql-response+json;q=0.9": JSON, "application/json; charset=utf-8": JSON,
    "application/graphql-response+json;q=0, */*": JSON, "text/html, application/json;q=0.1": JSON,
    "text/html": None, "application/json;q=0": None, "application/json; charset=latin1": None, "text/*": None,
}  # fmt: skip

MALFORMED = [
    b"", b"{", b"[]", b'["{__typename}"]', b'[{"query":"{__typename}"}]', b'"x"', b"null", b"1", b'{"query":5}',
    b'{"query":["x"]}',
    b'{"query":"{__typename}","query":"{__typename}"}', b'{"query":"{__typename}","variables":[]}',
    b'{"query":"{__typename}","variables":"{}"}', b'{"query":"{__typename}","operationName":5}',
    b'{"query":"{__typename}","extensions":[]}', b"{}", b'{"query":null}', b'{"query":""}', b'{"variables":{}}',
    b"\xff", b'\xef\xbb\xbf{"query":"{__typename}"}',
]  # fmt: skip


def cases():
    for accept, kind in ACCEPT.items():
        headers = [] if accept is None else [f"Accept: {accept}"]
        answer = (406, {"errors": Errors("NOT_ACCEPTABLE")}) if kind is None else (200, FOUND)
        yield Case(f"GraphQL Accept: {accept}", post(QUERY, headers=headers), *answer, {"content-type": kind or JSON})
    for raw in MALFORMED:
        yield Case(f"GraphQL malformed: {raw[:60]!r}", post(raw), 400, {"errors": Errors("BAD_REQUEST")})
    for kind in (
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        None,
    ):
        answer = Case(f"GraphQL as {kind}", post(QUERY, type=kind), 415, {"errors": Errors("UNSUPPORTED_MEDIA_TYPE")})
        yield answer
    encoded = post(QUERY, headers=["Content-Encoding: gzip"])
    yield Case("GraphQL encoded", encoded, 415, {"errors": Errors("UNSUPPORTED_MEDIA_TYPE")})
    yield Case("GraphQL as JSON in UTF-8", post(QUERY, type="application/json;charset=UTF-8"), 200, FOUND)
    for members in (
        {"operationName": None},
        {"extensions": {}},
        {"extensions": None},
        {"variables": None},
        {"unknown": [1]},
    ):
        yield Case(f"GraphQL with {members}", post(QUERY | members), 200, FOUND)
    large = post(QUERY | {"unknown": "x" * 70_000})
    yield Case("GraphQL too large", large, 413, {"errors": Errors("REQUEST_TOO_LARGE")})
    yield from by_get()
    for path in ("/graphql?x=1",):
        yield Case(f"GraphQL at {path}", post(QUERY, path=path), 200, FOUND)


def by_get():
    for name, query in {
        "query": "query=" + quote(QUERY["query"]),
        "empty parameters": "query=" + quote(QUERY["query"]) + "&operationName=&variables=&extensions=",
        "variables": "query="
        + quote("query($s:Boolean!){me{id username @skip(if:$s)}}")
        + "&variables="
        + quote('{"s":true}'),
    }.items():
        for method, body in (("GET", FOUND), ("HEAD", None)):
            yield Case(f"GraphQL by {method}: {name}", request(method, f"/graphql?{query}", type=None), 200, body)
    mutation = quote('mutation{updateMyProfile(input:{firstName:"A"}){userErrors{code}}}')
    error = {"errors": Errors("METHOD_NOT_ALLOWED")}
    by_get = request("GET", f"/graphql?query={mutation}", type=None)
    yield Case("GraphQL a mutation by GET", by_get, 405, error, {"allow": "POST"})
    for method in ("PUT", "PATCH", "DELETE", "TRACE"):
        yield Case(
            f"GraphQL by {method}", request(method, "/graphql", body=QUERY), 405, error, {"allow": "GET, HEAD, POST"}
        )
    wrong = {"errors": Errors("BAD_REQUEST")}
    for query in ("", "?query=", "?query=%7Bme%7Bid%7D%7D&variables=x", "?query=%7Bme%7Bid%7D%7D&variables=[]"):
        yield Case(f"GraphQL by GET: {query!r}", request("GET", f"/graphql{query}", type=None), 400, wrong)
