"""The customer: Django's own user with the fields that the shop adds."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Customer(AbstractUser):
    """`username`, `first_name`, `last_name` and `email` with their limits come from AbstractUser."""

    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"

    mobile_number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    avatar = models.URLField(null=True, blank=True)
    gender = models.CharField(max_length=6, choices=Gender.choices, null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    @property
    def full_name(self):
        return self.get_full_name()

    @property
    def is_profile_completed(self):
        return bool(self.username and self.first_name and self.last_name and self.gender)


class SavedCustomer(models.Model):
    """One row for each `post_save` signal of a customer, as a shop would feed a mailing list or a search index."""

    customer = models.ForeignKey(Customer, models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)
