"""`shop-profile django check`: what an owner is told about their tables."""

import pytest


def check(shop, *arguments):
    code, stdout, stderr = shop.run("django", "check", *arguments)
    assert stderr == ""
    return code, stdout


def test_names_tables_columns_and_the_command_to_run(shop, engine):
    code, text = check(shop)
    assert code == 0, text
    assert "shop_customer" in text and "authtoken_token" in text
    for field in ("username", "mobile_number", "email", "avatar", "first_name", "last_name", "gender"):
        assert field in text
    assert "200" in text and "150" in text
    assert "updated_at" in text  # auto_now
    assert "post_save" in text and "clean()" in text
    assert text.rstrip().splitlines()[-1].strip().startswith("shop-profile serve --layout django")


def test_finds_usernames_that_differ_in_case_alone(shop):
    shop.database.set("shop_customer", ("id", 2), username="CUSTOMER1")
    try:
        code, text = check(shop)
        # The ids say which; the names are customers' data.
        assert code == 0 and "1 and 2" in text and "look-alike" in text
        assert "customer1" not in text.lower()
    finally:
        shop.database.set("shop_customer", ("id", 2), username="customer2")


def test_finds_a_trigger(new_shop, engine):
    shop = new_shop()
    if engine == "sqlite":
        shop.database.execute("CREATE TRIGGER noise AFTER UPDATE ON shop_customer BEGIN SELECT 1; END")
    else:
        shop.database.execute("CREATE FUNCTION noise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        shop.database.execute(
            "CREATE TRIGGER noise BEFORE UPDATE ON shop_customer FOR EACH ROW EXECUTE FUNCTION noise()"
        )
    code, text = check(shop)
    assert code == 0 and "noise" in text


def test_a_lookup_without_an_index_is_missing_something(new_shop, engine):
    if engine == "sqlite":
        pytest.skip("SQLite keeps a UNIQUE of the table's own declaration for good")
    shop = new_shop()
    shop.database.execute("ALTER TABLE shop_customer DROP CONSTRAINT shop_customer_username_key")
    code, text = check(shop)
    assert code == 1 and "unique" in text and "username" in text


def test_a_database_without_django_is_missing_its_tables(shop, tmp_path):
    empty = tmp_path / "empty.db"
    empty.touch()
    code, stdout, stderr = shop.run("django", "check", DATABASE_URL=f"sqlite://{empty}")
    assert code == 1 and "authtoken_token" in stdout + stderr


def test_knows_other_names_only_by_options(new_shop):
    shop = new_shop("accounts")
    code, text = check(shop)
    assert code == 1 and "mobile_number" in text and "--column" in text
    options = ("--column", "mobile_number=phone", "--media-url", "https://cdn.example/media/")
    code, text = check(shop, *options)
    assert code == 0, text
    assert text.rstrip().splitlines()[-1].strip().endswith(" ".join(options))
