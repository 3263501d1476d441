from django.urls import include, path

from organisations.views import activity, api, details, exams, handover, invitation, join_requests, security, users

app_name = "organisations"
urlpatterns = [
    path("register/", include("organisations.registrations.urls")),
    path("organisation/", details.details, name="details"),
    path("organisation/edit/", details.edit_details, name="edit_details"),
    path("organisation/name/", details.ask_for_name, name="ask_for_name"),
    path("organisation/share-code.svg", details.share_code, name="share_code"),
    path("organisation/exams/", exams.exam_list, name="exams"),
    path("organisation/exams/choose/", exams.choose_exams, name="choose_exams"),
    path("organisation/exams/<slug:code>/", exams.exam, name="exam"),
    path("organisation/api/", api.api, name="api"),
    path("organisation/api/create/", api.create_client, name="create_client"),
    path("organisation/api/<uuid:client_id>/", api.edit_client, name="edit_client"),
    path("organisation/api/<uuid:client_id>/revoke/", api.revoke_client, name="revoke_client"),
    path("organisation/activity/", activity.activity_list, name="activity"),
    path("organisation/activity/activity.csv", activity.activity_file, name="activity_file"),
    path("organisation/security/", security.security, name="security"),
    path("organisation/security/edit/", security.edit_security, name="edit_security"),
    path("organisation/users/", users.user_list, name="users"),
    path("organisation/users/add/", users.add_user, name="add_user"),
    path("organisation/users/hand-over/", handover.offer_role, name="offer_role"),
    path("organisation/users/hand-over/accept/", handover.accept_role, name="accept_role"),
    path("organisation/users/hand-over/end/", handover.end_offer, name="end_offer"),
    path("organisation/users/requests/<uuid:request_id>/accept/", join_requests.accept_join, name="accept_join"),
    path("organisation/users/requests/<uuid:request_id>/decline/", join_requests.decline_join, name="decline_join"),
    path("organisation/users/<uuid:member_id>/", users.edit_user, name="edit_user"),
    path("organisation/users/<uuid:member_id>/resend/", users.resend, name="resend"),
    path("organisation/users/<uuid:member_id>/deactivate/", users.deactivate, name="deactivate"),
    path("organisation/users/<uuid:member_id>/reactivate/", users.reactivate, name="reactivate"),
    path("organisation/users/<uuid:member_id>/delete/", users.delete_user, name="delete_user"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
]
