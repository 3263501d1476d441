"""Demonstration data of the gate: applications in the queue, and people who ask to join an organisation.

What came in today went through the service's own doors, so that its mails can be read; what is older is only there.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.audit import user_actor
from accounts.models import User
from organisations.models import JoinRequest, JoinState, Organisation, Registration, RegistrationState
from organisations.registrations import applications, joining
from organisations.registrations.flags import flags_of
from organisations.working_days import due_on, uk_date

NEW: Final[tuple[dict[str, str], ...]] = (
    {
        "given_name": "Anneliese",
        "family_name": "Brandt",
        "job_title": "Leiterin Zulassung",
        "email": "brandt@sonnental.example",
        "organisation_name": "Hochschule Sonnental",
        "organisation_type": "university",
        "website": "https://www.sonnental.example",
        "country": "DE",
    },
    {
        "given_name": "Robert",
        "family_name": "Smithson",
        "job_title": "Admissions",
        "email": "admissions@fenland-university.example",
        "organisation_name": "Fenland University Admissions",
        "organisation_type": "university",
        "website": "https://fenland-university.example",
        "country": "GB",
    },
)
"""Received today: one like any other, one that imitates an organisation which has an account."""
OVERDUE: Final[dict[str, str]] = {
    "given_name": "Marisol",
    "family_name": "Quiroga",
    "job_title": "Human Resources",
    "email": "mquiroga@puertoclaro.example",
    "organisation_name": "Puerto Claro Terminals",
    "organisation_type": "employer",
    "website": "https://www.puertoclaro.example",
    "country": "AR",
}
ASKED: Final[dict[str, str]] = {
    "given_name": "Kwame",
    "family_name": "Darko",
    "job_title": "Principal",
    "email": "northgate.college@mail.example",
    "organisation_name": "Northgate Language College",
    "organisation_type": "college",
    "website": "https://www.northgate.example",
    "country": "GH",
}
REJECTED: Final[dict[str, str]] = {
    "given_name": "Lena",
    "family_name": "Vik",
    "job_title": "Consultant",
    "email": "lena@quickvisa.example",
    "organisation_name": "Quick Visa Partners",
    "organisation_type": "recruitment",
    "website": "https://quickvisa.example",
    "country": "NO",
}
QUESTION: Final = (
    "Your e-mail address is not one of the college. Please apply with an address there, or send us the page of its "
    "website that names you."
)
REASON: Final = "Results may be checked only for an organisation’s own applicants, not for those of its clients."


def load() -> None:
    """Fill the queue; the organisations are there already."""
    staff = user_actor(User.objects.filter(groups__name="Registrations")[0])
    now = timezone.now()
    for application in NEW:
        applications.apply(**application)
        applications.confirm(Registration.objects.get(email=application["email"]))
    _received(OVERDUE, now - timedelta(days=13))
    asked = _received(ASKED, now - timedelta(days=3), state=RegistrationState.MORE_INFORMATION)
    asked.messages.create(by_staff=True, author=staff, text=QUESTION, sent_at=now - timedelta(days=2))
    decided = {"state": RegistrationState.REJECTED, "decided_by": staff, "decided_at": now - timedelta(days=16)}
    _received(REJECTED, now - timedelta(days=20), reason=REASON, **decided)
    _join_requests(now)


def _received(application: dict[str, str], at: datetime, **fields: Any) -> Registration:
    values = {"state": RegistrationState.RECEIVED, **fields, "due_on": due_on(uk_date(at))}
    registration = Registration(
        **application, **values, made_at=at - timedelta(hours=1), terms_accepted_at=at, confirmed_at=at
    )
    registration.flags = flags_of(registration)
    registration.save()
    return registration


def _join_requests(now: datetime) -> None:
    """One that came in today, and one that nobody has answered in time."""
    home, elsewhere = (Organisation.objects.get(website=f"https://www.{name}.example") for name in ("fenland", "turia"))
    person = {"given_name": "Priya", "family_name": "Raman", "job_title": "Admissions Assistant"}
    joining.ask(organisation=home, email="priya@fenland.example", **person)
    joining.confirm(JoinRequest.objects.get(organisation=home))
    before = now - timedelta(days=12)
    elsewhere.join_requests.create(
        given_name="Vicent",
        family_name="Climent",
        job_title="Técnico de Admisiones",
        email="vicent@turia.example",
        state=JoinState.WAITING,
        made_at=before,
        confirmed_at=before,
        due_on=due_on(uk_date(before)),
    )
