from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"

    phone = models.CharField(max_length=15, blank=True)
    avatar = models.ImageField(upload_to="users/avatars", blank=True)
    gender = models.CharField(max_length=10, choices=Gender.choices, blank=True)

    @property
    def full_name(self):
        return self.get_full_name()

    @property
    def is_profile_completed(self):
        return bool(self.first_name and self.last_name and self.phone)
