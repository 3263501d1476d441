from django.urls import path

from sharing import views

app_name = "sharing"
urlpatterns = [
    path("shared-results/", views.shared_results, name="shared_results"),
    path("candidate-search/", views.candidate_search, name="candidate_search"),
    path("candidate-search/<uuid:verification_id>/", views.verification, name="verification"),
    path("candidate-search/<uuid:verification_id>/statement.pdf", views.statement, name="verification_statement"),
    path("candidate-search/<uuid:verification_id>/photo", views.photo, name="verification_photo"),
]
