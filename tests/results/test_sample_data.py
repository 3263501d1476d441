"""The invented results are valid, the same each time, and show everything worth seeing."""

import io
import unicodedata

import pytest
from PIL import Image

from results.models import ResultVersion
from rvs.sample_data import PERIODS, drawn_photo, sample_rows, write_sample
from tests.results.loading import load, some_rows


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_row_is_valid_without_a_warning(seed: int) -> None:
    report = load(some_rows(700, seed=seed))
    assert (report.problems, report.warnings[1:]) == ([], [])
    assert report.added == 700
    statuses = set(ResultVersion.objects.values_list("status", flat=True))
    assert statuses == {"released", "pending", "withheld", "cancelled", "absent"}


def test_the_same_seed_gives_the_same_rows() -> None:
    assert some_rows(50, seed=4) == some_rows(50, seed=4)
    assert some_rows(50, seed=4) != some_rows(50, seed=5)
    assert drawn_photo(4) == drawn_photo(4)
    assert drawn_photo(4) != drawn_photo(5)


def test_the_first_rows_show_every_exam_in_every_era() -> None:
    rows = some_rows(len(PERIODS))
    assert {row["exam"] for row in rows} == {exam.code for exam, _scheme in PERIODS}
    assert {row["status"] for row in rows} == {"released"}


def test_names_of_many_scripts_of_one_part_and_of_eighty_characters() -> None:
    rows = list(sample_rows(seed=1, count=3000))
    names = [f"{row['given_names']} {row['family_name']}".strip() for row in rows]
    assert any(len(name) >= 80 for name in names)
    assert any(not row["given_names"] or not row["family_name"] for row in rows)
    scripts = {unicodedata.name(name[0]).split()[0] for name in names}
    assert {"LATIN", "ARABIC", "HEBREW", "CYRILLIC", "GREEK", "DEVANAGARI", "THAI", "HANGUL"} <= scripts


def test_a_sample_file_has_a_header_and_the_rows() -> None:
    file = io.StringIO(newline="")
    write_sample(file, seed=1, count=10)
    assert file.getvalue().startswith("reference_number,verification_number,candidate_id,")
    assert len(file.getvalue().splitlines()) == 11


def test_a_drawn_photo_is_a_portrait() -> None:
    with Image.open(io.BytesIO(drawn_photo(1))) as image:
        assert (image.format, image.size) == ("JPEG", (480, 640))
