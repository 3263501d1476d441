"""The topics of the help pages, in the order of the index; each has a template `pages/help/<slug>.html`."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Topic(NamedTuple):
    slug: str
    title: str | Promise
    summary: str | Promise


TOPICS: Final[tuple[Topic, ...]] = (
    Topic(
        "your-results",
        _("For candidates: your results"),
        _("See your results, share them, stop sharing, and see who looked."),
    ),
    Topic(
        "logging-in",
        _("Logging in and passwords"),
        _("Log in, reset a password you have forgotten, log out."),
    ),
    Topic(
        "shared-results",
        _("Shared Results"),
        _("What is new, finding somebody in the list, your requirement, notes, and results that change."),
    ),
    Topic(
        "email-notifications",
        _("Email Notifications"),
        _("Choose how often you hear of new results, what the e-mails say, and how to stop them."),
    ),
    Topic(
        "downloads",
        _("Downloads"),
        _("Formats, templates of your own, what spreadsheets do to a CSV file, and what is kept."),
    ),
    Topic(
        "finding-a-candidate",
        _("Finding a candidate"),
        _("What to type in Candidate Search, why there may be no match, and why checks sometimes pause."),
    ),
    Topic(
        "managing-users",
        _("Managing users"),
        _("For Primary Users: add and remove people, answer who asks to join, hand your role over, set rules."),
    ),
    Topic(
        "working-as-an-admin-user",
        _("Working as an Admin User"),
        _("Set your password, what you can do, and whom to ask."),
    ),
    Topic(
        "reading-a-result",
        _("Reading a result"),
        _("Scale scores, older scores out of 100, CEFR levels, statuses and the † sign."),
    ),
    Topic(
        "statement-of-results",
        _("The Statement of Results"),
        _("Save it as a PDF, and check one that somebody gave you."),
    ),
    Topic(
        "api",
        _("Connecting your own programs"),
        _("For administrators of systems: get in, fetch what is new with curl and cron, and what answers mean."),
    ),
    Topic(
        "webhooks",
        _("Being told by webhooks"),
        _("For developers: what arrives, how to check its signature, and what happens while your program is down."),
    ),
    Topic(
        "slate",
        _("Connecting Slate"),
        _("For administrators of Slate: every step from the client to scores on the person’s record."),
    ),
    Topic(
        "spreadsheets",
        _("Results in a spreadsheet"),
        _("Fetch what was shared with you into Excel or Google Sheets."),
    ),
    Topic(
        "security-and-privacy",
        _("Security and privacy"),
        _("What is recorded when you look at a result, and what candidates can see."),
    ),
)
