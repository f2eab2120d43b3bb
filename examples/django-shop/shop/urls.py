from django.contrib import admin
from django.urls import include, path, re_path

from .api import Me

urlpatterns = [
    path("admin/", admin.site.urls),
    path("auth/", include("djoser.urls")),
    path("auth/", include("djoser.urls.authtoken")),
    re_path(r"^api/shop/customers/me/?\Z", Me.as_view()),
]
