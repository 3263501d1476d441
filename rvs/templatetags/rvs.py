"""Template tags of the components: `{% load rvs %}`.  /ui-components/ shows them in use."""

from typing import Final, NamedTuple

from django import template
from django.forms import BoundField
from django.forms.widgets import CheckboxInput, Select
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

register = template.Library()

# Our own drawings on a 24 x 24 grid, stroked with the colour of the text.
ICONS: Final[dict[str, str]] = {
    "alert": "M12 4 2.5 20h19L12 4Zm0 6v5m0 2.6v.1",
    "arrow-down": "M12 4v16m-6-6 6 6 6-6",
    "arrow-left": "M20 12H4m6-6-6 6 6 6",
    "arrow-right": "M4 12h16m-6-6 6 6-6 6",
    "arrow-up": "M12 20V4m-6 6 6-6 6 6",
    "check": "m4.5 12.5 5 5 10-11",
    "chevron": "m6 9 6 6 6-6",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3.5 2",
    "cross": "m6 6 12 12M18 6 6 18",
    "document": "M6 3h8l5 5v13H6V3Zm8 0v5h5M9.5 13h6m-6 4h6",
    "download": "M12 3v12m-5-5 5 5 5-5M4 20h16",
    "free": "M12 20.5S3.5 15 3.5 8.9A4.6 4.6 0 0 1 12 6.6a4.6 4.6 0 0 1 8.5 2.3c0 6.1-8.5 11.6-8.5 11.6Z",
    "globe": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c5 5.5 5 12.5 0 18-5-5.5-5-12.5 0-18Z",
    "info": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 8v6m0-9.6v.1",
    "lock": "M5 11h14v10H5V11Zm3 0V8a4 4 0 0 1 8 0v3m-4 4v2",
    "mail": "M3 6h18v13H3V6Zm0 .5 9 7 9-7",
    "minus": "M5 12h14",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 21 21",
    "shield": "M12 3 4.5 6v6c0 4.5 3 7.5 7.5 9 4.5-1.5 7.5-4.5 7.5-9V6L12 3Zm-3.5 9 2.5 2.5 4.5-5",
    "spark": "M13 2.5 4.5 14H11l-1 7.5L19.5 10H13V2.5Z",
    "user": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21c1-8 15-8 16 0",
    "users": "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM2.5 20c1-7 12-7 13 0M16 5a3.5 3.5 0 0 1 0 7m2 2c2 1 3 3 3.5 6",
}


class Tag(NamedTuple):
    label: str | Promise
    tone: str
    icon: str


# A status is told by its word and its drawing; the colour only supports them.
TAGS: Final[dict[str, Tag]] = {
    "released": Tag(_("Released"), "good", "check"),
    "pending": Tag(_("Pending"), "warn", "clock"),
    "withheld": Tag(_("Withheld"), "warn", "lock"),
    "cancelled": Tag(_("Cancelled"), "bad", "cross"),
    "absent": Tag(_("Absent"), "quiet", "minus"),
    "share-active": Tag(_("Active"), "good", "check"),
    "share-expired": Tag(_("Expired"), "quiet", "clock"),
    "share-withdrawn": Tag(_("Withdrawn"), "quiet", "cross"),
    "new": Tag(_("New"), "accent", "spark"),
    "changed": Tag(_("Changed"), "warn", "alert"),
    # Applications of organisations, organisations, their users.
    "received": Tag(_("Received"), "accent", "mail"),
    "more_information": Tag(_("More information needed"), "warn", "clock"),
    "approved": Tag(_("Approved"), "good", "check"),
    "rejected": Tag(_("Rejected"), "bad", "cross"),
    "overdue": Tag(_("Overdue"), "bad", "clock"),
    "due_today": Tag(_("Due today"), "warn", "clock"),
    "second_person": Tag(_("Second person needed"), "accent", "users"),
    "same": Tag(_("Same"), "accent", "info"),
    "active": Tag(_("Active"), "good", "check"),
    "suspended": Tag(_("Suspended"), "bad", "lock"),
    "invited": Tag(_("Invited"), "warn", "mail"),
    "ran_out": Tag(_("Invitation ran out"), "warn", "clock"),
    "mail_comes_back": Tag(_("E-mail comes back"), "warn", "mail"),
    # Downloads.
    "download-queued": Tag(_("Waits its turn"), "warn", "clock"),
    "download-running": Tag(_("Being made"), "accent", "clock"),
    "download-ready": Tag(_("Ready"), "good", "check"),
    "download-cancelled": Tag(_("Cancelled"), "quiet", "cross"),
    "download-failed": Tag(_("Failed"), "bad", "alert"),
    # Batch checks, and what their rows came to.
    "batch-mapping": Tag(_("Waits for its columns"), "warn", "clock"),
    "batch-queued": Tag(_("Waits its turn"), "warn", "clock"),
    "batch-running": Tag(_("Being checked"), "accent", "clock"),
    "batch-paused": Tag(_("Paused by a limit"), "warn", "lock"),
    "batch-done": Tag(_("Done"), "good", "check"),
    "batch-cancelled": Tag(_("Cancelled"), "quiet", "cross"),
    "batch-failed": Tag(_("Failed"), "bad", "alert"),
    "row-waiting": Tag(_("Not checked yet"), "quiet", "clock"),
    "row-cancelled": Tag(_("Match, cancelled"), "bad", "cross"),
    "row-other_name": Tag(_("Match, different name"), "warn", "alert"),
    "row-changed": Tag(_("Match, changed since"), "warn", "alert"),
    "row-variant": Tag(_("Match, name written differently"), "good", "check"),
    "row-match": Tag(_("Match"), "good", "check"),
    "row-no_match": Tag(_("No match"), "bad", "minus"),
    "row-not_checked": Tag(_("Not checked"), "quiet", "minus"),
    "row-unreadable": Tag(_("Cannot be read"), "warn", "alert"),
    "download-expired": Tag(_("File deleted"), "quiet", "minus"),
    # Clients of the API.
    "live": Tag(_("Live"), "good", "check"),
    "client-expired": Tag(_("Expired"), "quiet", "clock"),
    "revoked": Tag(_("Revoked"), "quiet", "cross"),
    # Webhooks and their messages.
    "webhook-on": Tag(_("On"), "good", "check"),
    "webhook-failing": Tag(_("Failing"), "warn", "alert"),
    "webhook-off": Tag(_("Switched off"), "quiet", "minus"),
    "message-waiting": Tag(_("Waiting"), "warn", "clock"),
    "message-delivered": Tag(_("Accepted"), "good", "check"),
    "message-failed": Tag(_("Given up"), "bad", "cross"),
    "deactivated": Tag(_("Deactivated"), "quiet", "minus"),
}

NOTICE_ICONS: Final[dict[str, str]] = {"accent": "info", "good": "check", "warn": "alert", "bad": "alert"}
# Django's message levels, in the tones of notices.
MESSAGE_TONES: Final[dict[str, str]] = {"success": "good", "warning": "warn", "error": "bad"}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An inline drawing, hidden from screen readers unless it has a label of its own.  KeyError for an unknown name."""
    speech = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" focusable="false" {}><path d="{}"/></svg>',
        speech,
        ICONS[name],
    )


@register.inclusion_tag("_components/tag.html")
def status_tag(status: str) -> dict[str, object]:
    """The state of a result, an application, an organisation or a user; an unknown one is an error, no empty tag."""
    return {"tag": TAGS[status]}


@register.filter
def message_tone(level_tag: str) -> str:
    return MESSAGE_TONES.get(level_tag, "accent")


@register.simple_block_tag
def notice(content: str, tone: str = "accent", title: str = "") -> SafeString:
    """A box that must be read: `{% notice tone="warn" title=... %}<p>...</p>{% endnotice %}`."""
    context = {"content": content, "tone": tone, "title": title, "icon_name": NOTICE_ICONS[tone]}
    return render_to_string("_components/notice.html", context)


@register.simple_block_tag
def data_table(content: str, caption: str, name: str) -> SafeString:
    """A table with its caption in a region that scrolls by itself; the content is thead and tbody, `name` its id."""
    return render_to_string("_components/table.html", {"content": content, "caption": caption, "name": name})


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control of a form field with the classes of its kind; no placeholder, for labels stay visible."""
    widget = field.field.widget
    css = "form-control"
    if isinstance(widget, CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
    if field.errors:
        css += " is-invalid"
    return field.as_widget(attrs={"class": css, "placeholder": False})


@register.filter
def first_id(field: BoundField) -> str:
    """The id of the first control of a field, where a link from the error summary leads."""
    if field.id_for_label:
        return field.id_for_label
    parts = field.subwidgets[0].data.get("subwidgets") if field.subwidgets else None
    return str(parts[0]["attrs"]["id"]) if parts else field.auto_id
