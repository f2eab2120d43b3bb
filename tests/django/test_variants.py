"""Shops with other names, by options alone; and one that keeps part of the profile in a table of its own."""

import json

import pytest
from case import Text, request

GET = request("GET", type=None)

ACCOUNTS = [
    *("--column", "mobile_number=phone"),
    *("--media-url", "https://cdn.example/media/"),
    *("--complete-profile", "first_name,last_name,mobile_number"),
]
AVATARS = ["users/avatars/1.png", "", "a b/é&=?#%;:'()*!~+,$@.png", "/rooted.png", "عکس/پروفایل.jpg", "100%.png"]
NAMES = [{"first_name": ""}, {"last_name": ""}, {"phone": ""}, {"gender": ""}, {"gender": "other"}, {"email": ""}]
PATCHES = [
    {"first_name": "Reza", "last_name": "Karimi"},
    {"gender": ""},
    {"gender": None},
    {"gender": "male"},
    {"avatar": "https://a.com/x.png"},
    {"avatar": None},
    {"mobile_number": "1", "phone": "2"},
]


@pytest.fixture
def accounts(new_shop):
    return new_shop("accounts")


def assert_alike(django, server, raw):
    theirs, ours = django.ask(raw), server.ask(raw)
    assert (ours.status, ours.body) == (theirs.status, theirs.body)


def test_serves_other_names_and_media_files(accounts):
    django, server = accounts.start_django(), accounts.start_server(*ACCOUNTS)

    def restore(**columns):
        customer = {"phone": "0930", "avatar": "", "first_name": "Sara", "last_name": "A", "gender": "female"}
        accounts.database.set("accounts_user", ("id", 1), **(customer | columns))

    for columns in [{"avatar": avatar} for avatar in AVATARS] + NAMES:
        restore(**columns)
        assert_alike(django, server, GET)
    for patch in PATCHES:
        restore(avatar="1.png")
        theirs = django.ask(request(body=patch))
        row = accounts.database.execute("SELECT * FROM accounts_user WHERE id = 1")
        restore(avatar="1.png")
        ours = server.ask(request(body=patch))
        assert (ours.status, ours.body) == (theirs.status, theirs.body)
        assert accounts.database.execute("SELECT * FROM accounts_user WHERE id = 1") == row


def test_graphql_shows_null_where_the_type_is_nullable(accounts):
    server = accounts.start_server(*ACCOUNTS)
    accounts.database.set("accounts_user", ("id", 1), phone="", avatar="", gender="", email="")
    query = {"query": "{ me { mobileNumber email avatar gender firstName } }"}
    answer = server.ask(request("POST", "/graphql", body=query))
    empty = {"mobileNumber": None, "email": None, "avatar": None, "gender": None, "firstName": "Sara"}
    assert json.loads(answer.body) == {"data": {"me": empty}}


def test_a_media_avatar_is_read_only(accounts):
    server = accounts.start_server(*ACCOUNTS)
    raw = request(body={"avatar": "https://a.com/x.png"}, headers=["Prefer: handling=strict"])
    answer = server.ask(raw)
    assert (answer.status, json.loads(answer.body)) == (400, {"avatar": [Text()]})


def test_a_missing_column_is_named_with_the_option_that_helps(accounts):
    code, _, stderr = accounts.run("serve", "--layout", "django", "--listen", "127.0.0.1:0")
    assert code == 1
    assert "mobile_number" in stderr and "--column mobile_number=" in stderr and stderr.count("\n") == 1


def test_a_profile_table_is_served_or_rejected_with_the_reason(new_shop, engine):
    shop = new_shop("profiles")
    code, stdout, stderr = shop.run("django", "check", "--layout", "django")
    if engine == "sqlite":
        assert code == 1 and "profiles_profile" in stdout and "customer import --from-database" in stdout
        return
    assert code == 0, stdout + stderr
    django, server = shop.start_django(), shop.start_server()
    assert_alike(django, server, GET)
    for patch in [{"gender": "male", "first_name": "Reza"}, {"avatar": "https://a.com/x.png"}, {"gender": ""}, {"avatar": None}]:
        assert_alike(django, server, request(body=patch))
        assert_alike(django, server, GET)
