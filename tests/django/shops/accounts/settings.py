"""A shop with other names: its table, its columns, an avatar that Django stores as a file's path."""

from shop.settings import *

AUTH_USER_MODEL = "accounts.User"
INSTALLED_APPS = ["accounts", *(app for app in INSTALLED_APPS if app != "shop")]
ROOT_URLCONF = "accounts.urls"
MEDIA_URL = "https://cdn.example/media/"
