"""A Django shop as many are: its own user model, Django's admin, DRF's tokens, djoser's user endpoints.

Environment: DATABASE_URL (`sqlite:///absolute/path` or `postgres://user:password@host:port/name`), LANGUAGE_CODE,
LOCALE_MIDDLEWARE=1 (messages in the language that the client asks for), LANGUAGES (`en,fa`: no others) and DEBUG=1.
"""

import os
from pathlib import Path

from .database import from_url

BASE_DIR = Path(__file__).parents[1]
SECRET_KEY = "an example signs nothing that matters"
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
AUTH_USER_MODEL = "shop.Customer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": from_url(os.environ.get("DATABASE_URL", f"sqlite://{BASE_DIR}/shop.db"))}
LANGUAGE_CODE = os.environ.get("LANGUAGE_CODE", "en-us")
if "LANGUAGES" in os.environ:
    LANGUAGES = [(code, code) for code in os.environ["LANGUAGES"].split(",")]
USE_TZ = True
STATIC_URL = "/static/"

INSTALLED_APPS = [
    "shop",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "djoser",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
if os.environ.get("LOCALE_MIDDLEWARE") == "1":
    MIDDLEWARE.insert(1, "django.middleware.locale.LocaleMiddleware")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
