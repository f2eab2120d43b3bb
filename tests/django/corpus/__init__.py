"""Raw requests, and what docs/rest-api.md and docs/graphql-over-http.md want them answered with.

`case` says what a case is, `expected` what follows from one for the customer as it is.
"""

from . import access, avatars, bodies, conditions, documents, fields, inputs, transport

GROUPS = (access, bodies, fields, avatars, conditions, inputs, documents, transport)


def all_cases():
    return [case for group in GROUPS for case in group.cases()]
