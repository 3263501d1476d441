from django.urls import include, path

from notifications import views
from notifications.webhooks import views as webhooks

app_name = "notifications"
webhook_patterns = [
    path("", webhooks.webhook, name="webhook"),
    path("edit/", webhooks.edit, name="edit_webhook"),
    path("secret/", webhooks.replace_secret, name="replace_webhook_secret"),
    path("test/", webhooks.test, name="test_webhook"),
    path("switch-off/", webhooks.switch_off, name="switch_webhook_off"),
    path("switch-on/", webhooks.switch_on, name="switch_webhook_on"),
    path("delete/", webhooks.delete, name="delete_webhook"),
    path("send-again/", webhooks.send_all_again, name="send_webhook_again"),
    path("messages/<uuid:message_id>/", webhooks.message, name="webhook_message"),
    path("messages/<uuid:message_id>/send-again/", webhooks.send_again, name="send_webhook_message_again"),
]
urlpatterns = [
    path("email-notifications/", views.settings, name="settings"),
    path("email-notifications/edit/", views.edit, name="edit"),
    path("email-notifications/keep/", views.keep, name="keep"),
    path("email-notifications/names/", views.choose_names, name="choose_names"),
    path("email-notifications/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("organisation/webhooks/", webhooks.webhooks, name="webhooks"),
    path("organisation/webhooks/create/", webhooks.create, name="create_webhook"),
    path("organisation/webhooks/<uuid:webhook_id>/", include(webhook_patterns)),
]
