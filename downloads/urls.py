from django.urls import URLPattern, URLResolver, path

from downloads.views import history

app_name = "downloads"
urlpatterns: list[URLPattern | URLResolver] = [
    path("downloads/", history.history, name="history"),
]
