"""The app connects its signals when Django is ready."""

from django.apps import AppConfig
from django.db.models.signals import post_save


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from .signals import record_save

        post_save.connect(record_save, sender=self.get_model("Customer"))
