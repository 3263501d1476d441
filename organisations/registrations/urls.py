from django.urls import path

from organisations.registrations import views

# `register/` itself is named by rvs/urls.py, after allauth's page for newcomers.
urlpatterns = [
    path("sent/", views.registration_sent, name="registration_sent"),
    path("link/", views.link_again, name="link_again"),
    path("confirm/<str:token>/", views.confirm_registration, name="confirm_registration"),
    path("application/<str:token>/", views.application, name="application"),
    path("application/<str:token>/answer/", views.answer, name="answer"),
    path("join/", views.join, name="join"),
    path("join/sent/", views.join_sent, name="join_sent"),
    path("join/confirm/<str:token>/", views.confirm_join, name="confirm_join"),
    path("student/", views.student, name="student"),
]
