"""What the shop's columns, constraints and indexes reject is an error of the field, and never a 500."""

import json

import pytest
from case import PATH, TAKEN, request
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
CHECKS = [
    ({"gender": "female"}, "gender", "INVALID", CHECK),
    ({"first_name": "same", "last_name": "same"}, "first_name", "INVALID", CHECK),
    ({"last_name": "Sara"}, "last_name", "INVALID", CHECK),
]
CONSTRAINTS = [
    *CHECKS,
    ({"gender": "male"}, "gender", "INVALID", CHECK),
    ({"last_name": "of customer2"}, "last_name", "TAKEN", UNIQUE),
    ({"username": "free", "last_name": "of customer2"}, "last_name", "TAKEN", UNIQUE),
    ({"first_name": "ONLY ONE"}, "first_name", "TAKEN", UNIQUE),
]

# In quotes, as Django writes them, and without: SQLite keeps the text.
CONSTRAINTS_OF_TABLE = [
    """CONSTRAINT "no_females" CHECK ("gender" <> 'female')""",
    "CONSTRAINT names_differ CHECK (first_name <> last_name)",
    "CONSTRAINT known_gender FOREIGN KEY (gender) REFERENCES genders (code) DEFERRABLE INITIALLY DEFERRED",
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
    """Gives the table shorter columns without null, checks, a foreign key and unique indexes."""
    database.execute("CREATE TABLE genders (code varchar(6) PRIMARY KEY)")  # and none is known
    if database.is_sqlite:
        rebuild(database)
    else:
        for change in POSTGRES_COLUMNS + [f"ADD {check}" for check in CONSTRAINTS_OF_TABLE]:
            database.execute(f"ALTER TABLE shop_customer {change}")
    for index in INDEXES:
        database.execute(index)


def rebuild(database):
    """SQLite changes a table by creating a new one, as Django's migrations do."""
    sql = database.value("SELECT sql FROM sqlite_master WHERE name = 'shop_customer'")
    for old, new in SQLITE_COLUMNS.items():
        assert old in sql
        sql = sql.replace(old, new)
    sql = sql.replace('"shop_customer"', "new_customer", 1).removesuffix(")")
    for statement in (
        f"{sql}, {', '.join(CONSTRAINTS_OF_TABLE)})",
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
    for patch, *error in CONSTRAINTS:
        assert_rejected(shop, server, patch, *error)


def test_a_dry_run_does_not_ask_constraints(shop):
    """As the documentation says. Only the username is looked up."""
    constrain(shop.database)
    server = shop.start_server()
    for patch, *_ in CONSTRAINTS:
        answer = server.ask(request(path=f"{PATH}?validate_only=true", body=patch))
        assert answer.status == 200, patch


def test_a_taken_username_is_reported_beside_a_check(shop):
    """Of two unique values that are taken the database names one."""
    constrain(shop.database)
    server = shop.start_server()
    for patch, field, _, message in CHECKS:
        answer = server.ask(request(body=patch | {"username": "customer2"}))
        assert (answer.status, json.loads(answer.body)) == (400, {"username": [TAKEN], field: [message]}), patch


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


@pytest.mark.parametrize("engine", ["postgres"])
def test_constraints_of_a_profile_table(new_shop):
    """Fields of both tables are written in one statement, or none is."""
    shop = new_shop("profiles")
    shop.database.execute("UPDATE profiles_profile SET gender = ''")
    server = shop.start_server()
    before, _ = server.row()
    for change in (
        "ALTER TABLE profiles_profile ADD CHECK (gender <> 'female')",
        "ALTER TABLE profiles_profile ALTER avatar TYPE varchar(20)",
        "CREATE UNIQUE INDEX first_names ON auth_user (first_name) WHERE first_name <> 'Sara'",
    ):
        shop.database.execute(change)
    shop.database.set("auth_user", ("id", 2), first_name="Only One")
    avatar = "https://a.example/" + "x" * 3
    for patch, errors in (
        ({"gender": "female"}, {"gender": [CHECK]}),
        ({"first_name": "Reza", "gender": "female"}, {"gender": [CHECK]}),
        ({"first_name": "Only One", "gender": "male"}, {"first_name": [UNIQUE]}),
        ({"first_name": "Reza", "avatar": avatar}, {"avatar": [SHORT]}),
    ):
        answer = server.ask(request(body=patch))
        assert (answer.status, json.loads(answer.body)) == (400, errors)
        assert server.row()[0] == before
    assert server.ask(request(body={"first_name": "Reza", "gender": "male"})).status == 200
