"""What is shown of a result, in one place for the web page, the Statement of Results and programs.

A result that is not released shows its status and nothing else [domain 6]: every reader of a `ResultView` gets that
right without trying, because everything about the outcome is empty then.
"""

from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _

from results import catalogue
from results.catalogue import Band, Exam, Scheme, SchemeKind
from results.charts import Profile, Scale, draw_profile, draw_scale
from results.models import ResultVersion, Status

EXEMPT_MARK = "†"


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component: a Cambridge English Scale score, or a profile word before the scale, or neither."""

    code: str
    name: str
    score: int | None
    profile: str

    @property
    def text(self) -> str:
        return self.profile if self.score is None else str(self.score)


@dataclass(frozen=True, slots=True)
class Level:
    """A CEFR level, what it means in one line, and its level in the National Qualifications Framework."""

    cefr: str
    description: str
    nqf: str


@dataclass(frozen=True, slots=True)
class BandView:
    """One line of the table of certificated results; `cefr` is empty where the sources do not tell it."""

    label: str
    scores: str
    cefr: str
    is_this_result: bool


@dataclass(frozen=True, slots=True)
class ResultView:
    """What is shown of one version.  Where `shows_result` is false, everything about the outcome is empty."""

    exam: str
    display_name: str
    formal_title: str
    candidate_name: str
    session: str
    exam_date: date
    centre_number: str
    centre_name: str
    place_of_entry: str
    country_name: str
    version_number: int
    status: str
    status_text: str
    shows_result: bool
    score_kind: SchemeKind
    label: str = ""
    score: int | None = None
    score_text: str = ""
    cefr: str = ""
    level: Level | None = None
    components: tuple[ComponentView, ...] = ()
    bands: tuple[BandView, ...] = ()
    scale: Scale | None = None
    profile: Profile | None = None
    exempt: bool = False
    exemption_note: str = ""
    has_photo: bool = False

    @property
    def label_text(self) -> str:
        """The result as issued, with the dagger of an exempted candidate [domain 2.3]."""
        return f"{self.label} {EXEMPT_MARK}" if self.exempt else self.label


def full_name(given_names: str, family_name: str) -> str:
    """The candidate's name as issued; a name of one part stands alone."""
    return " ".join(part for part in (given_names, family_name) if part)


def describe(version: ResultVersion) -> ResultView:
    """What may be shown of `version`, in the active language.  Runs no query."""
    exam = catalogue.get(version.exam)
    scheme = exam.scheme_on(version.exam_date)
    if scheme is None:
        raise ValueError(f"{exam.code} was not offered on the exam date of version {version.pk}")
    status = Status(version.status)
    view = ResultView(
        exam=exam.code,
        display_name=exam.display_name,
        formal_title=exam.formal_title,
        candidate_name=full_name(version.given_names, version.family_name),
        session=version.session,
        exam_date=version.exam_date,
        centre_number=version.centre_number,
        centre_name=version.centre_name,
        place_of_entry=version.place_of_entry,
        country_name=str(version.country.name),
        version_number=version.number,
        status=status.value,
        status_text=str(status.label),
        shows_result=status is Status.RELEASED,
        score_kind=scheme.kind,
    )
    return _with_outcome(view, version, exam, scheme) if view.shows_result else view


def _with_outcome(view: ResultView, version: ResultVersion, exam: Exam, scheme: Scheme) -> ResultView:
    components = tuple(_components(version, exam))
    scored = [(component.name, component.score) for component in components if component.score is not None]
    overall = None if version.score is None else (_("Overall score"), version.score)
    return replace(
        view,
        label=version.label,
        score=version.score,
        score_text=_score_text(version.score, scheme),
        cefr=version.cefr,
        level=_level(version.cefr),
        components=components,
        bands=tuple(_band(band, version) for band in scheme.bands if _is_certificated(band, scheme)),
        scale=draw_scale(scheme, overall, scored) if overall else None,
        profile=draw_profile(scheme, [(component.name, component.profile) for component in components]),
        exempt=version.exempt,
        exemption_note=_exemption_note() if version.exempt else "",
        has_photo=exam.has_photo and bool(version.photo),
    )


def _components(version: ResultVersion, exam: Exam) -> list[ComponentView]:
    """In the catalogue's order, without those that have no value: a statement shows no data for them [domain 1.4]."""
    values = [(component, str(getattr(version, component.code))) for component in exam.components]
    return [
        ComponentView(
            code=component.code,
            name=component.name,
            score=int(value) if value.isdecimal() else None,
            profile="" if value.isdecimal() else value,
        )
        for component, value in values
        if value
    ]


def _score_text(score: int | None, scheme: Scheme) -> str:
    if score is None:
        return ""
    return f"{score}/100" if scheme.kind is SchemeKind.STANDARDISED else str(score)


def _level(cefr: str) -> Level | None:
    if not cefr:
        return None
    return Level(cefr, str(catalogue.CEFR_DESCRIPTIONS[cefr]), catalogue.NQF_LEVELS[cefr])


def _is_certificated(band: Band, scheme: Scheme) -> bool:
    """Everything but a fail brings a certificate [domain 1.2]; bands without known scores are not worth a table."""
    return (
        scheme.has_score and band.score_from is not None and band.label not in (catalogue.FAIL, catalogue.NARROW_FAIL)
    )


def _band(band: Band, version: ResultVersion) -> BandView:
    return BandView(
        label=band.label,
        scores=f"{band.score_from}–{band.score_to}",
        cefr=band.cefr or "",
        is_this_result=band.label == version.label,
    )


def _exemption_note() -> str:
    return _("The candidate was exempted from satisfying the full range of assessment objectives.")
