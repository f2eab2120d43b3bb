"""The profile of a shop's customer, by GraphQL."""

from dataclasses import dataclass
from enum import StrEnum

import tenacity
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.requests import RequestsHTTPTransport

ME = gql("query { me { fullName gender version } }")
UPDATE = gql(
    """
    mutation ($input: UpdateMyProfileInput!) {
      updateMyProfile(input: $input) {
        customer { fullName gender version }
        userErrors { field code message }
      }
    }
    """
)


class Code(StrEnum):
    """What is wrong, for the program. A server that is newer than this list may have more."""

    BLANK = "BLANK"
    NULL = "NULL"
    INVALID = "INVALID"
    TOO_LONG = "TOO_LONG"
    TAKEN = "TAKEN"
    CONFLICT = "CONFLICT"
    OTHER = "OTHER"

    @classmethod
    def _missing_(cls, value):
        return cls.OTHER


@dataclass(frozen=True)
class UserError:
    """One error that the customer can correct; `field` is empty when it is about the whole profile."""

    field: str
    code: Code
    message: str


class NotUpdated(Exception):
    """Nothing was written."""

    def __init__(self, errors: list[UserError]):
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class Conflict(NotUpdated):
    """The profile has changed since it was read."""


def is_unavailable(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, TransportQueryError):
        codes = [each.get("extensions", {}).get("code") for each in error.errors or []]
        return "SERVICE_UNAVAILABLE" in codes
    return isinstance(error, TransportConnectionFailed)


class Shop:
    """The API of one customer. Use it as a context manager."""

    def __init__(self, url: str, token: str):
        headers = {"Authorization": f"Token {token}"}
        self._client = Client(transport=RequestsHTTPTransport(f"{url}/graphql", headers=headers, timeout=15))

    def __enter__(self):
        self._session = self._client.__enter__()
        return self

    def __exit__(self, *details):
        self._client.__exit__(*details)

    def read(self) -> dict:
        """The profile as it is now."""
        return self._execute(ME)["me"]

    def update(self, changes: dict, version: str) -> dict:
        """Changes the fields that `changes` names, if the profile still has the version, and gives the new profile.

        When an answer was lost after the change was made, the second attempt finds another version: a `Conflict`.
        So the change is never made on top of another one.
        """
        payload = self._execute(UPDATE, {"input": {**changes, "ifVersion": version}})["updateMyProfile"]
        errors = [
            UserError(".".join(error["field"]), Code(error["code"]), error["message"])
            for error in payload["userErrors"]
        ]
        if errors:
            raise (Conflict if errors[0].code is Code.CONFLICT else NotUpdated)(errors)
        return payload["customer"]

    @tenacity.retry(
        retry=tenacity.retry_if_exception(is_unavailable),
        wait=tenacity.wait_exponential_jitter(initial=0.5, max=5),
        stop=tenacity.stop_after_attempt(5),
        reraise=True,
    )
    def _execute(self, document, variables=None) -> dict:
        return self._session.execute(GraphQLRequest(document, variable_values=variables))
