from django.urls import re_path

from .api import Me

urlpatterns = [re_path(r"^api/shop/customers/me/?\Z", Me.as_view())]
