"""The customer: Django's own user with the fields that the contract adds."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Customer(AbstractUser):
    """`username`, `first_name` and `last_name` with their 150-character limits come from AbstractUser."""

    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"

    email = models.EmailField(unique=True, null=True, blank=True)
    mobile_number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    avatar = models.URLField(max_length=2048, null=True, blank=True)
    gender = models.CharField(max_length=6, choices=Gender, null=True, blank=True)

    @property
    def full_name(self):
        return self.get_full_name()

    @property
    def is_profile_completed(self):
        return bool(self.username and self.first_name and self.last_name and self.gender)
