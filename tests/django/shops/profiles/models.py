from django.contrib.auth.models import User
from django.db import models


class Profile(models.Model):
    class Gender(models.TextChoices):
        MALE = "male"
        FEMALE = "female"

    user = models.OneToOneField(User, models.CASCADE)
    mobile_number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    avatar = models.URLField(blank=True)
    gender = models.CharField(max_length=6, choices=Gender.choices, blank=True)
