from django.urls import path

from results import views

app_name = "results"
urlpatterns = [
    path("check/", views.check, name="check"),
    path("check/<str:code>/", views.check_code, name="check_code"),
]
