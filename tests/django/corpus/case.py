"""A raw request, and the answer that the contract states."""

from dataclasses import dataclass, field, replace
from typing import Any

from case import request

# What a patch may set of customer 1, as it is before each case.
GRAPHQL_NAMES = {
    "username": "username",
    "avatar": "avatar",
    "first_name": "firstName",
    "last_name": "lastName",
    "gender": "gender",
}


@dataclass(frozen=True)
class Case:
    """`body` is JSON. In a 200 of REST it has only the fields that change, in `data` of GraphQL a `Customer` likewise.

    `headers` must be there with these values; None: must not be there. `on_django` is the answer on a Django shop's
    tables, where they decide.
    """

    name: str
    request: bytes
    status: int
    body: Any = None
    headers: dict = field(default_factory=dict)
    on_django: "Case | None" = None

    def differently_on_django(self, status, body):
        return replace(self, on_django=replace(self, status=status, body=body))


def patched(name, body, /, changes=None, *, answered=None, wire=(), **options):
    """A PATCH that succeeds, and the fields that it changes: those of the body, if no others are named.

    `wire`: further headers of the request; `answered`: headers of the answer.
    """
    changes = body if changes is None else changes
    return Case(f"PATCH {name}", request(body=body, headers=wire, **options), 200, changes, answered or {})


def rejected(name, body, /, errors, *, status=400, answered=None, wire=(), **options):
    """A PATCH that fails; `errors` by field, or the text of `detail`."""
    errors = {"detail": errors} if isinstance(errors, str) else errors
    return Case(f"PATCH {name}", request(body=body, headers=wire, **options), status, errors, answered or {})


def graphql(query, variables=None, /, **members):
    """The body of a GraphQL request."""
    body = {"query": query} | members
    return body if variables is None else body | {"variables": variables}


def post(body, *, path="/graphql", headers=(), **options):
    """A GraphQL request by POST."""
    return request("POST", path, body=body, headers=headers, **options)


class Errors:
    """Equal to GraphQL errors with this code, each with a text; with this one, if it is given."""

    def __init__(self, code, message=None):
        self.code, self.message = code, message

    def __eq__(self, other):
        return bool(other) and all(self.is_one(error) for error in other)

    def is_one(self, error):
        message = error["message"]
        is_text = message == self.message if self.message else 0 < len(message) <= 300
        return is_text and error["extensions"] == {"code": self.code}

    def __repr__(self):
        return f"<errors {self.code} {self.message or ''}>"
