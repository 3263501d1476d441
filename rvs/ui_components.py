"""/ui-components/: every component in every state on one page, for whoever builds pages.  Not routed in production."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from rvs.templatetags.rvs import ICONS, TAGS
from sharing.dates import DateOfBirthField


class ExampleForm(forms.Form):
    reference_number = forms.CharField(
        label="Reference number", help_text="On the certificate, for example 113GB5990001"
    )
    date_of_birth = DateOfBirthField(label="Date of birth", help_text="For example 27 3 1998")
    applicant_reference = forms.CharField(label="Your applicant reference", required=False)
    exam = forms.ChoiceField(label="Exam", choices=[("", "Any exam"), ("FCE", "B2 First")], required=False)
    agree = forms.BooleanField(label="I may check this result", required=False)

    def clean_reference_number(self) -> str:
        raise forms.ValidationError("Enter the reference number as it stands on the certificate")


@login_not_required
@require_safe
def ui_components(request: HttpRequest) -> HttpResponse:
    form = ExampleForm(
        {
            "reference_number": "113",
            "date_of_birth_day": "27",
            "date_of_birth_month": "",
            "date_of_birth_year": "1998",
        }
    )
    tabs = [
        {"label": "Details", "url": "#tabs", "current": True},
        {"label": "Users", "url": "#tables", "current": False},
    ]
    context = {"form": form, "tabs": tabs, "now": timezone.now()}
    rows = [("Candidate", "Zoë O’Brien-Łukasiewicz"), ("Exam", "B2 First"), ("Session", "March (FS) 2011")]
    return render(request, "pages/ui_components.html", context | {"rows": rows, "icons": ICONS, "statuses": TAGS})
