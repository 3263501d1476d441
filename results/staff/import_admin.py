"""Importing results with a preview: the pages under /admin/results/importjob/."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.admin import ReadOnlyAdmin, actor
from accounts.models import Action
from accounts.uploads import too_large
from results.staff import clearing, imports
from results.staff.clearing import ImportStateError
from results.staff.forms import ConfirmForm, UploadForm
from results.staff.models import ImportJob, ImportState
from results.staff.people import names_of

PROBLEMS_A_PAGE = 50
AT_WORK = {ImportState.UPLOADED, ImportState.CHECKING, ImportState.CONFIRMED, ImportState.LOADING}
"""States that end by themselves; the page looks again until they have."""


class ImportJobAdmin(ReadOnlyAdmin):
    """Every step is one service of results/staff/; nothing can be edited or deleted."""

    list_display = ("file_name", "state", "uploaded_at", "uploader", "rows", "ended_at")
    list_filter = ("state", "uploaded_at")
    search_fields = ("file_name", "file_sha256__exact")
    search_help_text = gettext_lazy("File name, or the file’s SHA-256")
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("results.add_importjob")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("", view(self.changelist_view), name="results_importjob_changelist"),
            path("add/", view(form(self.upload_view)), name="results_importjob_add"),
            path("<uuid:job_id>/", view(require_safe(self.job_view)), name="results_importjob_change"),
            path("<uuid:job_id>/problems/", view(require_safe(self.problems_view)), name="results_importjob_problems"),
            path("<uuid:job_id>/rejects.csv", view(require_safe(self.rejects_view)), name="results_importjob_rejects"),
            path("<uuid:job_id>/confirm/", view(require_POST(self.confirm_view)), name="results_importjob_confirm"),
            path("<uuid:job_id>/discard/", view(require_POST(self.discard_view)), name="results_importjob_discard"),
            path("<uuid:job_id>/restart/", view(require_POST(self.restart_view)), name="results_importjob_restart"),
        ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).defer("samples")

    @admin.display(description=gettext_lazy("uploaded by"))
    def uploader(self, job: ImportJob) -> str:
        return names_of([job.uploaded_by])[job.uploaded_by]

    @admin.display(description=gettext_lazy("rows"))
    def rows(self, job: ImportJob) -> str:
        return f"{job.counts['rows']:,}" if job.counts else "–"

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """The form and what it sends."""
        self._require(request, "results.add_importjob")
        form = UploadForm()
        if request.method == "POST":
            form = UploadForm(request.POST, request.FILES, too_large=too_large(request))
            if form.is_valid():
                files = form.cleaned_data
                job = imports.upload(file=files["file"], photos=files["photos"], by=actor(request))
                return redirect("admin:results_importjob_change", job.pk)
        return self._page(request, "upload", title=_("Import a results file"), form=form)

    def job_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        """Where the import stands: progress, preview, or what came of it."""
        job = self._job(request, job_id)
        if job.samples and job.state not in AT_WORK:  # the preview's rows are people
            audit.record(actor=actor(request), action=Action.RECORD_VIEWED, target=f"importjob:{job.pk}")
        earlier = imports.loaded_before(job)
        actors = {job.uploaded_by, job.confirmed_by, earlier.actor if earlier else ""} - {""}
        people = names_of(actors)
        return self._page(
            request,
            "job",
            title=_("Import of %(file)s") % {"file": job.file_name},
            job=job,
            at_work=job.state in AT_WORK,
            uploaded_by=people[job.uploaded_by],
            confirmed_by=people.get(job.confirmed_by),
            earlier=earlier and {"loaded_at": earlier.loaded_at, "by": people[earlier.actor]},
            twins=job.twins(),
            first_problems=job.problems.all()[:PROBLEMS_A_PAGE] if not job.counts.get("rows") else [],
            kept_days=clearing.KEEP_PREVIEW.days,
            may_confirm=request.user.has_perm("results.confirm_importjob"),
            form=ConfirmForm(initial={"preview": job.preview}),
        )

    def problems_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        """Every problem and warning, page by page."""
        job = self._job(request, job_id)
        total = job.counts.get("problems", 0) + job.counts.get("warnings", 0)
        last = max(1, -(-total // PROBLEMS_A_PAGE))
        page = min(max(1, _whole_number(request.GET.get("page"))), last)
        begin = (page - 1) * PROBLEMS_A_PAGE
        problems = list(job.problems.filter(position__gt=begin, position__lte=begin + PROBLEMS_A_PAGE))
        return self._page(
            request,
            "problems",
            title=_("Problems of %(file)s") % {"file": job.file_name},
            job=job,
            problems=problems,
            summary=_("Page %(page)d of %(last)d") % {"page": page, "last": last},
            previous_url=f"?page={page - 1}" if page > 1 else "",
            next_url=f"?page={page + 1}" if page < last else "",
        )

    def rejects_view(self, request: HttpRequest, job_id: uuid.UUID) -> FileResponse:
        """The refused rows as a file, with what is wrong with each."""
        job = self._job(request, job_id)
        if not job.rejects:
            raise Http404
        audit.record(actor=actor(request), action=Action.REJECTS_DOWNLOADED, target=f"importjob:{job.pk}")
        name = f"rejects-{timezone.localtime(job.uploaded_at):%Y-%m-%d}.csv"
        return FileResponse(job.rejects.open("rb"), as_attachment=True, filename=name, content_type="text/csv")

    def confirm_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        self._require(request, "results.confirm_importjob")
        form = ConfirmForm(request.POST)
        if form.is_valid():
            self._try(request, imports.confirm, job_id=self._job(request, job_id).pk, **form.cleaned_data)
        return redirect("admin:results_importjob_change", job_id)

    def discard_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        self._require(request, "results.confirm_importjob")
        self._try(request, clearing.discard, job_id=self._job(request, job_id).pk)
        return redirect("admin:results_importjob_change", job_id)

    def restart_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        self._require(request, "results.confirm_importjob")
        self._try(request, imports.restart, job_id=self._job(request, job_id).pk)
        return redirect("admin:results_importjob_change", job_id)

    def _try(self, request: HttpRequest, step: Callable[..., None], **arguments: Any) -> None:
        try:
            step(by=actor(request), **arguments)
        except ImportStateError as error:
            self.message_user(request, str(error), messages.ERROR)

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    def _job(self, request: HttpRequest, job_id: uuid.UUID) -> ImportJob:
        self._require(request, "results.view_importjob")
        return get_object_or_404(ImportJob, pk=job_id)

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/results/importjob/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 1
