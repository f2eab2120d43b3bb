"""What an old server may do to its rows or not do, and whose rows it may show."""

import json

from django.db import transaction
from rest_framework.authentication import TokenAuthentication
from shop.api import CustomerSerializer
from shop.models import Customer

from .planting import fault, patches, replace_body, set_body, written

STALE = {}  # by token


@fault("a stale row")
def _(request, get_response):
    """A cache that no update clears."""
    response = get_response(request)
    if request.method == "GET":
        set_body(response, STALE.setdefault(request.headers["Authorization"], response.content))
    return response


@fault("a lost update")
def _(request, get_response):
    """The answer has the new values; the row does not."""
    with transaction.atomic():
        response = get_response(request)
        transaction.set_rollback(True)
    return response


@fault("an update that does nothing")
def _(request, get_response):
    replace_body(request, b"{}")
    return get_response(request)


@fault("another column is stored, too")
def _(request, get_response):
    response = get_response(request)
    Customer.objects.filter(auth_token__key=request.headers["Authorization"].split()[-1]).update(last_name="overwritten")
    return response


@fault("null is accepted")
def _(request, get_response):
    body = {name: value for name, value in json.loads(request.body).items() if value is not None}
    replace_body(request, written(body).encode())
    return get_response(request)


patches("not trimmed", CustomerSerializer.Meta, "extra_kwargs", {"first_name": {"trim_whitespace": False}})
patches("e-mail is written", CustomerSerializer.Meta, "read_only_fields", ["mobile_number"])
patches("a long avatar is accepted", CustomerSerializer.Meta, "extra_kwargs", {"avatar": {"max_length": 500}})


def let_in(_, key):
    """`TokenAuthentication.authenticate_credentials` that does not ask whether the customer is active."""
    customer = Customer.objects.get(auth_token__key=key)
    return customer, customer.auth_token


patches("a deactivated customer is let in", TokenAuthentication, "authenticate_credentials", let_in)
