"""The template tags and partials that pages are built from."""

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from rvs.templatetags.rvs import TAGS
from sharing.dates import DateOfBirthField


class Example(forms.Form):
    number = forms.CharField(label="Number", help_text="As printed")
    born = DateOfBirthField(label="Date of birth")
    note = forms.CharField(label="Note", required=False, widget=forms.TextInput(attrs={"placeholder": "Note"}))
    agree = forms.BooleanField(label="Agree", required=False)

    def clean(self) -> None:
        raise forms.ValidationError("The form <as a whole> is wrong")


def render(source: str, **context: object) -> str:
    return Template("{% load rvs crispy_forms_filters %}" + source).render(Context(context))


def test_status_is_told_by_a_word_and_a_drawing() -> None:
    for status, tag in TAGS.items():
        html = render("{% status_tag status %}", status=status)
        assert str(tag.label) in html
        assert "<svg" in html


def test_unknown_status_and_icon_are_errors() -> None:
    with pytest.raises(KeyError):
        render('{% status_tag "lost" %}')
    with pytest.raises(KeyError):
        render('{% icon "unicorn" %}')


def test_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" %}')
    labelled = render('{% icon "check" label %}', label='"quoted" & <bold>')
    assert 'role="img" aria-label="&quot;quoted&quot; &amp; &lt;bold&gt;"' in labelled
    assert "aria-hidden" not in labelled


def test_table_has_a_caption_and_a_region_that_the_keyboard_reaches() -> None:
    html = render("{% data_table caption=caption name='t' %}<tbody></tbody>{% enddata_table %}", caption="<Zoë>")

    assert 'role="region" aria-labelledby="t-caption" tabindex="0"' in " ".join(html.split())
    assert '<caption id="t-caption">&lt;Zoë&gt;</caption>' in html
    assert "<tbody></tbody>" in html


def test_notice_escapes_what_it_is_given() -> None:
    html = render("{% notice tone='bad' title=title %}<p>{{ name }}</p>{% endnotice %}", title="<t>", name="<n>")

    assert "tone-bad" in html
    assert "&lt;t&gt;" in html
    assert "<p>&lt;n&gt;</p>" in html


def test_error_summary_leads_to_the_first_control_of_each_faulty_field() -> None:
    form = Example({"number": "", "born_day": "1", "born_month": "", "born_year": "2001"})

    html = render_to_string("_components/error_summary.html", {"form": form})

    assert 'href="#id_number"' in html
    assert 'href="#id_born_0"' in html
    assert "The form &lt;as a whole&gt; is wrong" in html
    assert "autofocus" in html
    page = render("{{ form|crispy }}", form=form)
    assert 'id="id_number"' in page
    assert 'id="id_born_0"' in page


def test_fields_tie_hint_and_error_to_the_control() -> None:
    html = render("{{ form|crispy }}", form=Example({"number": ""}))

    assert 'aria-describedby="id_number_helptext id_number_error"' in html
    assert 'id="id_number_helptext"' in html
    assert 'id="id_number_error"' in html
    assert 'aria-invalid="true"' in html


def test_optional_fields_say_so_and_no_placeholder_stands_in_for_a_label() -> None:
    html = render("{{ form|crispy }}", form=Example())

    assert html.count("(optional)") == 1
    assert "placeholder" not in html
    assert "form-check-input" in html


def test_date_of_another_person_has_three_labelled_parts_and_no_autocomplete() -> None:
    html = render("{{ form|crispy }}", form=Example())

    assert "<legend>" in html
    for index, label in enumerate(("Day", "Month", "Year")):
        assert f'for="id_born_{index}"' in html
        assert label in html
    assert "bday" not in html
