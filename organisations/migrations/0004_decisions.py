from typing import Any

from django.db import migrations, models

# What staff start from; they edit these texts in the administration.  Notes on approvals stay inside, the others are mailed.
TEXTS = {
    ("approve", "Website and e-mail agree"): (
        "The website is the organisation’s, and the applicant’s e-mail address has its domain."
    ),
    ("approve", "Confirmed by telephone"): (
        "Confirmed by telephone, on a number found on the organisation’s website and not in the application."
    ),
    ("reject", "Could not be confirmed"): (
        "We could not confirm that this application comes from the organisation it names.\n\n"
        "You are welcome to apply again from an e-mail address of the organisation, with its website."
    ),
    ("reject", "The organisation has an account"): (
        "Your organisation has an account already. Choose “Join an existing account” on the registration page: the request "
        "goes to its Primary User, who can add you."
    ),
    ("reject", "Preparation centre"): (
        "The service is for organisations that rely on results which candidates show them. A school that wants the results "
        "of its own students finds them in the preparation centre service."
    ),
    ("ask", "E-mail address of the organisation"): (
        "Your application came from an address that does not have the domain of the organisation’s website. Please tell us "
        "an address of the organisation at which we can reach you, or a page of its website that names you."
    ),
    ("ask", "Your part in the organisation"): (
        "Please tell us what your part in the organisation is, and give us the name and telephone number of somebody on its "
        "website who can confirm it."
    ),
    ("ask", "What results are used for"): (
        "Please tell us what the organisation uses exam results for, and about how many it checks in a year."
    ),
}


def add_texts(apps: Any, schema_editor: Any) -> None:
    reason_text = apps.get_model("organisations", "ReasonText")
    for (decision, title), text in TEXTS.items():
        reason_text.objects.get_or_create(decision=decision, title=title, defaults={"text": text})


def remove_texts(apps: Any, schema_editor: Any) -> None:
    reason_text = apps.get_model("organisations", "ReasonText")
    for (decision, title), text in TEXTS.items():
        reason_text.objects.filter(decision=decision, title=title, text=text).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("organisations", "0003_names_until_accepted"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="organisation",
            options={
                "default_permissions": ("view",),
                "ordering": ["name"],
                "permissions": [
                    (
                        "supervise_organisation",
                        "Can suspend, reinstate and edit organisations, and hand the Primary role",
                    )
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="joinrequest",
            options={
                "default_permissions": ("view",),
                "ordering": ["confirmed_at"],
                "permissions": [("decide_joinrequest", "Can decide on requests to join that nobody answered")],
                "verbose_name": "request to join",
                "verbose_name_plural": "requests to join",
            },
        ),
        migrations.AlterModelOptions(
            name="namechange",
            options={
                "default_permissions": ("view",),
                "ordering": ["-asked_at"],
                "permissions": [("decide_namechange", "Can decide on changes of name")],
                "verbose_name": "change of name",
                "verbose_name_plural": "changes of name",
            },
        ),
        migrations.AlterModelOptions(
            name="reasontext",
            options={
                "ordering": ["decision", "title"],
                "verbose_name": "text for decisions",
                "verbose_name_plural": "texts for decisions",
            },
        ),
        migrations.AlterModelOptions(
            name="registration",
            options={
                "default_permissions": ("view",),
                "ordering": ["due_on", "confirmed_at"],
                "permissions": [("decide_registration", "Can decide on registrations")],
                "verbose_name": "application",
                "verbose_name_plural": "applications",
            },
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    models.Q(("first_approved_by", models.F("decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="registration_second_person_is_another",
            ),
        ),
        migrations.RunPython(add_texts, remove_texts),
    ]
