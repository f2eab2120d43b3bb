"""GraphQL: absent and null, aliases, fragments, introspection, and documents that are not executed."""

from .case import Case, Errors, graphql, post
from .conditions import MOVED
from .fields import NULL
from .inputs import payload

PROFILE = {
    "id": "1", "username": "customer1", "mobileNumber": "09300000001", "email": "customer1@example.com",
    "avatar": "http://127.0.0.1:8000/media/1.png", "firstName": "Sara", "lastName": "Ahmadi",
    "fullName": "Sara Ahmadi",
    "gender": "FEMALE", "isProfileCompleted": True,
}  # fmt: skip
ALL = " ".join(PROFILE)

INVALID, INPUT, SYNTAX = "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"

READS = [
    (f"{{ me {{ {ALL} }} }}", {"me": PROFILE}),
    ("{ me { version } }", {"me": {"version": "{version}"}}),
    ("query Q { me { id } }", {"me": {"id": "1"}}),
    ("{ a: me { id } b: me { username } }", {"a": {"id": "1"}, "b": {"username": "customer1"}}),
    ("{ me { a: id b: id } }", {"me": {"a": "1", "b": "1"}}),
    ("{ me { id } me { username } }", {"me": {"id": "1", "username": "customer1"}}),
    (
        "{ me { ...F } } fragment F on Customer { id ...G } fragment G on Customer { gender }",
        {"me": {"id": "1", "gender": "FEMALE"}},
    ),
    ("{ ... on Query { me { ... { id } } } }", {"me": {"id": "1"}}),
    ("{ me { id username @skip(if: true) } }", {"me": {"id": "1"}}),
    ("{ me { id username @include(if: false) } }", {"me": {"id": "1"}}),
    ("{ __typename me { __typename } }", {"__typename": "Query", "me": {"__typename": "Customer"}}),
    (
        '{ __type(name: "Gender") { enumValues { name } } }',
        {"__type": {"enumValues": [{"name": "MALE"}, {"name": "FEMALE"}]}},
    ),
    ('{ __type(name: "Nothing") { name } }', {"__type": None}),
    (
        "{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }",
        {"__schema": {"queryType": {"name": "Query"}, "mutationType": {"name": "Mutation"}, "subscriptionType": None}},
    ),
    (
        '{ __type(name: "UpdateMyProfilePayload") { fields { name } } }',
        {"__type": {"fields": [{"name": "customer"}, {"name": "userErrors"}]}},
    ),
    ("\ufeff{ me { id } }", {"me": {"id": "1"}}),
    ("# a comment\n{, me, { id, } }", {"me": {"id": "1"}}),
]

NAMES = "customer { firstName lastName gender avatar username } userErrors { field code message }"
EACH = (
    "mutation ($u: String, $a: String, $f: String, $l: String, $g: Gender, $v: String) "
    "{ updateMyProfile(input: {username: $u, avatar: $a, firstName: $f, lastName: $l, gender: $g, ifVersion: $v}) "
    f"{{ {NAMES} }} }}"
)

# Variables that are not set are absent fields.
VARIABLES = [
    ({}, {}),
    (None, {}),
    ({"f": "A"}, {"firstName": "A"}),
    ({"g": None}, {"gender": None}),
    ({"a": None, "f": "A"}, {"avatar": None, "firstName": "A"}),
    ({"g": "MALE", "l": ""}, {"gender": "MALE", "lastName": ""}),
    ({"v": "{version}", "u": "reza"}, {"username": "reza"}),
    ({"v": None}, {}),
    ({"unknown": 1, "f": "A"}, {"firstName": "A"}),
]

NULLS = [
    ({"u": None}, ["username"]),
    ({"f": None, "l": None}, ["firstName", "lastName"]),
    ({"u": None, "g": None}, ["username"]),
]

DEFAULT = (
    'mutation ($f: String = "D", $l: String = null) { updateMyProfile(input: {firstName: $f, lastName: $l}) '
    f"{{ {NAMES} }} }}"
)


def cases():
    for query, data in READS:
        yield Case(f"GraphQL {query[:70]}", post(graphql(query)), 200, {"data": data})
    for variables, changes in VARIABLES:
        yield Case(f"GraphQL variables {variables}", post(graphql(EACH, variables)), 200, payload(changes))
    for variables, fields in NULLS:
        errors = [(field, "NULL", NULL) for field in fields]
        yield Case(f"GraphQL variables {variables}", post(graphql(EACH, variables)), 200, payload(None, *errors))
    yield from defaults()
    yield from mutations()
    for name, body, code in not_executed():
        accept = ["Accept: application/graphql-response+json"]
        yield Case(f"GraphQL {name}, as its own type", post(body, headers=accept), 400, {"errors": Errors(code)})
        yield Case(f"GraphQL {name}", post(body), 200, {"errors": Errors(code)})


def defaults():
    yield Case("GraphQL default of null", post(graphql(DEFAULT)), 200, payload(None, ("lastName", "NULL", NULL)))
    yield Case(
        "GraphQL default unused", post(graphql(DEFAULT, {"l": "L"})), 200, payload({"firstName": "D", "lastName": "L"})
    )


def mutations():
    """Each alias is a change of its own, in their order."""
    update = "updateMyProfile(input: {%s}) { customer { firstName lastName } userErrors { field code message } }"
    one, two = update % 'firstName: "A"', update % 'lastName: "B"'
    changed = [
        payload(names)["data"]["updateMyProfile"] for names in ({"firstName": "A"}, {"firstName": "A", "lastName": "B"})
    ]
    body = {"data": {"one": changed[0], "two": changed[1]}}
    yield Case("GraphQL two aliases", post(graphql(f"mutation {{ one: {one} two: {two} }}")), 200, body)
    wrong = update % "firstName: null"
    error = payload(None, ("firstName", "NULL", NULL))["data"]["updateMyProfile"]
    last = payload({"firstName": "Sara", "lastName": "B"})["data"]["updateMyProfile"]
    body = {"data": {"one": error, "two": last}}
    yield Case(
        "GraphQL two aliases, the first wrong", post(graphql(f"mutation {{ one: {wrong} two: {two} }}")), 200, body
    )
    stale = update % 'firstName: "C", ifVersion: "1-0"'
    body = {"data": {"one": changed[0], "two": payload(None, ("", "CONFLICT", MOVED))["data"]["updateMyProfile"]}}
    yield Case(
        "GraphQL two aliases, the second stale", post(graphql(f"mutation {{ one: {one} two: {stale} }}")), 200, body
    )
    dry = one.replace("})", "}, validateOnly: true)", 1)
    unseen = payload({"firstName": "Sara", "lastName": "B"})["data"]["updateMyProfile"]
    body = {"data": {"one": changed[0], "two": unseen}}
    yield Case("GraphQL a dry run and an update", post(graphql(f"mutation {{ one: {dry} two: {two} }}")), 200, body)
    enum = graphql(
        "mutation { updateMyProfile(input: {gender: MALE, avatar: null}) { customer { gender avatar } userErrors { code } } }"
    )
    yield Case("GraphQL literals", post(enum), 200, payload({"gender": "MALE", "avatar": None}))


def not_executed():
    """Nothing of these is executed: no `data`."""
    update = "updateMyProfile(input: {}) { userErrors { code } }"
    yield "syntax", graphql("{"), SYNTAX
    yield "a document of white space", graphql(" "), SYNTAX
    yield "an unterminated string", graphql('{ me(x: "'), SYNTAX
    yield "unknown field", graphql("{ me { first_name } }"), INVALID
    yield "no selection", graphql("{ me }"), INVALID
    yield "a selection of a scalar", graphql("{ me { id { x } } }"), INVALID
    yield "unknown argument", graphql("{ me(id: 2) { id } }"), INVALID
    yield (
        "unknown input field",
        graphql('mutation { updateMyProfile(input: {email: "x"}) { userErrors { code } } }'),
        INVALID,
    )
    yield "no input", graphql("mutation { updateMyProfile { userErrors { code } } }"), INVALID
    yield (
        "a string for the enum",
        graphql('mutation { updateMyProfile(input: {gender: "MALE"}) { userErrors { code } } }'),
        INVALID,
    )
    yield (
        "another enum value",
        graphql("mutation { updateMyProfile(input: {gender: OTHER}) { userErrors { code } } }"),
        INVALID,
    )
    yield (
        "a number for a string",
        graphql("mutation { updateMyProfile(input: {firstName: 5}) { userErrors { code } } }"),
        INVALID,
    )
    yield (
        "validateOnly null",
        graphql("mutation { updateMyProfile(input: {}, validateOnly: null) { userErrors { code } } }"),
        INVALID,
    )
    yield "unknown fragment", graphql("{ me { ...F } }"), INVALID
    yield "unknown type", graphql("{ me { ... on Nothing { id } } }"), INVALID
    yield "a fragment of itself", graphql("{ me { ...F } } fragment F on Customer { ...F }"), INVALID
    yield "a root field twice", graphql(f"mutation {{ {update} {update} }}"), INVALID
    yield (
        "two operations, none named",
        graphql("query A { me { id } } query B { me { id } }"),
        "OPERATION_RESOLUTION_FAILURE",
    )
    yield (
        "an operation that is not there",
        graphql("query A { me { id } }", operationName="B"),
        "OPERATION_RESOLUTION_FAILURE",
    )
    required = "mutation ($input: UpdateMyProfileInput!) { updateMyProfile(input: $input) { userErrors { code } } }"
    for variables in ({}, {"input": None}, {"input": 5}, {"input": {"gender": "male"}}, {"input": {"gender": 1}},
                      {"input": {"firstName": 5}}, {"input": {"firstName": True}}, {"input": {"avatar": []}},
                      {"input": {"username": {}}}, {"input": {"email": "x"}}, {"input": {"first_name": "A"}}):  # fmt: skip
        yield f"input {variables}", graphql(required, variables), INPUT
    yield "a variable that is not declared", graphql("{ me { id @skip(if: $x) } }"), INVALID
    yield "subscription", graphql("subscription { me { id } }"), INVALID
    yield from limits()


def limits():
    yield "17,000 bytes", graphql("{ me { id } } #" + "x" * 17_000), "DOCUMENT_TOO_LARGE"
    yield "1,001 tokens", graphql("{ me { " + "id " * 1000 + "} }"), "TOO_MANY_TOKENS"
    yield "33 brackets", graphql("{ me(x: " + "[" * 33 + "]" * 33 + ") { id } }"), "TOO_DEEPLY_NESTED"
    yield (
        "11 operations",
        graphql(" ".join(f"query Q{n} {{ me {{ id }} }}" for n in range(11)), operationName="Q1"),
        "TOO_MANY_OPERATIONS",
    )
    yield "31 aliases", graphql("{ me { " + " ".join(f"a{n}: id" for n in range(31)) + " } }"), "TOO_MANY_ALIASES"
    yield "401 fields", graphql("{ me { " + "id " * 401 + "} }"), "TOO_MANY_FIELDS"
    yield "21 directives", graphql("{ me { id " + "@skip(if: false) " * 21 + "} }"), "TOO_MANY_DIRECTIVES"
    yield (
        "6 mutations",
        graphql(
            "mutation { "
            + " ".join(f"m{n}: updateMyProfile(input: {{}}) {{ userErrors {{ code }} }}" for n in range(6))
            + " }"
        ),
        "TOO_MANY_ROOT_FIELDS",
    )
