"""Templates of the first organisation of the demonstration: one that is shared, and one of a single user."""

from accounts.models import User
from downloads import templates
from downloads.models import Format
from downloads.options import ChosenColumn, DateFormat, Options, RowPer
from downloads.presets import PRESETS
from organisations.models import Organisation


def load(organisation: Organisation) -> None:
    primary, admin = (user_of(organisation, role) for role in ("primary", "admin"))
    slate = PRESETS["slate"].options
    templates.create(organisation=organisation, by=primary, name="Slate, weekly", options=slate, shared=True)
    options = Options(
        format=Format.XLSX,
        columns=tuple(
            ChosenColumn(*pair)
            for pair in (
                ("applicant_reference", "UCAS number"),
                ("family_name", ""),
                ("given_names", ""),
                ("exam_name", ""),
                ("exam_date", "Taken on"),
                ("score", "Overall"),
                ("cefr", ""),
            )
        ),
        row_per=RowPer.CANDIDATE,
        side_by_side=2,
        date_format=DateFormat.WORDS,
    )
    templates.create(organisation=organisation, by=admin, name="For the interview panel", options=options, shared=False)


def user_of(organisation: Organisation, role: str) -> User:
    """The first one by address."""
    return organisation.memberships.in_force().filter(role=role).order_by("user__email")[0].user
