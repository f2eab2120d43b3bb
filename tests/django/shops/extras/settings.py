"""The example's shop, with an admin form that saves only what was changed, and with later migrations to run."""

import os

from shop.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "extras"]

# The example's migration and one more: `migrate shop 0002_later`.
MIGRATION_MODULES = {"shop": os.environ.get("SHOP_MIGRATIONS", "shop.migrations")}
