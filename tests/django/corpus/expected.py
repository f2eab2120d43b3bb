"""The whole answer to a case, and the row after it, for the customer as it is."""

import json

from .case import GRAPHQL_NAMES

CHALLENGE = {"www-authenticate": "Token"}
ALLOW = {"allow": "GET, HEAD, PATCH, OPTIONS"}


def headers(case, etag):
    """Those that the case names, and what goes with each status everywhere."""
    named = {name: value and value.replace("{etag}", etag) for name, value in case.headers.items()}
    everywhere = {"x-content-type-options": "nosniff"}
    if case.status == 401:
        everywhere |= CHALLENGE
    if not is_graphql(case) and case.status in (204, 405):
        everywhere |= ALLOW
    if case.status in (200, 400, 404, 405, 415) and not is_graphql(case) and case.body is not None:
        everywhere |= {"content-type": "application/json"}
    # What is not HTTP/1.1 has no handler that would set headers.
    return named if case.status == 400 and case.body is None else everywhere | named


def is_graphql(case):
    return case.request.split(b" ")[1].partition(b"?")[0] == b"/graphql"


def wanted(case, outcome):
    """The body as JSON; None for none."""
    if case.status == 200 and not is_graphql(case) and case.body is not None:
        return profile(outcome.row | case.body)
    given = json.loads(outcome.answer.body) if is_graphql(case) and outcome.answer.body else None
    return filled(case.body, given, outcome)


def profile(row):
    """A row with what is computed from it."""
    names = [name for name in (row["first_name"], row["last_name"]) if name]
    is_completed = all(row[name] for name in ("username", "first_name", "last_name", "gender"))
    return row | {"full_name": " ".join(names), "is_profile_completed": is_completed}


def filled(expected, given, outcome):
    """The expected JSON with every `customer` made whole: it has the fields that the answer shows."""
    match expected:
        case str():
            return expected.replace("{version}", outcome.etag.strip('"'))
        case {"customer": dict(changes), **others}:
            shown = (given or {}).get("customer") or {}
            whole = as_graphql(profile(outcome.row | as_row(changes)))
            return {"customer": {name: whole[name] for name in shown}, **others}
        case dict():
            return {key: filled(value, (given or {}).get(key), outcome) for key, value in expected.items()}
    return expected


def as_graphql(row):
    gender = row["gender"] and row["gender"].upper()
    names = GRAPHQL_NAMES | {"full_name": "fullName", "is_profile_completed": "isProfileCompleted"}
    return {shown: (row | {"gender": gender})[name] for name, shown in names.items()}


def as_row(customer):
    """The fields of a GraphQL customer that a patch can set."""
    row = {name: customer[shown] for name, shown in GRAPHQL_NAMES.items() if shown in customer}
    return row | ({"gender": row["gender"].lower()} if row.get("gender") else {})


def row_after(case, outcome):
    """What is stored when the answer is the expected one."""
    if case.status != 200 or b"validate_only=true" in case.request or b"$input, validateOnly" in case.request:
        return outcome.row
    if not is_graphql(case):
        return outcome.row | (case.body or {})
    changes = {}
    for payload in json.loads(outcome.answer.body or b"{}").get("data", {}).values():
        if isinstance(payload, dict) and payload.get("customer"):
            changes |= as_row(payload["customer"])
    return outcome.row | changes
