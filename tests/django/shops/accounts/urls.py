from django.contrib import admin
from django.urls import path, re_path

from .api import Me

urlpatterns = [path("admin/", admin.site.urls), re_path(r"^api/shop/customers/me/?\Z", Me.as_view())]
