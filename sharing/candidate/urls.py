from django.urls import path

from sharing.candidate.views import registration, results

app_name = "candidate"
urlpatterns = [
    path("", results.results, name="results"),
    path("register/", registration.register, name="register"),
    path("register/sent/", registration.sent, name="sent"),
    path("register/confirm/<str:token>/", registration.confirm, name="confirm"),
    path("results/add/", registration.add, name="add"),
    path("results/<uuid:claim_id>/", results.details, name="result"),
    path("results/<uuid:claim_id>/statement.pdf", results.statement, name="statement"),
    path("results/<uuid:claim_id>/photo", results.photo, name="photo"),
    path("results/<uuid:claim_id>/photo/hide/", results.hide_photo, name="hide_photo"),
    path("results/<uuid:claim_id>/photo/show/", results.show_photo, name="show_photo"),
]
