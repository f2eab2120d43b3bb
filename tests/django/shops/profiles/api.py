from django.contrib.auth.models import User
from rest_framework import generics, serializers

from .models import Profile


class CustomerSerializer(serializers.ModelSerializer):
    mobile_number = serializers.ReadOnlyField(source="profile.mobile_number")
    avatar = serializers.URLField(source="profile.avatar", max_length=200, allow_blank=True)
    gender = serializers.ChoiceField(Profile.Gender.choices, source="profile.gender", allow_blank=True)
    full_name = serializers.ReadOnlyField(source="get_full_name")
    is_profile_completed = serializers.SerializerMethodField()

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
        read_only_fields = ["email"]

    def get_is_profile_completed(self, user):
        return bool(user.username and user.first_name and user.last_name and user.profile.gender)

    def update(self, user, values):
        for name, value in values.pop("profile", {}).items():
            setattr(user.profile, name, value)
        user.profile.save()
        return super().update(user, values)


class Me(generics.RetrieveUpdateAPIView):
    serializer_class = CustomerSerializer
    http_method_names = ["get", "head", "patch", "options"]

    def get_object(self):
        return self.request.user
