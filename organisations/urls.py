from django.urls import path

from organisations.views import details, invitation

app_name = "organisations"
urlpatterns = [
    path("organisation/", details.details, name="details"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
]
