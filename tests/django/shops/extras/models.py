from shop.models import Customer


class CarefulCustomer(Customer):
    """The same rows under an admin of their own."""

    class Meta:
        proxy = True
