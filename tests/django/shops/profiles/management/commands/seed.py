from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from rest_framework.authtoken.models import Token

from profiles.models import Profile


class Command(BaseCommand):
    def handle(self, **_):
        for n in (1, 2, 3):
            user = User.objects.create(
                username=f"customer{n}",
                email=f"customer{n}@example.com",
                is_active=n < 3,
                first_name="Sara",
                last_name="Ahmadi",
            )
            Profile.objects.create(user=user, mobile_number=f"0930{n:07}", gender=Profile.Gender.FEMALE)
            Token.objects.create(key=f"{n:040x}", user=user)
