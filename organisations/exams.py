"""What can be asked of a result in an exam, by the catalogue."""

from itertools import chain

from organisations.requirements import WITHOUT_CERTIFICATE
from results.catalogue import Exam, SchemeKind


def labels(exam: Exam) -> list[str]:
    """The results with a certificate, best first; those of today's way of reporting before older ones."""
    bands = chain.from_iterable(scheme.bands for scheme in reversed(exam.schemes))
    return list(dict.fromkeys(band.label for band in bands if band.label not in WITHOUT_CERTIFICATE))


def score_range(exam: Exam) -> tuple[int, int] | None:
    """The lowest and highest overall score on the scale; None for an exam without one."""
    scales = [scheme.score_range for scheme in exam.schemes if scheme.kind is SchemeKind.SCALE]
    return scales[-1] if scales else None
