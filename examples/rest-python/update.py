"""Updates the profile of the customer whose API token is in TOKEN, and prints it."""

import json
import os
import sys

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

EXAMPLE = {"first_name": "John", "last_name": "Doe", "gender": "male"}


class WrongFields(Exception):
    """Nothing was written: `errors` has the messages of each wrong field."""

    def __init__(self, errors: dict[str, list[str]]):
        super().__init__("wrong fields")
        self.errors = errors


def open_session(token: str) -> requests.Session:
    """A session with the customer's token. It waits as long as `Retry-After` says and repeats a request after a 503.

    That is safe, because an update sets values: twice is the same as once.
    """
    session = requests.Session()
    session.headers["Authorization"] = f"Token {token}"
    retry = Retry(3, status_forcelist=[503], allowed_methods=["GET", "PATCH"], raise_on_status=False)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def update_profile(session: requests.Session, shop: str, changes: dict) -> dict:
    """Changes the fields that `changes` names and no others."""
    response = session.patch(f"{shop}/api/shop/customers/me", json=changes, timeout=15)
    answer = response.json()
    if response.status_code == 400 and "detail" not in answer:
        raise WrongFields(answer)
    if not response.ok:
        raise requests.HTTPError(f"{answer.get('detail')} ({response.status_code})", response=response)
    return answer


def main() -> None:
    shop = os.environ.get("SHOP_URL", "http://127.0.0.1:8000")
    changes = json.loads(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE
    try:
        profile = update_profile(open_session(os.environ["TOKEN"]), shop, changes)
    except WrongFields as wrong:
        sys.exit("\n".join(f"{field}: {' '.join(messages)}" for field, messages in wrong.errors.items()))
    except requests.RequestException as error:
        sys.exit(f"not updated: {error}")
    print(json.dumps(profile, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
