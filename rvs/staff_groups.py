"""Which staff may do what, on one screen.

The groups are brought in line with this table after every migration, so that nobody has to, and nobody can for long,
give a group more.  A superuser may do everything that the admin offers; even they edit or delete no result, version,
access or audit event there.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

GROUPS: Final[Mapping[str, frozenset[str]]] = {
    # Organisations and their people: who may verify, what the limits paused, whether a mail arrived.
    "Registrations": frozenset({
        "organisations.view_registration", "organisations.decide_registration", "organisations.view_reasontext",
        "organisations.add_reasontext", "organisations.change_reasontext", "organisations.delete_reasontext",
        "organisations.view_joinrequest", "organisations.decide_joinrequest", "organisations.view_namechange",
        "organisations.decide_namechange", "organisations.view_organisation", "organisations.supervise_organisation",
        "accounts.view_user", "accounts.view_mail", "accounts.send_mail_again", "accounts.view_refusedaddress",
        "sharing.view_pause", "sharing.lift_pause", "sharing.view_organisationinvitation", "notifications.view_webhook",
    }),
    # Results: load them, look them up, hold them.
    "Results": frozenset({
        "results.view_importjob", "results.add_importjob", "results.confirm_importjob", "results.view_importbatch",
        "results.view_result", "results.hold_result", "results.view_claim", "results.move_claim", "sharing.view_pause",
        "sharing.view_organisationnotice",
    }),
    # Answers people's questions: reads, sends a mail again that did not come, and changes nothing.
    "Helpdesk": frozenset({
        "organisations.view_registration", "organisations.view_reasontext", "organisations.view_joinrequest",
        "organisations.view_namechange", "organisations.view_organisation", "accounts.view_user", "accounts.view_mail",
        "accounts.send_mail_again", "accounts.view_refusedaddress", "results.view_result", "results.view_claim",
        "sharing.view_pause", "sharing.view_organisationinvitation", "notifications.view_webhook",
    }),
}  # fmt: skip


def after_migrate(**_signal: Any) -> None:
    sync()


@transaction.atomic
def sync() -> None:
    """Give each group exactly what the table says; groups that are not in it lose everything.

    In the middle of a series of migrations some permissions may not exist yet; the last one brings them.
    """
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415  (models can be imported only now)

    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, wanted in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        group.permissions.set([known[each] for each in wanted if each in known])
    for group in Group.objects.exclude(name__in=GROUPS):
        group.permissions.clear()
