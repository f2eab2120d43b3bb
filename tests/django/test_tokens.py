"""Tokens and customers as Django's admin makes, deactivates and deletes them."""

import pytest
from case import request
from support.admin import Admin

GET = request("GET", type=None)
CUSTOMER_2 = {"user": 2}


@pytest.fixture
def admin(shop, django):
    return Admin(django)


def test_counts_from_when_it_is_made_until_it_is_deleted(shop, django, server, admin):
    shop.database.execute("DELETE FROM authtoken_token WHERE user_id = 2")
    admin.submit("authtoken/tokenproxy/add/", **CUSTOMER_2)
    key = shop.database.value("SELECT key FROM authtoken_token WHERE user_id = 2")
    asked = request("GET", type=None, auth=f"Token {key}")
    assert server.ask(asked).status == 200
    assert server.ask(asked).body == django.ask(asked).body
    admin.submit("authtoken/tokenproxy/2/delete/", post="yes")
    assert server.ask(asked).status == django.ask(asked).status == 401
    assert server.ask(asked).body == django.ask(asked).body == b'{"detail":"Invalid token."}'


def test_customers_are_deactivated_by_the_admin(shop, django, server, admin):
    shop.restore()
    for is_active in (False, True):
        admin.change("shop/customer/1/change/", is_active=is_active)
        assert server.ask(GET).status == (200 if is_active else 401)
        assert server.ask(GET).body == django.ask(GET).body


def test_a_deleted_customer_has_no_token(shop, django, server, admin):
    key = "f" * 40
    shop.manage("shell", "-c", f"from shop.models import *; from rest_framework.authtoken.models import Token; "
                f"Token.objects.create(key={key!r}, user=Customer.objects.create_user('leaving'))")
    asked = request("GET", type=None, auth=f"Token {key}")
    assert server.ask(asked).status == 200
    customer = shop.database.value("SELECT id FROM shop_customer WHERE username = 'leaving'")
    admin.submit(f"shop/customer/{customer}/delete/", post="yes")
    assert server.ask(asked).body == django.ask(asked).body == b'{"detail":"Invalid token."}'


@pytest.mark.parametrize("auth", ["Token " + "F" * 40, "Token " + "0" * 38 + "1", "Token ' OR 1=1 --", "Token é", "Bearer x"])
def test_other_texts_are_no_tokens(auth, django, server):
    """Exactly the text that Django stores, in its case and length."""
    asked = request("GET", type=None, auth=auth)
    assert server.ask(asked).status == 401
    if not auth.startswith("Bearer"):
        assert server.ask(asked).body == django.ask(asked).body
