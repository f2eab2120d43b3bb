"""Updates the profile of the customer whose API token is in TOKEN, and prints it."""

import json
import os
import sys

from gql.transport.exceptions import TransportError
from profile_api import Conflict, NotUpdated, Shop

EXAMPLE = {"firstName": "John", "lastName": "Doe", "gender": "MALE"}


def main() -> None:
    changes = json.loads(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE
    try:
        with Shop(os.environ.get("SHOP_URL", "http://127.0.0.1:8000"), os.environ["TOKEN"]) as shop:
            profile = shop.update(changes, version=shop.read()["version"])
    except Conflict as conflict:
        sys.exit(f"{conflict} (somebody else changed it: look at it and start again)")
    except NotUpdated as wrong:
        sys.exit("\n".join(f"{error.field}: {error.message} ({error.code})" for error in wrong.errors))
    except TransportError as error:
        sys.exit(f"not updated: {error}")
    print(json.dumps(profile, ensure_ascii=False))


if __name__ == "__main__":
    main()
