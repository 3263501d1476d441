from django.urls import path

from sharing import views
from sharing.shared_results import views as shared_results

app_name = "sharing"
urlpatterns = [
    path("shared-results/", shared_results.shared_results, name="shared_results"),
    path("shared-results/mark-read/", shared_results.mark_read, name="mark_read"),
    path("shared-results/mark-all-read/", shared_results.mark_all_read, name="mark_all_read"),
    path("shared-results/<uuid:share_id>/", shared_results.share, name="share"),
    path("shared-results/<uuid:share_id>/statement.pdf", shared_results.statement, name="share_statement"),
    path("shared-results/<uuid:share_id>/photo", shared_results.photo, name="share_photo"),
    path("shared-results/<uuid:share_id>/acknowledge/", shared_results.acknowledge, name="acknowledge_share"),
    path("shared-results/<uuid:share_id>/notes/", shared_results.add_note, name="add_note"),
    path("shared-results/<uuid:share_id>/notes/<uuid:note_id>/delete/", shared_results.delete_note, name="delete_note"),
    path("candidate-search/", views.candidate_search, name="candidate_search"),
    path("candidate-search/<uuid:verification_id>/", views.verification, name="verification"),
    path("candidate-search/<uuid:verification_id>/statement.pdf", views.statement, name="verification_statement"),
    path("candidate-search/<uuid:verification_id>/photo", views.photo, name="verification_photo"),
    path("candidate-search/<uuid:verification_id>/acknowledge/", views.acknowledge, name="acknowledge_verification"),
]
