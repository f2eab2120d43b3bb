"""How a fault is planted: each takes the request and what answers it, and gives another answer."""

import json
from unittest.mock import patch

FAULTS = {}  # by name


def fault(name):
    def register(function):
        FAULTS[name] = function
        return function

    return register


def edits_profile(name):
    """A fault that changes the JSON of a profile."""
    return edits(name, lambda response: response.status_code == 200)


def edits_errors(name):
    """A fault that changes the JSON of an error."""
    return edits(name, lambda response: response.status_code >= 400)


def edits(name, applies):
    def register(edit):
        def answer(request, get_response):
            response = get_response(request)
            if applies(response):
                set_body(response, written(edit(json.loads(response.content))))
            return response

        FAULTS[name] = answer
        return edit

    return register


def written(body, **options):
    return json.dumps(body, **{"ensure_ascii": False, "separators": (",", ":")} | options)


def set_body(response, text):
    response.content = text
    response["Content-Length"] = len(response.content)


def replace_body(request, body):
    """What the view gets instead of what the client sent."""
    request.body  # noqa: B018 - read, so that the view takes it from here
    request._body = body
    request.META["CONTENT_LENGTH"] = str(len(body))


def patches(name, owner, attribute, value):
    """A fault in the shop's own code, for this request."""

    def answer(request, get_response):
        with patch.object(owner, attribute, value, create=True):
            return get_response(request)

    FAULTS[name] = answer
