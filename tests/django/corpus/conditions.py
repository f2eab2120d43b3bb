"""Versions, dry runs and strict handling."""

from case import PATH, request

from .bodies import A
from .case import Case, patched, rejected

MOVED = "The profile has changed meanwhile. Read it again before you update it."
NO_TAG = "If-Match has no strong entity tag. Send the ETag as it was received, in its quotes and without W/."
DRY = f"{PATH}?validate_only=true"
STRICT = ["Prefer: handling=strict"]
APPLIED = {"preference-applied": "handling=strict"}
IGNORED = {"id": 9, "email": "x", "nickname": "x"}
READ_ONLY, UNKNOWN = "This field is read-only.", "Unknown field."
NOT_BOOLEAN = {"validate_only": ["Must be a valid boolean."]}


def cases():
    yield from reads()
    yield from updates()
    yield from dry_runs()
    yield from preferences()


def reads():
    for method in ("GET", "HEAD"):
        for tags in ("{etag}", "*", "W/{etag}", '"x", {etag}', '"x",{etag},"y"'):
            condition = request(method, type=None, headers=[f"If-None-Match: {tags}"])
            yield Case(f"{method} If-None-Match: {tags}", condition, 304, None, {"etag": "{etag}"})
        for tags in ('"x"', '""', 'W/"x"', '"1-0"', '"2-1"'):
            condition = request(method, type=None, headers=[f"If-None-Match: {tags}"])
            body = {} if method == "GET" else None
            yield Case(f"{method} If-None-Match: {tags}", condition, 200, body, {"etag": "{etag}"})
    unknown = request("GET", type=None, auth="Token x", headers=["If-None-Match: *"])
    yield Case("If-None-Match of an unknown token", unknown, 401, {"detail": "Invalid token."}, {"etag": None})


def updates():
    for tags in ("{etag}", "*", '"x", {etag}'):
        yield patched(f"If-Match: {tags}", A, wire=[f"If-Match: {tags}"])
    for tags in ('"x"', '""', "W/{etag}", '"1-0"', '"2-1"', "x"):
        for body in (A, {}):
            options = {"status": 412, "wire": [f"If-Match: {tags}"], "answered": {"etag": "{etag}"}}
            message = MOVED if tags.startswith('"') else NO_TAG
            yield rejected(f"{body} If-Match: {tags}", body, message, **options)
    yield patched("If-None-Match", A, wire=["If-None-Match: *"])


def dry_runs():
    """200 as the update would answer, and nothing is written; the runner compares the stored row."""
    for name, body in {
        "a name": A, "nothing": {}, "what is stored": {"first_name": "Sara"}, "blanks": {"last_name": " B "},
        "all cleared": {"avatar": None, "first_name": "", "last_name": "", "gender": None},
        "a username": {"username": "reza", "gender": "male"},
    }.items():  # fmt: skip
        changes = {key: value.strip() if value else value for key, value in body.items()}
        yield patched(f"dry: {name}", body, changes, path=DRY, answered={"etag": None})
    wrong = {"gender": ['"x" is not a valid choice.']}
    yield rejected("dry: a wrong field", {"gender": "x", "first_name": "A"}, wrong, path=DRY)
    taken = {"username": ["A user with that username already exists."]}
    yield rejected("dry: a taken username", {"username": "customer2"}, taken, path=DRY)
    alike = rejected("dry: a username that looks taken", {"username": "CUSTOMER2"}, taken, path=DRY)
    yield alike.differently_on_django(200, {"username": "CUSTOMER2"})
    yield patched("dry: the present version", A, path=DRY, wire=["If-Match: {etag}"], answered={"etag": None})
    yield rejected("dry: another version", A, MOVED, status=412, path=DRY, wire=['If-Match: "x"'])
    yield rejected("dry: no token", A, "Invalid token.", status=401, path=DRY, auth="Token x")
    yield rejected("dry: another type", A, 'Unsupported media type "a/b" in request.', status=415, path=DRY, type="a/b")
    yield patched("validate_only=false", A, path=f"{PATH}?validate_only=false")
    yield patched("a parameter with another name", A, path=f"{PATH}?validate_onl=true&validate_only_=x")
    for query in ("validate_only=", "validate_only", "validate_only=1", "validate_only=True", "validate_only=yes"):
        yield rejected(f"?{query}", A, NOT_BOOLEAN, path=f"{PATH}?{query}")
    yield rejected("as GraphQL spells it", A, NOT_BOOLEAN, path=f"{PATH}?validateOnly=true")
    twice = f"{PATH}?validate_only=true&validate_only=true"
    yield rejected("validate_only twice", A, NOT_BOOLEAN, path=twice)
    dry_read = request("GET", DRY, type=None)
    yield Case("validate_only on GET", dry_read, 200, {}, {"etag": "{etag}"})


def preferences():
    named = {"id": [READ_ONLY], "email": [READ_ONLY], "nickname": [UNKNOWN]}
    for wire in (STRICT, ["PREFER: Handling=Strict"], ["Prefer: return=minimal, handling=strict"]):
        yield rejected(f"{wire}", IGNORED, named, wire=wire, answered=APPLIED)
    both = {"gender": ['"x" is not a valid choice.'], "nickname": [UNKNOWN]}
    yield rejected("strict, a wrong field too", {"nickname": 1, "gender": "x"}, both, wire=STRICT, answered=APPLIED)
    yield rejected("strict, dry", {"nickname": 1}, {"nickname": [UNKNOWN]}, wire=STRICT, path=DRY, answered=APPLIED)
    yield patched("strict, known fields", A, wire=STRICT)
    yield patched("strict, nothing", {}, wire=STRICT)
    yield rejected(
        "strict, not JSON",
        b"[]",
        {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]},
        wire=STRICT,
    )
    for wire in (
        ["Prefer: handling=lenient"],
        ["Prefer: handling=strictly"],
        ["Prefer: return=minimal"],
        ["X-Prefer: handling=strict"],
    ):
        yield patched(f"{wire}", IGNORED, {}, wire=wire, answered={"preference-applied": None})
