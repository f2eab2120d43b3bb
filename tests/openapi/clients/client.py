"""What a Python client does with the generated package: `client.py ORIGIN TOKEN`."""

import sys

from openapi_client import ApiClient, ApiException, Configuration, CustomerPatch, ProfileApi

origin, token = sys.argv[1:]


def api(**settings):
    return ProfileApi(ApiClient(Configuration(host=origin, **settings)))


profile = api(api_key={"Token": token}, api_key_prefix={"Token": "Token"})
assert profile.get_my_profile().username == "sara"
assert api(access_token=token).get_my_profile().username == "sara", "Bearer means the same"

foretold = profile.update_my_profile(validate_only=True, customer_patch=CustomerPatch(first_name="Zoë"))
assert foretold.first_name == "Zoë" and profile.get_my_profile().first_name == ""

answer = profile.update_my_profile_with_http_info(
    customer_patch=CustomerPatch(username="سارا", first_name="سارا", gender="female", avatar="https://مثال.ایران/عکس.png")
)
assert answer.data.username == "سارا" and answer.data.gender == "female", answer.data
version = answer.headers["etag"]
assert profile.update_my_profile(if_match=version, customer_patch=CustomerPatch(last_name="Ahmadi")).last_name == "Ahmadi"

for status, call in [
    (400, lambda: profile.update_my_profile(customer_patch=CustomerPatch(avatar="http://a..b"))),
    (401, lambda: api().get_my_profile()),
    (412, lambda: profile.update_my_profile(if_match=version, customer_patch=CustomerPatch(last_name="Karimi"))),
]:
    try:
        call()
    except ApiException as error:
        assert error.status == status, error
    else:
        raise AssertionError(f"{status} was expected")
print("the generated Python client works")
