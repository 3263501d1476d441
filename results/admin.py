"""Staff's pages about results.  `Result` itself is registered in sharing/admin.py, with who has seen it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from results.models import ImportBatch, ImportJob
from results.staff.import_admin import ImportJobAdmin
from results.staff.people import names_of

admin.site.register(ImportJob, ImportJobAdmin)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Every file that was ever loaded, from here or from the command line."""

    list_display = ("loaded_at", "file_name", "loaded_by", "added", "changed", "unchanged", "refused", "held")
    list_filter = ("loaded_at",)
    search_fields = ("file_name", "file_sha256__exact")
    search_help_text = _("File name, or the file’s SHA-256")
    fields = ("id", "file_name", "file_sha256", *list_display[:1], *list_display[2:])
    readonly_fields = ("loaded_by",)
    ordering = ("-loaded_at",)

    @admin.display(description=_("loaded by"))
    def loaded_by(self, batch: ImportBatch) -> str:
        return names_of([batch.actor])[batch.actor]
