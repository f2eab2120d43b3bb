"""Forms that save only the columns that were changed, as docs/django-layout-notes.md advises."""

from django.contrib import admin

from .models import CarefulCustomer


@admin.register(CarefulCustomer)
class CarefulCustomerAdmin(admin.ModelAdmin):
    fields = ("username", "first_name", "last_name", "email", "mobile_number", "avatar", "gender", "is_active")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        # The form sends back what it showed. Without that, Django compares what is sent with the row as it is by then,
        # and takes what a customer has changed since for a change by the form.
        return super().formfield_for_dbfield(db_field, request, show_hidden_initial=True, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.save(update_fields=form.changed_data if change else None)
