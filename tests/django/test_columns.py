"""What the shop's columns, constraints and indexes reject is an error of a field, and never a 500."""

import json

import pytest
from case import request
from corpus.case import GRAPHQL_NAMES, graphql, post
from corpus.inputs import UPDATE, payload

SHORT, NULL = "Ensure this field has no more than 20 characters.", "This field may not be null."
CHECK, UNIQUE = "Enter a valid value.", "This field must be unique."

# Of the columns: the server knows these rules as soon as it has read them.
RULES = [
    ({"first_name": "x" * 21}, "first_name", "TOO_LONG", SHORT),
    ({"first_name": "x" * 21, "last_name": "free"}, "first_name", "TOO_LONG", SHORT),
]
# Of constraints and indexes: only the database knows them.
CONSTRAINTS = [
    ({"gender": "female"}, "gender", "INVALID", CHECK),
    ({"first_name": "same", "last_name": "same"}, "first_name", "INVALID", CHECK),
    ({"last_name": "Sara"}, "last_name", "INVALID", CHECK),
    ({"last_name": "of customer2"}, "last_name", "TAKEN", UNIQUE),
    ({"username": "free", "last_name": "of customer2"}, "last_name", "TAKEN", UNIQUE),
    ({"first_name": "ONLY ONE"}, "first_name", "TAKEN", UNIQUE),
]

CHECKS = [
    "CONSTRAINT no_females CHECK (gender <> 'female')",
    "CONSTRAINT names_differ CHECK (first_name <> last_name)",
]
INDEXES = [
    "CREATE UNIQUE INDEX last_names ON shop_customer (last_name)",
    "CREATE UNIQUE INDEX first_names ON shop_customer (lower(first_name)) WHERE first_name <> 'Sara'",
]
SQLITE_COLUMNS = {
    '"first_name" varchar(150)': '"first_name" varchar(20)',
    '"avatar" varchar(200) NULL': '"avatar" varchar(200) NOT NULL',
}
POSTGRES_COLUMNS = ["ALTER first_name TYPE varchar(20)", "ALTER avatar SET NOT NULL"]


@pytest.fixture
def shop(new_shop):
    shop = new_shop()
    shop.database.execute(
        "UPDATE shop_customer SET gender = NULL, avatar = '', first_name = 'Sara', last_name = 'of ' || username"
    )
    shop.database.set("shop_customer", ("id", 2), first_name="Only One")
    return shop


def constrain(database):
    """Gives the table shorter columns without null, checks and unique indexes."""
    if database.is_sqlite:
        rebuild(database)
    else:
        for change in POSTGRES_COLUMNS + [f"ADD {check}" for check in CHECKS]:
            database.execute(f"ALTER TABLE shop_customer {change}")
    for index in INDEXES:
        database.execute(index)


def rebuild(database):
    """SQLite changes a table by making it anew, as Django's migrations do."""
    sql = database.value("SELECT sql FROM sqlite_master WHERE name = 'shop_customer'")
    for old, new in SQLITE_COLUMNS.items():
        assert old in sql
        sql = sql.replace(old, new)
    sql = sql.replace('"shop_customer"', "new_customer", 1).removesuffix(")")
    for statement in (
        f"{sql}, {', '.join(CHECKS)})",
        "INSERT INTO new_customer SELECT * FROM shop_customer",
        "DROP TABLE shop_customer",
        "ALTER TABLE new_customer RENAME TO shop_customer",
    ):
        database.execute(statement)


def assert_rejected(shop, server, patch, field, code, message):
    before = shop.stored()
    answer = server.ask(request(body=patch))
    assert (answer.status, json.loads(answer.body)) == (400, {field: [message]}), patch
    fields = {GRAPHQL_NAMES[name]: value.upper() if name == "gender" else value for name, value in patch.items()}
    answer = server.ask(post(graphql(UPDATE, {"input": fields})))
    error = (GRAPHQL_NAMES[field], code, message)
    assert (answer.status, json.loads(answer.body)) == (200, payload(None, error)), patch
    assert shop.stored() == before


def test_columns_and_constraints_of_the_start(shop):
    constrain(shop.database)
    server = shop.start_server()
    for rejected in RULES + CONSTRAINTS:
        assert_rejected(shop, server, *rejected)
    assert_avatar_is_never_null(server)


def test_constraints_that_come_later(shop):
    server = shop.start_server()
    constrain(shop.database)
    for rejected in CONSTRAINTS:
        assert_rejected(shop, server, *rejected)


@pytest.mark.parametrize("engine", ["postgres"])
def test_columns_that_change_later(shop):
    """PostgreSQL holds values to its columns, so that the server notices; SQLite does not."""
    server = shop.start_server()
    constrain(shop.database)
    for rejected in RULES:
        assert_rejected(shop, server, *rejected)
    assert_avatar_is_never_null(server)


def assert_avatar_is_never_null(server):
    answer = server.ask(request(body={"avatar": None}))
    assert (answer.status, json.loads(answer.body)) == (400, {"avatar": [NULL]})
    for body in ({"avatar": "https://a.example/x.png"}, {"avatar": ""}):
        answer = server.ask(request(body=body))
        assert (answer.status, json.loads(answer.body)["avatar"]) == (200, body["avatar"])
    # In GraphQL none is null, however it is stored.
    answer = server.ask(post(graphql("mutation { updateMyProfile(input: {avatar: null}) { customer { avatar } } }")))
    assert json.loads(answer.body) == {"data": {"updateMyProfile": {"customer": {"avatar": None}}}}
