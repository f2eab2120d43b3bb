from django.core.management.base import BaseCommand
from rest_framework.authtoken.models import Token

from accounts.models import User


class Command(BaseCommand):
    def handle(self, **_):
        for n in (1, 2, 3):
            user = User.objects.create(
                username=f"customer{n}",
                email=f"customer{n}@example.com",
                is_active=n < 3,
                phone=f"0930{n:07}",
                avatar=f"users/avatars/{n}.png",
                first_name="Sara",
                last_name="Ahmadi",
                gender=User.Gender.FEMALE,
            )
            Token.objects.create(key=f"{n:040x}", user=user)
