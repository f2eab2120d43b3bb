"""Create the tables and customers 1 to N with known tokens: `DATABASE_URL=… python seed.py 1000000`.

Customer n is called `customer<n>`, and its token is n written as 40 hexadecimal digits.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django

django.setup()  # before any model is imported

from django.core.management import call_command
from django.db import transaction
from rest_framework.authtoken.models import Token

from shop.models import Customer

BATCH = 10_000


def customer(n):
    return Customer(
        id=n,
        username=f"customer{n}",
        mobile_number=f"0930{n:07}",
        email=f"customer{n}@example.com",
        first_name="Sara",
        last_name="Ahmadi",
        gender=Customer.Gender.FEMALE,
    )


def main(count):
    call_command("migrate", run_syncdb=True, verbosity=0)
    for start in range(1, count + 1, BATCH):
        numbers = range(start, min(start + BATCH, count + 1))
        with transaction.atomic():
            Customer.objects.bulk_create(customer(n) for n in numbers)
            Token.objects.bulk_create(Token(key=f"{n:040x}", user_id=n) for n in numbers)


if __name__ == "__main__":
    main(int(sys.argv[1]))
