"""`manage.py seed`: three customers with tokens, the last one deactivated, and an administrator."""

from django.core.management.base import BaseCommand
from rest_framework.authtoken.models import Token

from shop.models import Customer

CUSTOMERS = 3


class Command(BaseCommand):
    help = "Creates a few customers with API tokens and the administrator admin/admin, once."

    def handle(self, **_):
        if Customer.objects.exists():
            return
        for n in range(1, CUSTOMERS + 1):
            customer = Customer.objects.create_user(
                f"customer{n}",
                f"customer{n}@example.com",
                is_active=n < CUSTOMERS,
                mobile_number=f"0930{n:07}",
                first_name="Sara",
                last_name="Ahmadi",
                gender=Customer.Gender.FEMALE,
            )
            # Easy to type. A real shop's tokens are random: `Token.objects.create(user=customer)`.
            Token.objects.create(key=f"{n:040x}", user=customer)
        Customer.objects.create_superuser("admin", "admin@example.com", "admin")
