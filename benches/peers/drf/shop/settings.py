"""Settings of the reference shop: stock DRF, JSON in and JSON out, nothing tuned for or against it."""

import os
from urllib.parse import unquote, urlsplit

SECRET_KEY = "a benchmark signs nothing"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
AUTH_USER_MODEL = "shop.Customer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework.authtoken",
    "shop",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

# The tables are made by `migrate --run-syncdb`: this schema has no history to keep.
MIGRATION_MODULES = {"auth": None, "authtoken": None, "contenttypes": None}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}


def database(address):
    """`sqlite:///absolute/path` or `postgres://user:password@host:port/name` as Django wants it."""
    url = urlsplit(address)
    if url.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.path,
            # WAL and FULL: as durable as the server that it is measured against.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
            "CONN_MAX_AGE": None,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": url.port or "",
        "CONN_MAX_AGE": None,
    }


DATABASES = {"default": database(os.environ["DATABASE_URL"])}
