"""Customers in Django's admin: the form saves the whole row."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from .models import Customer


@admin.register(Customer)
class CustomerAdmin(UserAdmin):
    fieldsets = (*UserAdmin.fieldsets, ("Profile", {"fields": ("mobile_number", "avatar", "gender")}))
    list_display = ("username", "mobile_number", "email", "is_active")
