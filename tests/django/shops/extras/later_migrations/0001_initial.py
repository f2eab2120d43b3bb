from shop.migrations import __path__ as folder  # noqa: F401
import importlib

Migration = importlib.import_module("shop.migrations.0001_initial").Migration
