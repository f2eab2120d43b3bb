"""`GET` and `PATCH /api/shop/customers/me`: the documented endpoint, as a DRF shop writes it."""

from rest_framework import generics, serializers

from .models import Customer


class CustomerSerializer(serializers.ModelSerializer):
    full_name = serializers.ReadOnlyField()
    is_profile_completed = serializers.ReadOnlyField()

    class Meta:
        model = Customer
        fields = [
            "id",
            "username",
            "mobile_number",
            "email",
            "avatar",
            "first_name",
            "last_name",
            "full_name",
            "gender",
            "is_profile_completed",
        ]
        read_only_fields = ["mobile_number", "email"]

    # A client clears both with null or with an empty string; null is stored.
    def validate_avatar(self, value):
        return value or None

    def validate_gender(self, value):
        return value or None


class Me(generics.RetrieveUpdateAPIView):
    serializer_class = CustomerSerializer
    http_method_names = ["get", "head", "patch", "options"]

    def get_object(self):
        return self.request.user
