"""JSON that an old server may write in another way."""

import json

from .planting import edits_errors, edits_profile, fault, set_body, written

# What a profile looks like.


@edits_profile("a field is missing")
def _(body):
    del body["mobile_number"]
    return body


@edits_profile("a field too many")
def _(body):
    return body | {"is_staff": False}


@edits_profile("wrong full name")
def _(body):
    return body | {"full_name": f"{body['last_name']} {body['first_name']}"}


@edits_profile("always complete")
def _(body):
    return body | {"is_profile_completed": True}


@edits_profile("gender in another case")
def _(body):
    return body | {"gender": body["gender"] and body["gender"].title()}


@edits_profile("id as a string")
def _(body):
    return body | {"id": str(body["id"])}


@edits_profile("avatar by https")
def _(body):
    return body | {"avatar": body["avatar"] and body["avatar"].replace("http:", "https:")}


@edits_profile("null as an empty string")
def _(body):
    return {name: "" if value is None else value for name, value in body.items()}


@edits_profile("keys in another order")
def _(body):
    return dict(sorted(body.items()))


@fault("another customer's profile")
def _(request, get_response):
    request.META["HTTP_AUTHORIZATION"] = f"Token {2:040x}"
    del request.headers  # made from META again
    return get_response(request)


@fault("escaped letters")
def _(request, get_response):
    response = get_response(request)
    set_body(response, written(json.loads(response.content), ensure_ascii=True))
    return response


@fault("blanks in the JSON")
def _(request, get_response):
    response = get_response(request)
    set_body(response, written(json.loads(response.content), separators=None))
    return response


# How errors look.


@edits_errors("another message")
def _(body):
    return json.loads(written(body).replace("may not be null", "cannot be null"))


@edits_errors("another echo")
def _(body):
    return json.loads(written(body).replace('\\"', "'"))


@edits_errors("errors as strings")
def _(body):
    return {name: texts[0] if isinstance(texts, list) else texts for name, texts in body.items()}


@edits_errors("the first error alone")
def _(body):
    return dict([next(iter(body.items()))])


@edits_errors("errors in another order")
def _(body):
    return dict(reversed(body.items()))
