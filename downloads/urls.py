from django.urls import URLPattern, URLResolver, path

from downloads.views import asking, batch, history, templates

app_name = "downloads"
urlpatterns: list[URLPattern | URLResolver] = [
    path("downloads/", history.history, name="history"),
    path("downloads/ask/", asking.ask, name="ask"),
    path("downloads/<uuid:download_id>/", history.download, name="download"),
    path("downloads/<uuid:download_id>/file", history.file, name="file"),
    path("downloads/<uuid:download_id>/again/", history.again, name="again"),
    path("downloads/<uuid:download_id>/cancel/", history.cancel, name="cancel"),
    path("downloads/<uuid:download_id>/mail/", history.mail, name="mail"),
    path("downloads/<uuid:download_id>/colleagues/", history.colleagues, name="colleagues"),
    path("downloads/batch-check/", batch.batch_list, name="batches"),
    path("downloads/batch-check/upload/", batch.upload, name="batch_upload"),
    path("downloads/batch-check/<uuid:batch_id>/", batch.show, name="batch"),
    path("downloads/batch-check/<uuid:batch_id>/columns/", batch.columns, name="batch_columns"),
    path("downloads/batch-check/<uuid:batch_id>/answer.csv", batch.answer_csv, name="batch_csv"),
    path("downloads/batch-check/<uuid:batch_id>/answer.xlsx", batch.answer_xlsx, name="batch_xlsx"),
    path("downloads/batch-check/<uuid:batch_id>/cancel/", batch.cancel, name="batch_cancel"),
    path("downloads/batch-check/<uuid:batch_id>/go-on/", batch.go_on, name="batch_go_on"),
    path("downloads/batch-check/<uuid:batch_id>/delete/", batch.delete, name="batch_delete"),
    path("downloads/templates/", templates.template_list, name="templates"),
    path("downloads/templates/new/", templates.new, name="new_template"),
    path("downloads/templates/<uuid:template_id>/", templates.show, name="template"),
    path("downloads/templates/<uuid:template_id>/edit/", templates.edit, name="edit_template"),
    path("downloads/templates/<uuid:template_id>/delete/", templates.delete, name="delete_template"),
]
