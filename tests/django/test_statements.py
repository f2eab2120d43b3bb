"""The statements that a layout for Django's tables would send, on the tables that Django made.

These are experiments that are kept: docs/django-layout-notes.md builds on what they show. They need no server.
"""

from threading import Thread

import psycopg
import pytest
from support.shop import TOKEN, Shop

UPDATE = """
UPDATE shop_customer SET first_name = %(name)s
WHERE id IN (SELECT user_id FROM authtoken_token WHERE key = %(token)s) AND is_active
  AND first_name IS DISTINCT FROM %(name)s{condition} RETURNING first_name, last_name"""
AT_VERSION = " AND xmin::text::bigint = %(version)s"

# Both rows are locked first, by the statement that checks the token: what another transaction commits meanwhile is seen.
BOTH_TABLES = """
WITH live AS (
  SELECT u.id FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id JOIN profiles_profile p ON p.user_id = u.id
  WHERE t.key = %(token)s AND u.is_active FOR NO KEY UPDATE OF u, p
), u AS (
  UPDATE auth_user SET first_name = %(name)s WHERE id IN (SELECT id FROM live) RETURNING id, first_name, last_name
), p AS (
  UPDATE profiles_profile SET gender = 'male' WHERE user_id IN (SELECT id FROM live) RETURNING user_id, gender, avatar
) SELECT first_name, last_name, gender, avatar FROM u JOIN p ON p.user_id = u.id"""

ERRORS = [
    # Statement, SQLSTATE, the column and the constraint that the error names.
    ("UPDATE shop_customer SET avatar = repeat('x', 201)", "22001", None, None),
    ("UPDATE shop_customer SET first_name = NULL", "23502", "first_name", None),
    ("UPDATE shop_customer SET username = 'taken'", "23505", None, "shop_customer_username_key"),
    ("UPDATE shop_customer SET gender = 'x'", "23514", None, "gender_is_known"),
]


@pytest.fixture(scope="module")
def shop(version, cluster):
    return Shop(version, cluster.create_database())


@pytest.fixture(scope="module")
def profiles(cluster):
    return Shop("5.2", cluster.create_database(), "profiles")


def connect(shop):
    return psycopg.connect(shop.database.url, autocommit=True)


def while_another_commits(shop, others, statement, parameters):
    """The rows of a statement that waits for a lock until another transaction has committed."""
    rows = []
    with connect(shop) as first, connect(shop) as second:
        with first.transaction():
            for other in others:
                first.execute(other)
            waiting = Thread(target=lambda: rows.extend(second.execute(statement, parameters).fetchall()))
            waiting.start()
            while not first.execute(
                "SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [second.info.backend_pid]
            ).fetchone():
                assert waiting.is_alive(), rows
        waiting.join()
    return rows


def version(shop):
    return shop.database.value("SELECT xmin::text::bigint FROM shop_customer WHERE id = 1")


def test_xmin_moves_with_the_row_and_with_nothing_else(shop):
    before = version(shop)
    with connect(shop) as connection:
        connection.execute("VACUUM (FREEZE) shop_customer")
        connection.execute("SELECT 1 FROM shop_customer WHERE id = 1 FOR UPDATE")
    assert version(shop) == before
    shop.database.execute("UPDATE shop_customer SET last_login = now() WHERE id = 1")
    assert version(shop) != before


def test_an_update_at_an_old_version_writes_nothing(shop):
    shop.restore()
    parameters = {"token": TOKEN, "name": "A", "version": version(shop)}
    statement = UPDATE.format(condition=AT_VERSION)
    assert len(shop.database.execute(statement, parameters)) == 1
    assert shop.database.execute(statement, parameters | {"name": "B"}) == []


@pytest.mark.parametrize("condition", ["", AT_VERSION], ids=["any version", "a version"])
def test_an_update_that_waits_sees_the_other_write(shop, condition):
    shop.restore()
    parameters = {"token": TOKEN, "name": "A", "version": version(shop)}
    other = ["UPDATE shop_customer SET last_name = 'other' WHERE id = 1"]
    rows = while_another_commits(shop, other, UPDATE.format(condition=condition), parameters)
    assert rows == ([] if condition else [("A", "other")])


def test_an_update_that_waits_sees_a_deactivation(shop):
    shop.restore()
    other = ["UPDATE shop_customer SET is_active = false WHERE id = 1"]
    assert while_another_commits(shop, other, UPDATE.format(condition=""), {"token": TOKEN, "name": "A"}) == []


@pytest.mark.parametrize(
    "others",
    [
        ["UPDATE auth_user SET last_name = 'other' WHERE id = 1"],
        ["UPDATE profiles_profile SET avatar = 'other' WHERE user_id = 1"],
        [
            "UPDATE profiles_profile SET avatar = 'other' WHERE user_id = 1",
            "UPDATE auth_user SET last_name = 'other' WHERE id = 1",
        ],
    ],
    ids=["user", "profile", "both"],
)
def test_one_statement_for_two_tables_undoes_nothing(profiles, others):
    profiles.database.execute("UPDATE auth_user SET last_name = 'Ahmadi', is_active = true WHERE id = 1")
    profiles.database.execute("UPDATE profiles_profile SET avatar = '' WHERE user_id = 1")
    (row,) = while_another_commits(profiles, others, BOTH_TABLES, {"token": TOKEN, "name": "A"})
    changed = " ".join(others)
    assert row == (
        "A",
        "other" if "auth_user" in changed else "Ahmadi",
        "male",
        "other" if "profiles_profile" in changed else "",
    )


def test_one_statement_for_two_tables_sees_a_deactivation(profiles):
    profiles.database.execute("UPDATE auth_user SET is_active = true WHERE id = 1")
    profiles.database.execute("UPDATE profiles_profile SET gender = 'female' WHERE user_id = 1")
    other = ["UPDATE auth_user SET is_active = false WHERE id = 1"]
    assert while_another_commits(profiles, other, BOTH_TABLES, {"token": TOKEN, "name": "A"}) == []
    assert profiles.database.value("SELECT gender FROM profiles_profile WHERE user_id = 1") == "female"


@pytest.mark.parametrize(("statement", "state", "column", "constraint"), ERRORS, ids=lambda value: str(value)[:5])
def test_errors_name_what_they_can(shop, statement, state, column, constraint):
    shop.restore()
    with connect(shop) as connection, pytest.raises(psycopg.Error) as raised, connection.transaction():
        connection.execute("ALTER TABLE shop_customer ADD CONSTRAINT gender_is_known CHECK (gender <> 'x')")
        connection.execute("UPDATE shop_customer SET username = 'taken' WHERE id = 2")
        connection.execute(f"{statement} WHERE id = 1")
    error = raised.value.diag
    assert (error.sqlstate, error.column_name, error.constraint_name) == (state, column, constraint)
    # The detail has the whole row: it must never be logged.
    assert ("customer1@example.com" in (error.message_detail or "")) == (state in ("23502", "23514"))


def test_a_role_can_be_granted_the_version_and_ten_columns_alone(shop, cluster):
    database = shop.database
    role = f"web_{database.value('SELECT current_database()')}"
    database.execute(f"CREATE ROLE {role} LOGIN")
    database.execute(f"GRANT SELECT (key, user_id) ON authtoken_token TO {role}")
    shown = "id, username, mobile_number, email, avatar, first_name, last_name, gender, is_active, xmin"
    database.execute(f"GRANT SELECT ({shown}) ON shop_customer TO {role}")
    database.execute(f"GRANT UPDATE (username, avatar, first_name, last_name, gender) ON shop_customer TO {role}")
    shop.restore()
    url = cluster.url(database.value("SELECT current_database()"), role)
    parameters = {"token": TOKEN, "name": "A", "version": version(shop)}
    with psycopg.connect(url) as connection:
        assert connection.execute(UPDATE.format(condition=AT_VERSION), parameters).fetchall()
    for forbidden in (
        "SELECT password FROM shop_customer",
        "UPDATE shop_customer SET is_superuser = true",
        "DELETE FROM authtoken_token",
    ):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(forbidden)
