from rest_framework import generics, serializers

from .models import User


class UserSerializer(serializers.ModelSerializer):
    mobile_number = serializers.ReadOnlyField(source="phone")
    full_name = serializers.ReadOnlyField()
    is_profile_completed = serializers.ReadOnlyField()

    class Meta:
        model = User
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
        read_only_fields = ["email", "avatar"]


class Me(generics.RetrieveUpdateAPIView):
    serializer_class = UserSerializer
    http_method_names = ["get", "head", "patch", "options"]

    def get_object(self):
        return self.request.user
