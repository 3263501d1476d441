from django.urls import include, path

from organisations.views import details, invitation

app_name = "organisations"
urlpatterns = [
    path("register/", include("organisations.registrations.urls")),
    path("organisation/", details.details, name="details"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
]
