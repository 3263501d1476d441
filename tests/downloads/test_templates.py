"""Templates: a user makes, changes, copies, shares and deletes them; columns move without anything typed being lost."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import AuditEvent, User
from downloads import templates
from downloads.columns import COLUMNS
from downloads.draft import Draft
from downloads.models import Format, Template
from downloads.options import Components, Encoding, Options, RowPer, Separator
from downloads.presets import PRESETS
from downloads.templates import NameTakenError
from organisations.models import Organisation
from sharing.models import Access
from tests.downloads.rows import chosen
from tests.factories import make_member, make_organisation, make_result, make_share

pytestmark = pytest.mark.django_db

LIST, NEW = "/downloads/templates/", "/downloads/templates/new/"
FILE = {
    "format": "csv", "row_per": "result", "side_by_side": "3", "components": "columns", "date_format": "iso",
    "separator": "comma", "decimal_mark": ".", "encoding": "utf-8-sig",
}  # fmt: skip


def typed(**changes: Any) -> dict[str, Any]:
    return {**FILE, "name": "Weekly", "column": ["family_name", "score"], "save": "1", **changes}


def make_template(organisation: Organisation, owner: User, name: str = "Weekly", **fields: Any) -> Template:
    options = Options(columns=chosen("family_name", "score"))
    made: Template = organisation.download_templates.create(
        **{"owner": owner, "name": name, "options": options.dump(), **fields}
    )
    return made


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def colleague(organisation: Organisation) -> User:
    return make_member(organisation)


# --- Making one -----------------------------------------------------------------------------------------------------


def test_a_template_is_made_with_everything_that_was_chosen(verifier: Client, organisation: Organisation) -> None:
    response = verifier.post(
        NEW,
        typed(
            column=["score", "family_name"], add="cefr", format="xlsx", row_per="candidate", side_by_side="2",
            date_format="dots", separator="tab", decimal_mark=",", encoding="cp1252", exams=["CAE", "CPE"], shared="on",
            **{"heading-family_name": " Nachname "},
        ),
    )  # fmt: skip
    assert response["Location"] == LIST
    template = organisation.download_templates.get()
    assert (template.name, template.shared) == ("Weekly", True)
    options = Options.load(template.options)
    assert options.columns == chosen("score", ("family_name", "Nachname"), "cefr")
    assert (options.format, options.row_per, options.side_by_side) == (Format.XLSX, RowPer.CANDIDATE, 2)
    assert (options.separator, options.encoding, options.exams) == (Separator.TAB, Encoding.WINDOWS, ("CAE", "CPE"))
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.target) == ("template_created", f"template:{template.pk}")
    assert "Weekly" in verifier.get(LIST).content.decode()


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.key)
def test_a_preset_fills_the_page_and_can_be_saved(preset: Any, verifier: Client, organisation: Organisation) -> None:
    page = verifier.get(f"{NEW}?preset={preset.key}").content.decode()
    for column in preset.options.columns:
        assert f'name="column" value="{column.key}"' in " ".join(page.split())
    assert f'value="{preset.name}"' in page
    headings = {f"heading-{column.key}": column.heading for column in preset.options.columns}
    draft = Draft.of(preset.options)
    fields = {key: value for key, value in draft.form.initial.items() if key not in {"name", "shared"}}
    sent = typed(column=[column.key for column in preset.options.columns], **fields, **headings)
    assert verifier.post(NEW, sent)["Location"] == LIST
    assert Options.load(organisation.download_templates.get().options) == preset.options


def test_slate_gets_what_its_three_test_types_need() -> None:
    slate = PRESETS["slate"].options
    assert set(slate.exams) == {"FCE", "FCEFS", "CAE", "CPE"}
    headings = {column.key: column.heading for column in slate.columns}
    assert (headings["family_name"], headings["label"], headings["cefr"]) == (
        "CandidateFamilyName",
        "Grade",
        "CefrLevel",
    )
    assert {"reading", "use_of_english", "writing", "listening", "speaking"} <= set(headings)


def test_only_the_index_of_photos_has_columns_of_the_photo() -> None:
    with_photo = {
        key for key, preset in PRESETS.items() if any(chosen.column.of_photo for chosen in preset.options.chosen)
    }
    assert with_photo == {"photos"}


def test_every_column_is_offered_with_a_description_and_an_example(verifier: Client) -> None:
    page = verifier.get(NEW).content.decode()
    for column in COLUMNS.values():
        assert f'value="{column.key}"' in page
        assert str(column.description) in page
        assert column.example_text in page


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ""}, "Enter a name for the template"),
        ({"name": "x" * 101}, "100"),
        ({"column": []}, "Choose at least one column"),
        ({"column": ["shoe_size"]}, "Choose at least one column"),
        ({"heading-score": "Family name"}, "Two columns have the heading “Family name”"),
        ({"components": "rows", "row_per": "candidate"}, "Choose one row per result"),
        ({"format": "statements"}, "Select a valid choice"),
        ({"exams": ["XYZ"]}, "Select a valid choice"),
        ({"side_by_side": "99"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    changes: dict[str, Any], problem: str, verifier: Client, organisation: Organisation
) -> None:
    response = verifier.post(NEW, typed(**changes))
    assert response.status_code == 200
    assert problem in response.content.decode()
    assert not organisation.download_templates.exists()


# --- Columns move ---------------------------------------------------------------------------------------------------


def columns_of(response: Any) -> list[tuple[str, str]]:
    draft: Draft = response.context["draft"]
    return [(column.key, column.heading) for column in draft.columns]


@pytest.mark.parametrize(
    ("button", "order"),
    [
        ({"up": "score"}, ["score", "family_name", "cefr"]),
        ({"up": "family_name"}, ["family_name", "score", "cefr"]),
        ({"down": "score"}, ["family_name", "cefr", "score"]),
        ({"down": "cefr"}, ["family_name", "score", "cefr"]),
        ({"remove": "score"}, ["family_name", "cefr"]),
        ({"up": "shoe_size"}, ["family_name", "score", "cefr"]),
        ({"tick": "1", "add": ["exam", "status"]}, ["family_name", "score", "cefr", "exam", "status"]),
        ({"up": "exam", "add": ["exam"]}, ["family_name", "score", "exam", "cefr"]),
    ],
)
def test_a_button_moves_a_column_and_keeps_what_was_typed(
    button: dict[str, Any], order: list[str], verifier: Client, organisation: Organisation
) -> None:
    sent = typed(name="", column=["family_name", "score", "cefr"], encoding="cp1252", exams=["CAE"], **button)
    sent |= {"heading-family_name": "Nachname", "shared": "on"}
    del sent["save"]
    response = verifier.post(NEW, sent)
    assert [key for key, _heading in columns_of(response)] == order
    assert columns_of(response)[order.index("family_name")] == ("family_name", "Nachname")
    page = response.content.decode()
    assert '<option value="cp1252" selected>' in page
    assert 'class="error-summary"' not in page
    form = response.context["form"]
    assert (form["shared"].value(), form["exams"].value()) == (True, ["CAE"])
    assert not organisation.download_templates.exists()


def test_the_button_that_was_pressed_keeps_the_focus(verifier: Client) -> None:
    sent = typed(up="score")
    page = " ".join(verifier.post(NEW, sent).content.decode().split())
    assert page.count("autofocus") == 1
    assert 'value="score" aria-label="Move Overall score up" autofocus' in page


# --- Changing, copying, deleting --------------------------------------------------------------------------------


def test_the_owner_changes_a_template(verifier: Client, organisation: Organisation) -> None:
    template = make_template(organisation, _user(verifier))
    page = f"{LIST}{template.pk}/edit/"
    assert 'value="Weekly"' in verifier.get(page).content.decode()
    assert verifier.post(page, typed(name="Monthly", column=["cefr"]))["Location"] == LIST
    template.refresh_from_db()
    assert (template.name, Options.load(template.options).columns) == ("Monthly", chosen("cefr"))
    assert AuditEvent.objects.latest("pk").action == "template_changed"


def test_a_colleague_uses_a_shared_one_and_changes_a_copy(
    verifier: Client, organisation: Organisation, colleague: User
) -> None:
    template = make_template(organisation, colleague, shared=True)
    page = f"{LIST}{template.pk}/"
    shown = verifier.get(page).content.decode()
    assert "Family name" in shown
    assert "edit/" not in shown
    for address in ("edit/", "delete/"):
        assert verifier.get(page + address).status_code == 403
        assert verifier.post(page + address, typed()).status_code == 403
    assert f"{NEW}?copy={template.pk}" in shown
    draft = verifier.get(f"{NEW}?copy={template.pk}").context["draft"]
    assert (draft.form["name"].value(), draft.form["shared"].value()) == ("Copy of Weekly", False)
    assert tuple(draft.columns) == chosen("family_name", "score")


def test_only_what_somebody_can_use_can_be_copied(
    verifier: Client, organisation: Organisation, colleague: User
) -> None:
    for key in (make_template(organisation, colleague).pk, "nonsense"):
        assert verifier.get(f"{NEW}?copy={key}").status_code == 404


def test_the_primary_user_changes_and_deletes_what_is_shared(
    primary: Client, organisation: Organisation, colleague: User
) -> None:
    template = make_template(organisation, colleague, shared=True)
    assert primary.post(f"{LIST}{template.pk}/edit/", typed(name="Ours", shared="on"))["Location"] == LIST
    template.refresh_from_db()
    assert (template.name, template.owner) == ("Ours", colleague)
    assert "Delete the template “Ours”?" in primary.get(f"{LIST}{template.pk}/delete/").content.decode()
    primary.post(f"{LIST}{template.pk}/delete/")
    assert not organisation.download_templates.exists()
    assert AuditEvent.objects.latest("pk").action == "template_deleted"


def test_what_is_private_is_nobody_elses(
    primary: Client, outsider: Client, organisation: Organisation, colleague: User
) -> None:
    template = make_template(organisation, colleague)
    shared = make_template(organisation, colleague, "Shared one", shared=True)
    for client, hidden in ((primary, [template]), (outsider, [template, shared])):
        for row in hidden:
            assert row.name not in client.get(LIST).content.decode()
            for address in ("", "edit/", "delete/"):
                assert client.get(f"{LIST}{row.pk}/{address}").status_code == 404
            assert client.get(f"{NEW}?copy={row.pk}").status_code == 404
            for address in ("edit/", "delete/"):
                assert client.post(f"{LIST}{row.pk}/{address}", typed()).status_code == 404
    assert organisation.download_templates.count() == 2


def test_a_template_that_was_shared_by_somebody_who_left_can_be_changed_by_the_primary_user(
    primary: Client, organisation: Organisation
) -> None:
    template = make_template(organisation, make_member(organisation), shared=True)
    Template.objects.filter(pk=template.pk).update(owner=None)
    assert "Shared by a former colleague" in primary.get(LIST).content.decode()
    primary.post(f"{LIST}{template.pk}/edit/", typed(name="Ours"))
    template.refresh_from_db()
    assert (template.owner, template.name) == (_user(primary), "Ours")


def test_a_name_is_given_once_among_what_somebody_can_use(
    verifier: Client, organisation: Organisation, colleague: User
) -> None:
    mine, theirs = (
        make_template(organisation, _user(verifier), "Mine"),
        make_template(organisation, colleague, "Theirs"),
    )
    make_template(organisation, colleague, "Ours", shared=True)
    for name in ("Mine", "OURS"):
        assert "with this name already" in verifier.post(NEW, typed(name=name)).content.decode()
    assert verifier.post(NEW, typed(name="Theirs"))["Location"] == LIST
    assert verifier.post(f"{LIST}{mine.pk}/edit/", typed(name="Mine"))["Location"] == LIST
    with pytest.raises(NameTakenError):
        templates.change(template=theirs, by=colleague, name="Ours", options=Options(), shared=False)
    with pytest.raises(IntegrityError):
        make_template(organisation, _user(verifier), "Mine")


def test_there_is_a_limit_that_says_so(
    verifier: Client, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 1)
    make_template(organisation, _user(verifier))
    assert "has 1 templates" in verifier.post(NEW, typed(name="Second")).content.decode()


def test_a_column_that_is_gone_is_said_on_the_page(verifier: Client, organisation: Organisation) -> None:
    options = {"columns": [["shoe_size", ""], ["cefr", ""]]}
    template = make_template(organisation, _user(verifier), options=options)
    assert "columns that no longer exist" in verifier.get(f"{LIST}{template.pk}/").content.decode()


def test_without_templates_the_list_leads_to_the_presets(verifier: Client) -> None:
    page = verifier.get(LIST).content.decode()
    assert "There is no template yet" in page
    assert page.count("?preset=") == len(PRESETS)


# --- Used -----------------------------------------------------------------------------------------------------------


def test_a_file_comes_in_the_format_of_its_template(verifier: Client, organisation: Organisation) -> None:
    share = make_share(organisation, make_result(score=171))
    options = Options(format=Format.XML, columns=chosen("score"))
    template = make_template(organisation, _user(verifier), options=options.dump())
    asked = {"source": "list", "scope": "ticked", "share": share.pk, "format": "template"}
    answer = verifier.post("/downloads/ask/", {**asked, "template": template.pk})
    assert answer.status_code == 200
    assert b"<row><score>171</score></row>" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    by_default = verifier.post("/downloads/ask/", asked)
    assert b'"Reference number"' in b"".join(by_default.streaming_content)  # type: ignore[attr-defined]


# --- Preview --------------------------------------------------------------------------------------------------------


def preview(client: Client, **changes: Any) -> str:
    sent = typed(preview="1", **changes)
    del sent["save"]
    return client.post(NEW, sent).content.decode()


def test_the_preview_shows_the_newest_results_and_is_an_access(verifier: Client, organisation: Organisation) -> None:
    shares = [
        make_share(organisation, make_result(family_name=f"Name{letter}", score=160 + place))
        for place, letter in enumerate("abcd")
    ]
    page = preview(verifier, **{"heading-family_name": "Nachname"})
    assert "Namea" not in page
    assert [name in page for name in ("Nameb", "Namec", "Named", "Nachname", "163")] == [True] * 5
    assert set(Access.objects.values_list("share", "channel")) == {(share.pk, "page") for share in shares[1:]}
    assert AuditEvent.objects.filter(action="results_taken", target="template:preview").count() == 1
    assert not organisation.download_templates.exists()


@pytest.mark.parametrize(
    ("form", "shown"), [("json", "&quot;family_name&quot;: &quot;Nameb&quot;"), ("xml", "&lt;family_name&gt;Nameb")]
)
def test_json_and_xml_are_shown_as_they_are(
    form: str, shown: str, verifier: Client, organisation: Organisation
) -> None:
    make_share(organisation, make_result(family_name="Nameb"))
    assert shown in preview(verifier, format=form)


def test_without_a_result_that_fits_the_preview_is_invented(verifier: Client, organisation: Organisation) -> None:
    make_share(organisation, make_result(family_name="Namea", exam="FCE"))
    make_share(make_organisation(), make_result(family_name="Nameb", exam="CPE"))
    page = preview(verifier, exams=["CPE"])
    assert "this one is invented" in page
    assert "Namea" not in page
    assert "Nameb" not in page
    assert not Access.objects.exists()


def test_a_faulty_template_has_no_preview(verifier: Client, organisation: Organisation) -> None:
    make_share(organisation, make_result())
    assert "Enter a name" in preview(verifier, name="")
    assert not Access.objects.exists()


def test_component_rows_need_rows_of_results() -> None:
    assert Options(components=Components.ROWS).by_component
    assert not Options(components=Components.ROWS, row_per=RowPer.CANDIDATE).by_component


def _user(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])
