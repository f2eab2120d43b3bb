"""Forms that save only the columns that were changed, as docs/django-layout-notes.md advises."""

from django.contrib import admin

from .models import CarefulCustomer


@admin.register(CarefulCustomer)
class CarefulCustomerAdmin(admin.ModelAdmin):
    fields = ("username", "first_name", "last_name", "email", "mobile_number", "avatar", "gender", "is_active")

    def save_model(self, request, obj, form, change):
        obj.save(update_fields=form.changed_data if change else None)
