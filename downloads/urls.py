from django.urls import URLPattern, URLResolver, path

from downloads import views

app_name = "downloads"
urlpatterns: list[URLPattern | URLResolver] = [
    path("downloads/", views.history, name="history"),
]
