"""The pages of Batch Check."""

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.models import Action
from accounts.paging import paged
from accounts.uploads import too_large
from downloads.batch import answers, lists
from downloads.batch.endings import BatchError
from downloads.batch.forms import ColumnsForm, UploadForm
from downloads.batch.reading import Understanding, read_rows
from downloads.batch.table import Table, UnusableFileError
from downloads.models import BatchCheck, BatchRow, BatchState, RowOutcome
from organisations.permissions import MemberRequest, Permission, requires

LISTS_ON_A_PAGE = 25
ROWS_ON_A_PAGE = 50
PREVIEWED = 10


@require_safe
@requires(Permission.VERIFY)
def batch_list(request: MemberRequest) -> HttpResponse:
    return _list_page(request, UploadForm())


@require_POST
@requires(Permission.VERIFY)
def upload(request: MemberRequest) -> HttpResponse:
    """Read the list; the next page asks what its columns are."""
    form = UploadForm(request.POST, request.FILES, too_large="file" in too_large(request))
    if form.is_valid():
        file = form.uploaded
        try:
            batch = lists.upload(
                organisation=request.organisation, by=request.user, file=file, name=file.name or "", now=timezone.now()
            )
        except (UnusableFileError, BatchError) as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("downloads:batch_columns", batch.pk)
    return _list_page(request, form)


def _list_page(request: MemberRequest, form: UploadForm) -> HttpResponse:
    rows = request.organisation.batch_checks.visible_to(request.membership).order_by("-asked_at", "pk")
    return render(request, "downloads/batch/list.html", {"form": form, **paged(request, rows, LISTS_ON_A_PAGE)})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def columns(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponse:
    """What the columns are: guessed, looked at with the first rows, changed, and then the check starts."""
    batch = _visible(request, batch_id)
    if batch.state != BatchState.MAPPING:
        return redirect("downloads:batch", batch.pk)
    table = lists.table_of(batch)
    understanding = Understanding.load(batch.mapping)
    form = ColumnsForm(request.POST or None, table=table, understanding=understanding)
    if request.method == "POST" and form.is_valid():
        understanding = form.understanding
        if "start" in request.POST:
            try:
                lists.start(batch=batch, understanding=understanding, by=request.user, now=timezone.now())
            except BatchError as problem:
                messages.error(request, str(problem))
            return redirect("downloads:batch", batch.pk)
    context = {"batch": batch, "form": form, "notes": table.notes, **_preview(table, understanding)}
    return render(request, "downloads/batch/columns.html", context)


def _preview(table: Table, understanding: Understanding) -> dict[str, Any]:
    """The first rows as they are understood, and how many cannot be read."""
    rows = list(read_rows(table, understanding))
    unreadable = [row for row in rows if row.problem] if not understanding.missing else []
    return {
        "rows": rows[:PREVIEWED],
        "row_count": len(table.rows),
        "unreadable_count": len(unreadable),
        "unreadable": unreadable[:PREVIEWED],
    }


@require_safe
@requires(Permission.VERIFY)
def show(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponse:
    """How far it is, and what each row came to."""
    batch = _visible(request, batch_id)
    if batch.state == BatchState.MAPPING:
        return redirect("downloads:batch_columns", batch.pk)
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in RowOutcome.values else ""
    counts = batch.counts or batch.rows.counted()
    context = {
        "batch": batch,
        "outcome": outcome,
        "counts": [(each, counts[each.value]) for each in RowOutcome if counts.get(each.value)],
        "still_paused": batch.state == BatchState.PAUSED and lists.still_paused(batch, timezone.now()),
        "is_open": batch.state in lists.STARTED,
        **paged(request, _checked(batch, outcome), ROWS_ON_A_PAGE, query=f"outcome={outcome}" if outcome else ""),
    }
    return render(request, "downloads/batch/batch.html", context)


@require_safe
@requires(Permission.VERIFY)
def answer_csv(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponseBase:
    return _answer(request, batch_id, answers.write_csv, "csv")


@require_safe
@requires(Permission.VERIFY)
def answer_xlsx(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponseBase:
    return _answer(request, batch_id, answers.write_xlsx, "xlsx")


@require_POST
@requires(Permission.VERIFY)
def cancel(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponse:
    return _done(request, batch_id, lists.cancel, _("The batch check is cancelled. What was checked is kept."))


@require_POST
@requires(Permission.VERIFY)
def go_on(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponse:
    return _done(request, batch_id, lists.go_on, _("The batch check goes on."))


@require_POST
@requires(Permission.VERIFY)
def delete(request: MemberRequest, batch_id: uuid.UUID) -> HttpResponse:
    return _done(request, batch_id, lists.delete, _("The rows of this batch check are deleted."))


def _done(request: MemberRequest, batch_id: uuid.UUID, act: Callable[..., None], said: str) -> HttpResponse:
    batch = _visible(request, batch_id)
    try:
        act(batch=batch, by=request.user, now=timezone.now())
    except BatchError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, said)
    return redirect("downloads:batch", batch.pk)


def _answer(
    request: MemberRequest, batch_id: uuid.UUID, write: "Callable[[QuerySet[BatchRow], Path], None]", ending: str
) -> HttpResponseBase:
    """What was checked until now, as a file; 404 where there is nothing (any more)."""
    batch = _visible(request, batch_id)
    if batch.state == BatchState.MAPPING or batch.erased_at:
        raise Http404
    with tempfile.TemporaryDirectory(prefix="rvs-batch-") as folder:
        path = Path(folder, f"answer.{ending}")
        write(batch.rows.all(), path)
        content = path.open("rb")
    audit.record(
        actor=audit.user_actor(request.user),
        action=Action.BATCH_ANSWER_DOWNLOADED,
        target=f"batch_check:{batch.pk}",
        organisation=str(batch.organisation_id),
    )
    name = f"batch-check-{timezone.localtime(batch.asked_at):%Y-%m-%d-%H%M}.{ending}"
    return FileResponse(content, as_attachment=True, filename=name)


def _checked(batch: BatchCheck, outcome: str) -> "QuerySet[BatchRow]":
    return batch.rows.filter(outcome=outcome) if outcome else batch.rows.all()


def _visible(request: MemberRequest, batch_id: uuid.UUID) -> BatchCheck:
    rows = request.organisation.batch_checks.visible_to(request.membership)
    batch = rows.select_related("organisation").filter(pk=batch_id).first()
    if batch is None:
        raise Http404
    return batch
