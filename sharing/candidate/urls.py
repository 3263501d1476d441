from django.urls import path
from django.views.generic import RedirectView

from sharing.candidate.views import account, notices, registration, results, share, shares

app_name = "candidate"
urlpatterns = [
    path("", results.results, name="results"),
    path("register/", registration.register, name="register"),
    path("register/sent/", registration.sent, name="sent"),
    path("register/confirm/<str:token>/", registration.confirm, name="confirm"),
    path("results/", RedirectView.as_view(pattern_name="candidate:results")),
    path("results/add/", registration.add, name="add"),
    path("results/<uuid:claim_id>/", results.details, name="result"),
    path("results/<uuid:claim_id>/statement.pdf", results.statement, name="statement"),
    path("results/<uuid:claim_id>/photo", results.photo, name="photo"),
    path("results/<uuid:claim_id>/photo/hide/", results.hide_photo, name="hide_photo"),
    path("results/<uuid:claim_id>/photo/show/", results.show_photo, name="show_photo"),
    path("share/<slug:slug>", share.share_with, name="share_with"),
    path("share/<slug:slug>/send/", share.send, name="send"),
    path("shares/", shares.share_list, name="shares"),
    path("shares/new/", share.choose_results, name="choose_results"),
    path("shares/new/organisation/", share.choose_organisation, name="choose_organisation"),
    path("shares/new/invite/", share.invite, name="invite"),
    path("shares/<uuid:share_id>/", shares.share, name="share"),
    path("shares/<uuid:share_id>/withdraw/", shares.withdraw, name="withdraw"),
    path("shares/<uuid:share_id>/end/", shares.change_end, name="change_end"),
    path("notices/", notices.notices, name="notices"),
    path("notices/released/", notices.tell_when_released, name="tell_when_released"),
    path("notices/stop/<str:token>/", notices.stop, name="stop_notices"),
    path("activity/", shares.activity, name="activity"),
    path("close/", account.close, name="close"),
    path("closed/", account.closed, name="closed"),
]
