"""What operators may do beside Django, and what is Django's."""

import json

import pytest
from support.shop import TOKEN

REJECTED = [
    ["migrate"],
    ["customer", "add", "--username", "x"],
    ["customer", "deactivate", "customer2"],
    ["customer", "activate", "customer2"],
    ["customer", "import", "customers.csv"],
    ["token", "issue", "customer2"],
    ["token", "list", "customer2"],
    ["token", "revoke", "1"],
    ["copy", "--from", "sqlite://from.db", "--to", "{url}"],
]


@pytest.mark.parametrize("command", REJECTED, ids=" ".join)
def test_rejects_what_is_djangos(command, shop, engine):
    before = shop.database.execute("SELECT * FROM shop_customer ORDER BY id")
    command = [part.format(url=shop.database.url) for part in command]
    code, stdout, stderr = shop.run(*command, "--layout", "django")
    assert (code, stdout) == (2, "")
    assert stderr.startswith("error: ") and stderr.count("\n") == 1 and "Django" in stderr, stderr
    assert shop.database.execute("SELECT * FROM shop_customer ORDER BY id") == before


def test_shows_a_customer(shop):
    shop.restore()
    code, stdout, stderr = shop.run("customer", "show", "customer1", "--layout", "django")
    assert (code, stderr) == (0, "")
    assert "customer1@example.com" in stdout


def test_exports_every_customer(shop):
    shop.restore()
    code, stdout, _ = shop.run("customer", "export", "--format", "jsonl", "--layout", "django")
    rows = [json.loads(line) for line in stdout.splitlines()]
    assert code == 0
    assert [row["username"] for row in rows] == ["customer1", "customer2", "customer3", "admin"]
    assert rows[0]["email"] == "customer1@example.com"


def test_imports_customers_and_tokens_into_a_database_of_its_own(shop, tmp_path):
    """The other way: a shop leaves Django."""
    shop.restore()
    native = f"sqlite://{tmp_path}/own.db"
    assert shop.run("migrate", DATABASE_URL=native)[0] == 0
    source = ["--from-database", shop.database.url, "--layout", "django"]
    code, stdout, stderr = shop.run("customer", "import", *source, DATABASE_URL=native)
    assert code == 0, stderr
    own = shop.start_own_server(native)
    shown = own.row()[0]
    assert shown == shop.start_server().row()[0]
    assert own.key == TOKEN


def test_the_native_layout_does_not_start_on_djangos_tables(shop):
    code, _, stderr = shop.run("serve", "--no-migrate", "--listen", "127.0.0.1:0")
    assert code == 1
    assert "--layout django" in stderr
