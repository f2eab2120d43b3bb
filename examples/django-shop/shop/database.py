"""A database URL as Django wants it."""

from urllib.parse import parse_qs, unquote, urlsplit

import django


def from_url(address):
    url = urlsplit(address)
    if url.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(url.path), "OPTIONS": sqlite_options()}
    query = parse_qs(url.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        # A URL can name a folder of sockets only in its query.
        "HOST": query.get("host", [url.hostname or ""])[0],
        "PORT": url.port or "",
        "CONN_MAX_AGE": None,
    }


def sqlite_options():
    """What Django's documentation recommends for production, from the version on that has it."""
    if django.VERSION < (5, 1):
        return {"timeout": 20}
    return {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}
