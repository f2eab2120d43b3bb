"""Forms that save only the fields that the administrator changed, as docs/moving-from-django.md advises."""

from django.contrib import admin

from .models import CarefulCustomer


@admin.register(CarefulCustomer)
class CarefulCustomerAdmin(admin.ModelAdmin):
    fields = ("username", "first_name", "last_name", "email", "mobile_number", "avatar", "gender", "is_active")

    def formfield_for_dbfield(self, db_field, request, **options):
        """What has changed is told from the page that the administrator saw, not from the row as it is now."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None:
            field.show_hidden_initial = True
        return field

    def save_model(self, request, obj, form, change):
        obj.save(update_fields=form.changed_data if change else None)
