"""What happens whenever Django saves a customer."""

from .models import SavedCustomer


def record_save(instance, raw, **_):
    if not raw:
        SavedCustomer.objects.create(customer=instance)
