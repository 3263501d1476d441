"""What an administrator of Slate types in, made from the catalogue so that names and order agree with our answers.

Sources of the layout's form: docs/domain-sources.md (5.4).
"""

from collections.abc import Iterator
from typing import Final

from results import catalogue

CANDIDATE: Final = (
    "CandidateUCIId",
    "CandidateName",
    "CandidateFamilyName",
    "CandidateDOB",
    "CandidateEmailId",
    "ReceivedDate",
    "ExamType",
)
RESULT: Final = ("Qualification", "Grade", "Score", "CefrLevel", "ReferenceNumber")
RESULTS: Final = 2
"""How many results of one candidate the definition reads; more are added in the same way."""
TEST_TYPES: Final = (
    ("Cambridge English First (B2 First)", ("FCE", "FCEFS")),
    ("Cambridge English Advanced (C1 Advanced)", ("CAE",)),
    ("Cambridge English Proficiency (C2 Proficiency)", ("CPE",)),
)
"""Slate's standard test types, and our exams that belong to each."""


def format_definition() -> str:
    """The layout that reads an answer of /ce/v1/result-verification, one record for each candidate."""
    fields = "\n".join(f'  <f s="{path}" id="{column}" />' for path, column in columns())
    return f'<layout type="json" node="/ListCandidateResultDetails">\n{fields}\n</layout>'


def columns() -> Iterator[tuple[str, str]]:
    """Each path in the answer with the column that it becomes."""
    yield from ((key, key) for key in CANDIDATE)
    for number in range(1, RESULTS + 1):
        for key in RESULT:
            yield f"CandidateResults[{number}]/{key}", f"Result{number}_{key}"
        for part in range(1, len(components()) + 1):
            for key in ("Name", "Score"):
                path = f"CandidateResults[{number}]/ComponentList[{part}]/{key}"
                yield path, f"Result{number}_Component{part}_{key}"


def test_types() -> list[tuple[str, str]]:
    """Each name of an exam in our answer with the test type of Slate's that it belongs to."""
    return [(catalogue.get(exam).display_name, test_type) for test_type, exams in TEST_TYPES for exam in exams]


def components() -> list[str]:
    """What the components of these exams are, in the order of their numbers; it is the same for all of them."""
    names = {
        tuple(str(part.name) for part in catalogue.get(exam).components)
        for _type, exams in TEST_TYPES
        for exam in exams
    }
    (found,) = names
    return list(found)
