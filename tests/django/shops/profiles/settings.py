"""A shop with Django's own user model, and a one-to-one table with what that lacks."""

from shop.settings import *

AUTH_USER_MODEL = "auth.User"
INSTALLED_APPS = ["profiles", *(app for app in INSTALLED_APPS if app != "shop")]
ROOT_URLCONF = "profiles.urls"
