"""GraphQL: what an input means."""

import json

from case import BAD_URL, BAD_USERNAME, TAKEN, label

from .avatars import COLUMN, url
from .case import Case, Errors, graphql, post
from .conditions import MOVED
from .fields import ALIKE, BLANK, CONTROL, NO_USERNAMES, NUL, NULL, TOO_LONG

FIELDS = "username avatar firstName lastName fullName gender isProfileCompleted"
PAYLOAD = f"{{ customer {{ {FIELDS} }} userErrors {{ field code message }} }}"
UPDATE = f"mutation ($input: UpdateMyProfileInput!) {{ updateMyProfile(input: $input) {PAYLOAD} }}"
DRY = UPDATE.replace("$input)", "$input, validateOnly: true)")

ACCEPTED = [
    ({"username": "reza"}, None), ({"username": "سارا"}, None), ({"username": " reza "}, {"username": "reza"}),
    ({"avatar": "https://a.example/x"}, None), ({"avatar": None}, None), ({"avatar": ""}, {"avatar": None}),
    ({"avatar": " "}, {"avatar": None}), ({"firstName": "علی\u200cرضا"}, None), ({"firstName": ""}, None),
    ({"firstName": " A\u3000"}, {"firstName": "A"}), ({"lastName": "x" * 150}, None), ({"lastName": "😀" * 150}, None),
    ({"gender": "MALE"}, None), ({"gender": "FEMALE"}, None), ({"gender": None}, None), ({}, None),
    ({"firstName": "Sara", "gender": "FEMALE"}, None), ({"avatar": url(COLUMN, "x")}, None),
    ({"username": "reza", "avatar": None, "firstName": "R", "lastName": "", "gender": None}, None),
    ({"ifVersion": None}, {}),
    ({"ifVersion": "{version}", "firstName": "A"}, {"firstName": "A"}), ({"username": "customer1"}, None),
]  # fmt: skip

REJECTED = [
    ({"username": None}, "username", "NULL", NULL), ({"username": ""}, "username", "BLANK", BLANK),
    ({"username": "\u3000"}, "username", "BLANK", BLANK), ({"username": "x" * 151}, "username", "TOO_LONG", TOO_LONG),
    ({"username": "customer2"}, "username", "TAKEN", TAKEN), ({"username": "customer3"}, "username", "TAKEN", TAKEN),
    *(({"username": name}, "username", "INVALID", BAD_USERNAME) for name in NO_USERNAMES),
    ({"avatar": "x"}, "avatar", "INVALID", BAD_URL), ({"avatar": "ftp://a.example"}, "avatar", "INVALID", BAD_URL),
    ({"firstName": None}, "firstName", "NULL", NULL), ({"lastName": None}, "lastName", "NULL", NULL),
    ({"firstName": "س" * 151}, "firstName", "TOO_LONG", TOO_LONG), ({"lastName": "a\x07"}, "lastName", "INVALID",
    CONTROL),
    ({"firstName": "a\u202eb"}, "firstName", "INVALID", CONTROL), ({"firstName": "a\0"}, "firstName", "INVALID", NUL),
]  # fmt: skip

NO_VERSIONS = ["", "x", '"1-1"', "1", "-1", "1-", "-", "1-x", "1-01", " 1-1"]


def cases():
    for query, kind in ((UPDATE, ""), (DRY, "dry: ")):
        for fields, changes in ACCEPTED:
            yield stored(f"{kind}{shown(fields)}", query, fields, fields if changes is None else changes)
        for fields, *error in REJECTED:
            yield failed(f"{kind}{shown(fields)}", query, fields, error)
        for name in ALIKE:
            alike = failed(
                f"{kind}username that looks taken: {label(name)}",
                query,
                {"username": name},
                ["username", "TAKEN", TAKEN],
            )
            yield alike.differently_on_django(200, payload({"username": name}))
        yield from avatars(kind, query)
        yield from several(kind, query)
    yield from versions()


def stored(name, query, fields, changes):
    """Only the fields that change are in `customer`."""
    return Case(f"GraphQL {name}", post(graphql(query, {"input": fields})), 200, payload(changes))


def failed(name, query, fields, *errors):
    return Case(f"GraphQL {name}", post(graphql(query, {"input": fields})), 200, payload(None, *errors))


def payload(customer, *errors):
    user_errors = [
        {"field": [field] if field else [], "code": code, "message": message} for field, code, message in errors
    ]
    return {"data": {"updateMyProfile": {"customer": customer, "userErrors": user_errors}}}


def shown(fields):
    return label(json.dumps(fields, ensure_ascii=False))


def avatars(kind, query):
    for count in (COLUMN + 1, 2048):
        accepted = stored(f"{kind}avatar of {count}", query, {"avatar": url(count, "x")}, {"avatar": url(count, "x")})
        yield accepted.differently_on_django(200, payload(None, too_long(COLUMN)))
    beyond = failed(f"{kind}avatar of 2049", query, {"avatar": url(2049, "x")}, too_long(2048))
    yield beyond.differently_on_django(200, payload(None, too_long(COLUMN)))


def too_long(limit):
    return "avatar", "TOO_LONG", f"Ensure this field has no more than {limit} characters."


def several(kind, query):
    errors = [
        ("username", "TAKEN", TAKEN), ("avatar", "INVALID", BAD_URL), ("firstName", "NULL", NULL),
        ("lastName", "TOO_LONG", TOO_LONG),
    ]  # fmt: skip
    wrong = {"gender": "MALE", "lastName": "x" * 151, "firstName": None, "avatar": "x", "username": "customer2"}
    yield failed(f"{kind}every field wrong", query, wrong, *errors)
    yield failed(f"{kind}wrong fields and version", query, wrong | {"ifVersion": "1-0"}, *errors)
    two = [("username", "INVALID", BAD_USERNAME), ("username", "TOO_LONG", TOO_LONG)]
    yield failed(f"{kind}two errors of a field", query, {"username": "a " + "x" * 149}, *two)
    # No text at all, so that it cannot be a value of a GraphQL string.
    surrogate = post(graphql(query, {"input": {"firstName": "a\ud800"}}))
    yield Case(f"GraphQL {kind}a surrogate", surrogate, 400, {"errors": Errors("BAD_REQUEST")})


def versions():
    for query, kind in ((UPDATE, ""), (DRY, "dry: ")):
        for version in ("1-0", "1-999999999999", "2-1"):
            for fields in ({"firstName": "A"}, {}):
                name = f"{kind}ifVersion {version} {fields}"
                yield failed(name, query, fields | {"ifVersion": version}, ("", "CONFLICT", MOVED))
        for version in NO_VERSIONS:
            request = post(graphql(query.replace(" message", ""), {"input": {"ifVersion": version, "firstName": "A"}}))
            errors = [{"field": ["ifVersion"], "code": "INVALID"}]
            body = {"data": {"updateMyProfile": {"customer": None, "userErrors": errors}}}
            yield Case(f"GraphQL {kind}ifVersion {version!r}", request, 200, body)
