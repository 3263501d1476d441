from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("email-notifications/", views.settings, name="settings"),
    path("email-notifications/edit/", views.edit, name="edit"),
    path("email-notifications/keep/", views.keep, name="keep"),
    path("email-notifications/names/", views.choose_names, name="choose_names"),
    path("email-notifications/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
