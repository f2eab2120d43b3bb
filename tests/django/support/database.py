"""The shop's database as the tests see it: beside Django and beside the server."""

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import dict_row


class Database:
    """`execute` takes SQL with `%s` for parameters, on either engine."""

    def __init__(self, url):
        self.url = url
        self.is_sqlite = url.startswith("sqlite:")
        self.connection = None

    def execute(self, sql, *parameters):
        """Runs one statement in a transaction of its own; its rows, as dictionaries.

        PostgreSQL takes names, too: `%(name)s` and one dictionary.
        """
        if not self.is_sqlite:
            if len(parameters) == 1 and isinstance(parameters[0], dict):
                (parameters,) = parameters
            if self.connection is None or self.connection.closed:
                self.connection = psycopg.connect(self.url, row_factory=dict_row, autocommit=True)
            cursor = self.connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(urlsplit(self.url).path, timeout=20)) as connection, connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = OFF")  # need not survive a power cut
            return [dict(row) for row in connection.execute(sql.replace("%s", "?"), parameters)]

    def value(self, sql, *parameters):
        (row,) = self.execute(sql, *parameters)
        (value,) = row.values()
        return value

    def set(self, table, where, **columns):
        """Sets columns of the rows whose column (`where` is a pair) has a value."""
        names = ", ".join(f"{name} = %s" for name in columns)
        self.execute(f"UPDATE {table} SET {names} WHERE {where[0]} = %s", *columns.values(), where[1])

    def close(self):
        if self.connection is not None:
            self.connection.close()
