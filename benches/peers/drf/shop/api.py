"""`GET` and `PATCH /api/shop/customers/me`."""

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

    # An empty avatar or gender means none, and none is stored and shown as null.
    def validate_avatar(self, value):
        return value or None

    def validate_gender(self, value):
        return value or None


class Me(generics.RetrieveUpdateAPIView):
    serializer_class = CustomerSerializer
    http_method_names = ["get", "head", "patch", "options"]

    def get_object(self):
        return self.request.user
