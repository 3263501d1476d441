"""A candidate takes away everything that is stored about them, and nothing of anybody else."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts import audit
from accounts.audit import user_actor
from accounts.models import Action, AuditEvent, User
from results import photos
from rvs import subject_access
from rvs.personal_data import TABLE, Kind
from rvs.sample_photos import drawn_photo
from sharing import door, shares
from sharing.models import Channel
from tests.accounts.second_step import confirm
from tests.factories import PASSWORD, change_result, make_claim, make_member, make_organisation, make_user, share_result

pytestmark = pytest.mark.django_db


def telling_models() -> set[str]:
    """Models with a field that tells of a person, and models of others that point to one."""
    ours = {label for label, kinds in TABLE.items() if set(kinds) - {Kind.NONE}}
    pointing = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model is User
    }
    return ours | pointing


def test_every_model_that_tells_of_a_person_is_in_it_or_has_a_reason() -> None:
    known = [*subject_access.OF_PERSON, *subject_access.NOT_OF_PERSON]
    assert len(known) == len(set(known))
    assert telling_models() - set(known) == set()
    assert {label for label in known if apps.get_model(label) is None} == set()
    assert all(subject_access.NOT_OF_PERSON.values())


def test_no_secret_is_handed_out() -> None:
    for label in subject_access.OF_PERSON:
        names = {field.name for field in subject_access.fields_of(label)}
        secrets = set(TABLE.get(label, {}).get(Kind.SECRET, "").split())
        assert not names & (secrets | subject_access.HIDDEN.get(label, frozenset()))


@pytest.fixture
def owner() -> User:
    user = make_user(email="zoe@mail.example")
    claim = make_claim(candidate=user, photo=photos.store(drawn_photo(1)))
    change_result(claim.result, score=174)
    organisation = make_organisation("University of Fenland")
    person = make_member(organisation, given_name="Vera", family_name="Verifier")
    share = share_result(organisation, claim.result)
    share.notes.create(author=user_actor(person), author_name="Vera Verifier", text="Looks good")
    door.open_share(
        organisation=organisation,
        share_id=share.pk,
        actor=user_actor(person),
        channel=Channel.PAGE,
        now=timezone.now(),
    )
    other = make_claim(given_names="Somebody", family_name="Else")
    share_result(organisation, other.result)
    return user


def download(user: User, ending: str) -> Any:
    client = Client()
    client.force_login(user)
    confirm(client)
    answer = client.get(f"/candidate/data/my-data.{ending}")
    assert answer["Content-Disposition"] == f'attachment; filename="my-data.{ending}"'
    return answer


def test_the_json_holds_everything(owner: User) -> None:
    bundle = json.loads(download(owner, "json").content)
    data = bundle["data"]
    assert [version["score"] for version in data["results.ResultVersion"]] == [170, 174]
    assert data["sharing.Share"][0]["organisation"] == "University of Fenland"
    assert data["sharing.Access"][0]["channel"] == "page"
    assert data["sharing.Note"][0]["text"] == "Looks good"
    assert len(data["results.Claim"]) == len(bundle["photos"]) == 1
    assert bundle["not_included"]
    text = json.dumps(bundle, ensure_ascii=False)
    assert not [word for word in ("Vera", "Somebody", "argon2", PASSWORD) if word in text]
    assert AuditEvent.objects.filter(action=Action.DATA_DOWNLOADED, target=user_actor(owner)).exists()


def test_what_somebody_did_is_told_and_not_the_work_of_organisations(owner: User) -> None:
    claim = owner.candidate.claims.get()
    organisation = make_organisation("Nordhavn Shipping")
    shares.share(
        claim=claim, organisation=organisation, by=owner, with_photo=False, expires_at=None, now=timezone.now()
    )
    audit.record(
        actor=user_actor(owner), action=Action.NOTE_ADDED, target="share:of-another", organisation=str(organisation.pk)
    )
    told = {event["action"] for event in json.loads(download(owner, "json").content)["data"]["accounts.AuditEvent"]}
    assert Action.RESULT_SHARED in told
    assert Action.NOTE_ADDED not in told


def test_the_page_can_be_read(owner: User) -> None:
    page = download(owner, "html")
    for word in ("University of Fenland", "Muñoz-Sánchez", "Looks good", "data:image/jpeg;base64,", "zoe@mail.example"):
        assertContains(page, word)
    assertNotContains(page, "Vera")


@pytest.mark.parametrize("status", ["withheld", "pending"])
def test_scores_that_are_not_released_are_not_told_here_either(owner: User, status: str) -> None:
    claim = owner.candidate.claims.get()
    change_result(type(claim.result).objects.select_related("current").get(pk=claim.result_id), status=status)
    bundle = json.loads(download(owner, "json").content)
    assert {version["score"] for version in bundle["data"]["results.ResultVersion"]} == {None}
    assert bundle["photos"] == {}


def test_somebody_without_results_has_data_too() -> None:
    assert json.loads(download(make_user(email="new@mail.example"), "json").content)["data"]["accounts.User"]
