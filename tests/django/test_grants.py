"""The server under the role of `django grants`, after everything else was revoked."""

import json

import psycopg
import pytest
from case import request
from support.shop import Shop

ROLE = "shop_profile"

FORBIDDEN = [
    "SELECT password FROM shop_customer",
    "SELECT * FROM shop_customer",
    "SELECT is_superuser FROM shop_customer",
    "SELECT * FROM authtoken_token",
    "SELECT created FROM authtoken_token",
    "SELECT session_key FROM django_session",
    "UPDATE shop_customer SET is_superuser = true",
    "UPDATE shop_customer SET is_active = true",
    "UPDATE shop_customer SET email = ''",
    "UPDATE shop_customer SET mobile_number = NULL",
    "UPDATE shop_customer SET password = ''",
    "UPDATE authtoken_token SET user_id = 4",
    "INSERT INTO shop_customer (username) VALUES ('x')",
    "INSERT INTO authtoken_token (key, user_id) VALUES ('x', 4)",
    "DELETE FROM shop_customer",
    "DELETE FROM authtoken_token",
    "TRUNCATE authtoken_token",
    "ALTER TABLE shop_customer ADD COLUMN x integer",
    "CREATE INDEX ON shop_customer (avatar)",
    "CREATE TABLE x (a integer)",
    "DROP TABLE authtoken_token",
    "CREATE ROLE other",
]


@pytest.fixture(scope="module")
def granted(cluster):
    """The shop, with a server under the role."""
    shop = Shop("5.2", cluster.create_database())
    database = shop.database
    database.execute(f"CREATE ROLE {ROLE} LOGIN")
    database.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {ROLE}")
    database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    code, sql, _ = shop.run("django", "grants", ROLE, "--layout", "django", "--touch", "updated_at")
    assert code == 0
    for statement in sql.split(";"):
        if statement.strip():
            database.execute(statement)
    shop.role_url = cluster.url(database.value("SELECT current_database()"), ROLE)
    shop.server = shop.start_server("--touch", "updated_at", DATABASE_URL=shop.role_url)
    yield shop
    shop.stop()
    database.execute(f"DROP OWNED BY {ROLE}")
    database.execute(f"DROP ROLE {ROLE}")


def test_reads_and_writes_everything_that_a_client_may(granted):
    everything = {
        "username": "reza",
        "avatar": "https://a.com/r.png",
        "first_name": "Reza",
        "last_name": "Karimi",
        "gender": "male",
    }
    answer = granted.server.ask(request(body=everything))
    assert answer.status == 200
    shown, etag = granted.server.row()
    assert shown == json.loads(answer.body) and shown | everything == shown
    conditional = request(body={"first_name": "A"}, headers=["If-Match: {etag}"])
    assert [granted.server.ask(conditional, etag).status for _ in range(2)] == [200, 412]
    # The role cannot read the whole of the other customer's row, but that the name is taken.
    assert granted.server.ask(request(body={"username": "customer2"})).status == 400
    assert granted.server.ask(request(body={"username": "customer2", "gender": "x"})).status == 400


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_nothing_else_is_possible(granted, statement):
    with psycopg.connect(granted.role_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_commands_for_operators_run_under_it(granted):
    code, _, stderr = granted.run("customer", "show", "customer2", "--layout", "django", DATABASE_URL=granted.role_url)
    assert (code, stderr) == (0, "")
