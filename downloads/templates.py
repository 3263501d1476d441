"""What becomes of templates: they are made, changed and deleted.  Past downloads keep their own options."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import user_actor
from accounts.models import Action, User
from downloads.models import Template
from downloads.options import Options
from organisations.locking import lock
from organisations.models import Membership, Organisation
from organisations.permissions import Permission, may

LONGEST_NAME = 100
MOST = 100
"""Templates of an organisation."""


class TemplateError(Exception):
    """Says to whoever asked why not."""


class NameTakenError(TemplateError):
    """A template that this user can use has the name."""


def may_change(membership: Membership, template: Template) -> bool:
    """Its owner; of a shared one also the Primary User."""
    ours = template.organisation_id == membership.organisation_id
    primary = may(membership, Permission.MANAGE_ORGANISATION)
    return ours and (template.owner_id == membership.user_id or (template.shared and primary))


@transaction.atomic
def create(*, organisation: Organisation, by: User, name: str, options: Options, shared: bool) -> Template:
    """Raises TemplateError."""
    lock(organisation)  # one after the other: names are unique
    if organisation.download_templates.count() >= MOST:
        raise TemplateError(_("Your organisation has %(most)s templates. Delete one first.") % {"most": MOST})
    _refuse_taken(organisation, by, name, besides=None)
    template: Template = organisation.download_templates.create(
        owner=by, name=name, options=options.dump(), shared=shared
    )
    _record(template, by, Action.TEMPLATE_CREATED)
    return template


@transaction.atomic
def change(*, template: Template, by: User, name: str, options: Options, shared: bool) -> None:
    """Raises NameTakenError.  A template that the Primary User stops sharing is its owner's alone."""
    lock(template.organisation)
    _refuse_taken(template.organisation, template.owner or by, name, besides=template)
    template.owner = template.owner or by
    template.name, template.options, template.shared = name, options.dump(), shared
    template.changed_at = timezone.now()
    template.save()
    _record(template, by, Action.TEMPLATE_CHANGED)


@transaction.atomic
def delete(*, template: Template, by: User) -> None:
    _record(template, by, Action.TEMPLATE_DELETED)
    template.delete()


def _refuse_taken(organisation: Organisation, owner: User, name: str, *, besides: Template | None) -> None:
    named = organisation.download_templates.filter(Q(owner=owner) | Q(shared=True), name__iexact=name)
    if (named.exclude(pk=besides.pk) if besides else named).exists():
        raise NameTakenError(_("There is a template with this name already. Choose another name."))


def _record(template: Template, by: User, action: Action) -> None:
    audit.record(
        actor=user_actor(by),
        action=action,
        target=f"template:{template.pk}",
        organisation=str(template.organisation_id),
        detail={"shared": template.shared},
    )
